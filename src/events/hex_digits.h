// Hex digits: are they, and the bytes that they are. Sixteen at a time where the machine can.
#pragma once

#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

#include <cstddef>
#include <cstring>

namespace pharos::events {

inline bool IsHexDigit(char c, bool upper) {
  const char a = upper ? 'A' : 'a';
  return (c >= '0' && c <= '9') || (c >= a && c <= a + 5);
}

/// True when all `n` are digits of one case.
inline bool AllHexDigits(const char* at, size_t n, bool upper) {
#ifdef __SSSE3__
  const auto which = [upper](__m128i v) {
    const __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    const __m128i letter = _mm_sub_epi8(v, _mm_set1_epi8(upper ? 'A' : 'a'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
    return _mm_movemask_epi8(_mm_or_si128(is_digit, is_letter));
  };
  for (; n >= 16; n -= 16, at += 16) {
    if (which(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) != 0xFFFF) return false;
  }
  if (n >= 8) {
    if ((which(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(at))) & 0xFF) != 0xFF) return false;
    n -= 8;
    at += 8;
  }
#endif
  for (; n > 0; --n, ++at) {
    if (!IsHexDigit(*at, upper)) return false;
  }
  return true;
}

/// True when the 36 bytes are a lower-case UUID, 8-4-4-4-12.
inline bool IsUuidText(const char* at) {
  if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return false;
  char digits[32];  // without the dashes
  std::memcpy(digits, at, 8);
  std::memcpy(digits + 8, at + 9, 4);
  std::memcpy(digits + 12, at + 14, 4);
  std::memcpy(digits + 16, at + 19, 4);
  std::memcpy(digits + 20, at + 24, 12);
  return AllHexDigits(digits, sizeof digits, false);
}

/// The bytes of 2 × `n` digits of either case.
inline void HexToBytes(const char* at, size_t n, char* to) {
#ifdef __SSSE3__
  for (; n >= 8; n -= 8, at += 16, to += 8) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i nine = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('9')), _mm_set1_epi8(9));
    const __m128i nibbles = _mm_add_epi8(_mm_and_si128(v, _mm_set1_epi8(0x0F)), nine);
    const __m128i bytes = _mm_maddubs_epi16(nibbles, _mm_set1_epi16(0x0110));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(bytes, bytes));
  }
#endif
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (; n > 0; --n, at += 2) *to++ = static_cast<char>(value(at[0]) << 4 | value(at[1]));
}

}  // namespace pharos::events
