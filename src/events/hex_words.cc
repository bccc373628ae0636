#include "events/hex_words.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "events/hex_digits.h"
#include "events/skeleton.h"

namespace pharos::events {
namespace {

constexpr size_t kUuidDigits = 36;
constexpr size_t kWordBits = 64, kBlock = 16;
static_assert(kLeastIdDigits == 8, "Find looks for eight in a row");

/// Bits of the sixteen bytes that are hex digits of either case.
uint32_t HexDigitsOf(const char* at) {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)));
#else
  uint32_t bits = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    bits |= uint32_t{IsHexDigit(at[i], false) || IsHexDigit(at[i], true)} << i;
  }
  return bits;
#endif
}

/// Of each byte of a text: is it a hex digit. One word more than there are bytes for.
using Bits = std::array<uint64_t, HexWords::kMostBytes / kWordBits + 1>;

void FindHexDigits(std::string_view text, Bits& bits) {
  const size_t size = text.size();
  std::fill_n(bits.begin(), (size + kWordBits - 1) / kWordBits + 1, 0);
  const auto put = [&](size_t at, uint64_t some) {
    bits[at / kWordBits] |= some << at % kWordBits;
  };
  size_t at = 0;
  for (; at + kBlock <= size; at += kBlock) put(at, HexDigitsOf(text.data() + at));
  if (at == size) return;
  if (size >= kBlock) {
    put(at, HexDigitsOf(text.data() + size - kBlock) >> (at + kBlock - size));
  } else {
    char copy[kBlock] = {};
    std::memcpy(copy, text.data(), size);
    put(0, HexDigitsOf(copy));
  }
}

}  // namespace

bool HexWords::Find(std::string_view text) {
  words_.clear();
  Bits bits;
  FindHexDigits(text, bits);
  const size_t count = (text.size() + kWordBits - 1) / kWordBits;
  size_t done = 0;
  for (size_t i = 0; i < count; ++i) {
    // Where eight hex digits begin.
    const auto later = [&](uint64_t here, uint64_t next, int by) {
      return here >> by | next << (kWordBits - static_cast<size_t>(by));
    };
    const uint64_t next = bits[i + 1], next_two = next & next >> 1;
    const uint64_t two = bits[i] & later(bits[i], next, 1);
    const uint64_t four = two & later(two, next_two, 2);
    uint64_t begins = four & later(four, next_two & next_two >> 2, 4);
    while (begins != 0) {
      const size_t from = i * kWordBits + static_cast<size_t>(std::countr_zero(begins));
      begins &= begins - 1;
      if (from < done) continue;
      size_t to = from;
      for (size_t bit = 0, more = kWordBits; bit + more == kWordBits; to += more) {
        bit = to % kWordBits;
        more = static_cast<size_t>(std::countr_one(bits[to / kWordBits] >> bit));
      }
      done = to;
      Add(text, from, to);
      if (!words_.empty()) done = std::max(done, words_.back().to);
    }
  }
  return !words_.empty();
}

/// For a run of hex digits of either case.
void HexWords::Add(std::string_view text, size_t from, size_t to) {
  const size_t digits = to - from;
  if (!IsIdLength(digits) || (to < text.size() && IsAlnum(text[to]))) return;
  const bool behind_0x = from >= 2 && text[from - 1] == 'x' && text[from - 2] == '0';
  const size_t token = behind_0x ? from - 2 : from;
  if (token > 0 && IsAlnum(text[token - 1])) return;
  const char* begin = text.data() + from;
  if (!behind_0x && IsUuid(text, from)) {
    words_.push_back({from, from + kUuidDigits, false, false});
    return;
  }
  const bool upper = !AllHexDigits(begin, digits, false);
  if (upper && !AllHexDigits(begin, digits, true)) return;
  if (!behind_0x) {  // letters alone are a word, digits alone a number
    const auto is_digit = [](char c) { return c <= '9'; };
    const auto count = static_cast<size_t>(std::count_if(begin, begin + digits, is_digit));
    if (count == 0 || count == digits) return;
  }
  words_.push_back({from, to, upper, behind_0x});
}

bool HexWords::Overlap(size_t from, size_t to) const {
  return std::any_of(words_.begin(), words_.end(),
                     [&](const Word& word) { return from < word.to && word.from < to; });
}

bool HexWords::IsZeroOf0x(size_t at) const {
  return std::any_of(words_.begin(), words_.end(),
                     [&](const Word& word) { return word.behind_0x && word.from == at + 2; });
}

}  // namespace pharos::events
