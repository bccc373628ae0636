#include "text/shortest_decimal.h"

#include <tmmintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace pharos::text {
namespace {

constexpr int kFraction = 52;                                         // bits of a double's fraction
constexpr int kLeastExponent = 1023 - 20, kMostExponent = 1023 + 52;  // of 2^-20 < 1e-6, of 2^52

/// How numbers c · 2^q with one q are brought to 16 or 17 digits before the point.
struct Scale {
  uint64_t fives = 0;  // 5^n
  int shift = 0;       // -(q + n)
  int places = 0;      // n
};

constexpr std::array<Scale, kMostExponent - kLeastExponent + 1> kScales = [] {
  std::array<Scale, kMostExponent - kLeastExponent + 1> out;
  for (int i = 0; i < static_cast<int>(out.size()); ++i) {
    const int q = i + kLeastExponent - 1023 - kFraction;
    const int n = -((q * 1'262'611) >> 22);  // -floor(q log 2): from 0 to 22
    Scale scale{.fives = 1, .shift = -(q + n), .places = n};
    for (int k = 0; k < n; ++k) scale.fives *= 5;
    out[static_cast<size_t>(i)] = scale;
  }
  return out;
}();

/// 17 digits, the first not 0.
struct Digits {
  uint64_t sixteen = 0;  ///< all but the last
  uint64_t last = 0;
  int whole = 0;  ///< how many of them stand before the point; below 1: so many zeros behind it
};

/// Of bits of a double without sign.
Digits ShortestOf(uint64_t bits) {
  const Scale& scale = kScales[static_cast<size_t>(bits >> kFraction) - kLeastExponent];
  constexpr uint64_t kHidden = uint64_t{1} << kFraction;
  const uint64_t c = (bits & (kHidden - 1)) | kHidden;
  // In units of half a last place of the scaled number: the number, one of its whole part, and how
  // far from it what rounds to it may lie; its ends belong to even numbers.
  const auto scaled = static_cast<unsigned __int128>(c) * scale.fives;
  const auto low = static_cast<uint64_t>(scaled);
  const uint64_t one = uint64_t{2} << scale.shift;
  const uint64_t rest = 2 * low & (one - 1);
  const uint64_t reach = scale.fives - (c & 1);

  const auto whole = static_cast<uint64_t>(scaled >> scale.shift);
  const uint64_t tens = whole / 10, last = whole % 10;
  // What follows is as likely as not; with numbers for truths there are no branches.
  const uint64_t over = last * one + rest;
  const uint64_t tens_below = over <= reach, tens_above = 10 * one - over <= reach;
  const uint64_t below = rest <= reach, above = one - rest <= reach;
  const uint64_t nearer = 2 * rest + (last & 1) > one;
  const uint64_t up = ((above ^ below) & above) | (~(above ^ below) & nearer);
  // Never ten: that would have been the tens above.
  const uint64_t unit = (last + up) & ((tens_below | tens_above) - 1);
  const uint64_t head = tens + tens_above;

  const uint64_t one_less = head < 1'000'000'000'000'000 ? 1 : 0;  // 16 digits in all
  return {.sixteen = head * (1 + 9 * one_less) + (unit & -one_less),
          .last = unit & (one_less - 1),
          .whole = 17 - static_cast<int>(one_less) - scale.places};
}

/// Eight digits from the low half of `n`, eight from the high, as text: four, two and one at a
/// time side by side.
__m128i SixteenDigits(uint64_t n) {
  const uint64_t high = n / 100'000'000;
  const __m128i eights =
      _mm_set_epi64x(static_cast<int64_t>(n - 100'000'000 * high), static_cast<int64_t>(high));
  // Multiplied by 2^45 / 10^4, exact for eight digits.
  const __m128i upper = _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi64x(3'518'437'209)), 45);
  const __m128i lower = _mm_sub_epi64(eights, _mm_mul_epu32(upper, _mm_set1_epi64x(10'000)));
  const __m128i fours = _mm_or_si128(upper, _mm_slli_epi64(lower, 32));
  const __m128i hundreds = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi32(5'243)), 3);
  const __m128i units = _mm_sub_epi32(fours, _mm_mullo_epi16(hundreds, _mm_set1_epi32(100)));
  const __m128i twos = _mm_or_si128(hundreds, _mm_slli_epi32(units, 16));
  const __m128i tens = _mm_mulhi_epu16(twos, _mm_set1_epi16(6'554));
  const __m128i ones = _mm_sub_epi16(twos, _mm_mullo_epi16(tens, _mm_set1_epi16(10)));
  return _mm_or_si128(_mm_or_si128(tens, _mm_slli_epi16(ones, 8)), _mm_set1_epi8('0'));
}

/// What makes room for a point before byte i of sixteen, and the point. The last two: a point
/// behind them, and none.
struct Point {
  alignas(16) std::array<uint8_t, 16> from;
  alignas(16) std::array<uint8_t, 16> point;
  uint8_t keep_behind = 0;  // all bits where the last of sixteen goes behind them
  uint8_t behind = 0;       // what else does
};
constexpr int kBehind = 16, kNoPoint = 17;

constexpr std::array<Point, kNoPoint + 1> kPoints = [] {
  std::array<Point, kNoPoint + 1> out{};
  for (size_t place = 0; place < out.size(); ++place) {
    for (size_t i = 0; i < 16; ++i)
      out[place].from[i] = static_cast<uint8_t>(i < place ? i : i == place ? 0x80 : i - 1);
    if (place == kBehind) out[place].behind = '.';
    if (place >= kBehind) continue;
    out[place].point[place] = '.';
    out[place].keep_behind = 0xFF;
  }
  return out;
}();

__m128i Load(const std::array<uint8_t, 16>& bytes) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}
/// `mask` has all bits or none.
int Choose(int mask, int yes, int no) { return (yes & mask) | (no & ~mask); }
void Store(char* at, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes); }

}  // namespace

char* PutShortest(char* at, double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  *at = '-';
  at += bits >> 63;
  const Digits digits = ShortestOf(bits << 1 >> 1);
  const __m128i text = SixteenDigits(digits.sixteen);
  const auto zeros =
      static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('0'))));
  const auto any_last = static_cast<uint32_t>(digits.last + 15) >> 4;  // of one digit: 0 or 1
  const int significant = std::bit_width((zeros ^ 0xFFFF) | any_last << 16 | 1);

  // Whole or not, below 1 or not: as likely as not, and known late. So there are no branches, and
  // more is stored than is needed.
  const int whole = digits.whole;
  const int below_one = (whole - 1) >> 31, has_point = (whole - significant) >> 31;
  const auto last = static_cast<int>('0' + digits.last);
  std::memcpy(at, "0.000000", 8);
  at += below_one & (2 - whole);
  const Point& point = kPoints[static_cast<size_t>(Choose(below_one, kNoPoint, whole))];
  Store(at, _mm_or_si128(_mm_shuffle_epi8(text, Load(point.from)), Load(point.point)));
  const int moved = _mm_extract_epi16(text, 7) >> 8 & point.keep_behind;
  at[16] = static_cast<char>(moved | point.behind | (last & below_one));
  at[17] = static_cast<char>(last);
  return at + Choose(below_one, significant, Choose(has_point, significant + 1, whole));
}

}  // namespace pharos::text
