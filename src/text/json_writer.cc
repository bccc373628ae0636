#include "text/json_writer.h"

#include <cmath>
#include <cstdint>

namespace pharos::text {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// Length of the valid UTF-8 sequence at `p`, 0 when there is none.
size_t Utf8Length(const char* p, const char* end) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(p[i]); };
  const auto follows = [&](size_t n) {
    if (static_cast<size_t>(end - p) <= n) return false;
    for (size_t i = 1; i <= n; ++i) {
      if ((byte(i) & 0xC0) != 0x80) return false;
    }
    return true;
  };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead < 0xF0 && follows(2)) {
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) >= 0xA0) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead < 0xF5 && follows(3)) {
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

bool Plain(uint8_t c, bool escape_html) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' &&
         !(escape_html && (c == '<' || c == '>' || c == '&'));
}

void AppendEscape(std::string& out, uint8_t c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text, bool escape_html) {
  out += '"';
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* run = p;
    while (p < end && Plain(static_cast<uint8_t>(*p), escape_html)) ++p;
    out.append(run, p);
    if (p == end) break;
    if (static_cast<uint8_t>(*p) < 0x80) {
      AppendEscape(out, static_cast<uint8_t>(*p++));
    } else if (const size_t n = Utf8Length(p, end); n > 0) {
      out.append(p, n);
      p += n;
    } else {
      out += "\\ufffd";
      ++p;
    }
  }
  out += '"';
}

JsonWriter& JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Comma();
  char buffer[40];
  out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  return *this;
}

}  // namespace pharos::text
