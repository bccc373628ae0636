#include "wire/go_quote.h"

#include <cstdint>
#include <cstdio>

#include "wire/utf8.h"

namespace pharos::wire {

std::string GoQuote(std::string_view text) {
  constexpr size_t kMost = 512;
  std::string out = "\"";
  for (size_t i = 0; i < text.size() && i < kMost; ++i) {
    const char c = text[i];
    switch (c) {
      case '"': out += "\\\""; continue;
      case '\\': out += "\\\\"; continue;
      case '\n': out += "\\n"; continue;
      case '\t': out += "\\t"; continue;
      case '\r': out += "\\r"; continue;
      case '\a': out += "\\a"; continue;
      case '\b': out += "\\b"; continue;
      case '\f': out += "\\f"; continue;
      case '\v': out += "\\v"; continue;
      default: break;
    }
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
      continue;
    }
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
    if (length > 1 && IsUtf8(text.substr(i, length))) {
      out += text.substr(i, length);
      i += length - 1;
    } else {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
      out += buffer;
    }
  }
  if (text.size() > kMost) out += "...";
  return out += '"';
}

}  // namespace pharos::wire
