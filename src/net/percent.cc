#include "net/percent.h"

namespace pharos::net {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the escape at `at` stands for, or -1.
int EscapeAt(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return -1;
  const int high = HexDigit(text[at + 1]);
  const int low = HexDigit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string PercentDecode(std::string_view encoded, bool plus) {
  std::string out;
  out.reserve(encoded.size());
  for (size_t i = 0; i < encoded.size(); ++i) {
    const char c = encoded[i];
    const int byte = c == '%' ? EscapeAt(encoded, i) : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += plus && c == '+' ? ' ' : c;
    }
  }
  return out;
}

bool ValidPercentEncoding(std::string_view encoded) {
  for (size_t i = encoded.find('%'); i != std::string_view::npos; i = encoded.find('%', i + 1)) {
    if (EscapeAt(encoded, i) < 0) return false;
  }
  return true;
}

}  // namespace pharos::net
