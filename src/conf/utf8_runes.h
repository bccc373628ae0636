// One rune at a time, as Go's utf8 package decodes. Internal to conf/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::conf {

inline constexpr int32_t kNoRune = -1;  ///< behind the end
inline constexpr int32_t kBrokenRune = 0xFFFD;

struct DecodedRune {
  int32_t code = kNoRune;
  size_t width = 0;
};

/// kBrokenRune of width 1 for what is not UTF-8.
inline DecodedRune RuneAt(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + width > text.size()) return {kBrokenRune, 1};
  int32_t code = lead & (0xFF >> (width + 1));
  for (size_t i = 1; i < width; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kBrokenRune, 1};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (width == 3 && code < 0x800) || (width == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {kBrokenRune, 1};
  return {code, width};
}

inline void PutRune(std::string& out, int32_t code) {
  const auto put = [&](int32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 63));
    put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  }
}

/// unicode.IsSpace.
inline bool SpaceRune(int32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// What a name or value without quotes must not hold.
inline bool ReservedRune(int32_t c) {
  return SpaceRune(c) ||
         (c >= 0 && c < 0x80 &&
          std::string_view("{}!=~,\\\"'`").find(static_cast<char>(c)) != std::string_view::npos);
}

}  // namespace pharos::conf
