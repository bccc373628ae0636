#include "text/shortest_decimal.h"

#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12: false alarms in its own header
#include <immintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pharos::text {
namespace {

constexpr int kFraction = 52;                                         // bits of a double's fraction
constexpr int kLeastExponent = 1023 - 20, kMostExponent = 1023 + 52;  // of 2^-20 < 1e-6, of 2^52

/// How numbers c · 2^q with one q are brought to 16 or 17 digits before the point.
struct Scale {
  uint64_t fives = 0;   // 5^n
  uint32_t shift = 0;   // -(q + n)
  uint32_t places = 0;  // n
};

constexpr std::array<Scale, kMostExponent - kLeastExponent + 1> kScales = [] {
  std::array<Scale, kMostExponent - kLeastExponent + 1> out;
  for (int i = 0; i < static_cast<int>(out.size()); ++i) {
    const int q = i + kLeastExponent - 1023 - kFraction;
    const int n = -((q * 1'262'611) >> 22);  // -floor(q log 2): from 0 to 22
    Scale scale{
        .fives = 1, .shift = static_cast<uint32_t>(-(q + n)), .places = static_cast<uint32_t>(n)};
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
          .whole = 17 - static_cast<int>(one_less) - static_cast<int>(scale.places)};
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
  // What goes behind sixteen bytes: the last of sixteen digits, the digit after them, or a point.
  uint8_t keep_moved = 0, keep_last = 0, behind = 0;
};
constexpr int kBehind = 16, kNoPoint = 17;

constexpr std::array<Point, kNoPoint + 1> kPoints = [] {
  std::array<Point, kNoPoint + 1> out{};
  for (size_t place = 0; place < out.size(); ++place) {
    for (size_t i = 0; i < 16; ++i)
      out[place].from[i] = static_cast<uint8_t>(i < place ? i : i == place ? 0x80 : i - 1);
    if (place < kBehind) {
      out[place].point[place] = '.';
      out[place].keep_moved = 0xFF;
    }
  }
  out[kBehind].behind = '.';
  out[kNoPoint].keep_last = 0xFF;
  return out;
}();

__m128i Load(const std::array<uint8_t, 16>& bytes) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}
/// `mask` has all bits or none.
int Choose(int mask, int yes, int no) { return (yes & mask) | (no & ~mask); }
void Store(char* at, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes); }

/// What to write where.
struct Layout {
  int sign = 0;   ///< bytes of it: 0 or 1
  int lead = 0;   ///< bytes of "0.000000" before the digits
  int place = 0;  ///< of kPoints
  int last = 0;   ///< the digit after sixteen, as a byte
};

/// Writes up to 26 bytes.
[[gnu::always_inline]] inline void PutDigits(char* at, const Layout& layout, __m128i text) {
  *at = '-';
  at += layout.sign;
  std::memcpy(at, "0.000000", 8);
  at += layout.lead;
  const Point& point = kPoints[static_cast<size_t>(layout.place)];
  Store(at, _mm_or_si128(_mm_shuffle_epi8(text, Load(point.from)), Load(point.point)));
  const int moved = _mm_extract_epi16(text, 7) >> 8 & point.keep_moved;
  at[16] = static_cast<char>(moved | (layout.last & point.keep_last) | point.behind);
  at[17] = static_cast<char>(layout.last);
}

#define PHAROS_WIDE \
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512cd,avx512ifma"), gnu::always_inline]] inline

PHAROS_WIDE __m512i Each(uint64_t n) { return _mm512_set1_epi64(static_cast<int64_t>(n)); }
PHAROS_WIDE __m512i Tenfold(__m512i n) {
  return _mm512_add_epi64(_mm512_slli_epi64(n, 3), _mm512_slli_epi64(n, 1));
}
/// The upper part of a product of 104 bits.
PHAROS_WIDE __m512i High(__m512i a, __m512i b) {
  return _mm512_madd52hi_epu64(_mm512_setzero_si512(), a, b);
}

/// Below 2^57; returns a tenth and the last digits.
PHAROS_WIDE __m512i Tenth(__m512i n, __m512i* last) {
  // A tenth of its upper 52 bits is too little by a few, which the last two digits tell.
  const __m512i about =
      _mm512_slli_epi64(High(_mm512_srli_epi64(n, 5), Each(0xC'CCCC'CCCC'CCCC)), 2);
  const __m512i left = _mm512_sub_epi64(n, Tenfold(about));
  const __m512i few = _mm512_srli_epi64(_mm512_mul_epu32(left, Each(205)), 11);
  *last = _mm512_sub_epi64(left, Tenfold(few));
  return _mm512_add_epi64(about, few);
}

struct EightDigits {
  __m512i sixteen, last, whole;
};

/// As ShortestOf, of the lanes `which`.
PHAROS_WIDE EightDigits ShortestOfEight(__m512i bits, __mmask8 which) {
  const __m512i row = _mm512_sub_epi64(_mm512_srli_epi64(bits, kFraction), Each(kLeastExponent));
  const __m512i word = _mm512_maskz_slli_epi64(which, row, 1);
  static_assert(sizeof(Scale) == 16 && offsetof(Scale, shift) == 8);
  const __m512i fives = _mm512_i64gather_epi64(word, &kScales[0].fives, 8);
  const __m512i packed = _mm512_i64gather_epi64(word, &kScales[0].shift, 8);
  const __m512i shift = _mm512_and_si512(packed, Each(0xFFFF'FFFF));
  const __m512i places = _mm512_srli_epi64(packed, 32);

  // What is multiplied has 52 bits, so c without its first.
  const __m512i fraction = _mm512_and_si512(bits, Each((uint64_t{1} << kFraction) - 1));
  const __m512i low = _mm512_madd52lo_epu64(_mm512_setzero_si512(), fraction, fives);
  const __m512i high = _mm512_madd52hi_epu64(fives, fraction, fives);
  const __m512i by = _mm512_add_epi64(shift, Each(1));
  const __m512i one = _mm512_sllv_epi64(Each(1), by);
  const __m512i rest = _mm512_and_si512(_mm512_slli_epi64(low, 1), _mm512_sub_epi64(one, Each(1)));
  const __m512i reach = _mm512_sub_epi64(fives, _mm512_and_si512(fraction, Each(1)));
  __m512i last;
  const __m512i tens =
      Tenth(_mm512_or_si512(_mm512_sllv_epi64(high, _mm512_sub_epi64(Each(kFraction), shift)),
                            _mm512_srlv_epi64(low, shift)),
            &last);

  const __m512i over = _mm512_add_epi64(_mm512_sllv_epi64(last, by), rest);
  const __m512i short_of = _mm512_sub_epi64(Tenfold(one), over);
  const __mmask8 tens_below = _mm512_cmple_epu64_mask(over, reach);
  const __mmask8 tens_above = _mm512_cmple_epu64_mask(short_of, reach);
  const __mmask8 below = _mm512_cmple_epu64_mask(rest, reach);
  const __mmask8 above = _mm512_cmple_epu64_mask(_mm512_sub_epi64(one, rest), reach);
  const __mmask8 nearer = _mm512_cmpgt_epu64_mask(
      _mm512_add_epi64(_mm512_slli_epi64(rest, 1), _mm512_and_si512(last, Each(1))), one);
  const auto one_side = static_cast<__mmask8>(above ^ below);
  const auto up = static_cast<__mmask8>((one_side & above) | (~one_side & nearer));
  const auto has_unit = static_cast<__mmask8>(~(tens_below | tens_above));
  const __m512i unit =
      _mm512_maskz_mov_epi64(has_unit, _mm512_mask_add_epi64(last, up, last, Each(1)));
  const __m512i head = _mm512_mask_add_epi64(tens, tens_above, tens, Each(1));

  const __mmask8 one_less = _mm512_cmplt_epu64_mask(head, Each(1'000'000'000'000'000));
  const __m512i whole = _mm512_sub_epi64(Each(17), places);
  return {.sixteen = _mm512_mask_add_epi64(head, one_less, Tenfold(head), unit),
          .last = _mm512_mask_mov_epi64(unit, one_less, _mm512_setzero_si512()),
          .whole = _mm512_mask_sub_epi64(whole, one_less, whole, Each(1))};
}

/// Numbers of eight digits as text, eight of them: as SixteenDigits.
PHAROS_WIDE __m512i TextsOfEight(__m512i eights) {
  const __m512i upper = _mm512_srli_epi64(_mm512_mul_epu32(eights, Each(3'518'437'209)), 45);
  const __m512i lower = _mm512_sub_epi64(eights, _mm512_mul_epu32(upper, Each(10'000)));
  const __m512i fours = _mm512_or_si512(upper, _mm512_slli_epi64(lower, 32));
  const __m512i hundreds =
      _mm512_srli_epi16(_mm512_mulhi_epu16(fours, _mm512_set1_epi32(5'243)), 3);
  const __m512i units =
      _mm512_sub_epi32(fours, _mm512_mullo_epi16(hundreds, _mm512_set1_epi32(100)));
  const __m512i twos = _mm512_or_si512(hundreds, _mm512_slli_epi32(units, 16));
  const __m512i tens = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6'554));
  const __m512i ones = _mm512_sub_epi16(twos, _mm512_mullo_epi16(tens, _mm512_set1_epi16(10)));
  return _mm512_or_si512(_mm512_or_si512(tens, _mm512_slli_epi16(ones, 8)), _mm512_set1_epi8('0'));
}

/// As LayOut: the bytes of a Layout, and the size of the text.
struct EightLayouts {
  __m512i packed, size;
};
PHAROS_WIDE EightLayouts LayOutEight(__m512i sign, const EightDigits& digits, __m512i first,
                                     __m512i second) {
  const __m512i zeros = _mm512_set1_epi8('0');
  const __m512i in_first = _mm512_xor_si512(first, zeros);
  const __m512i in_second = _mm512_xor_si512(second, zeros);
  const __mmask8 any_second = _mm512_test_epi64_mask(in_second, in_second);
  const __mmask8 any_last = _mm512_test_epi64_mask(digits.last, digits.last);
  const __m512i behind = _mm512_srli_epi64(
      _mm512_lzcnt_epi64(_mm512_mask_mov_epi64(in_first, any_second, in_second)), 3);
  const __m512i up_to = _mm512_mask_mov_epi64(Each(8), any_second, Each(16));
  const __m512i significant =
      _mm512_mask_mov_epi64(_mm512_sub_epi64(up_to, behind), any_last, Each(17));

  const __mmask8 below_one = _mm512_cmple_epi64_mask(digits.whole, _mm512_setzero_si512());
  const __mmask8 has_point = _mm512_cmpgt_epi64_mask(significant, digits.whole);
  const __m512i lead = _mm512_maskz_sub_epi64(below_one, Each(2), digits.whole);
  const __m512i place = _mm512_mask_mov_epi64(digits.whole, below_one, Each(kNoPoint));
  __m512i size = _mm512_mask_add_epi64(digits.whole, has_point, significant, Each(1));
  size = _mm512_mask_add_epi64(size, below_one, significant, lead);
  const __m512i last = _mm512_or_si512(digits.last, Each('0'));
  return {
      _mm512_or_si512(_mm512_or_si512(sign, _mm512_slli_epi64(lead, 8)),
                      _mm512_or_si512(_mm512_slli_epi64(place, 16), _mm512_slli_epi64(last, 24))),
      _mm512_add_epi64(size, sign)};
}

[[gnu::target("avx512f,avx512bw,avx512dq,avx512cd,avx512ifma")]] unsigned PutEight(
    const double* values, NumberText* out) {
  const __m512i signed_bits = _mm512_loadu_si512(values);
  const __m512i bits = _mm512_and_si512(signed_bits, Each(~uint64_t{0} >> 1));
  const __mmask8 which =
      _mm512_cmpge_epu64_mask(bits, Each(std::bit_cast<uint64_t>(kLeastShortest))) &
      _mm512_cmplt_epu64_mask(bits, Each(std::bit_cast<uint64_t>(kShortestBelow)));
  const EightDigits digits = ShortestOfEight(bits, which);
  // A quotient by 10^8: 2^8 · 390,625, and ceil(2^70 / 390,625) has 52 bits.
  const __m512i upper = _mm512_srli_epi64(
      High(_mm512_srli_epi64(digits.sixteen, 8), Each(3'022'314'549'036'573)), 18);
  const __m512i lower =
      _mm512_sub_epi64(digits.sixteen, _mm512_mul_epu32(upper, Each(100'000'000)));
  const __m512i first = TextsOfEight(upper), second = TextsOfEight(lower);

  const EightLayouts layouts =
      LayOutEight(_mm512_srli_epi64(signed_bits, 63), digits, first, second);
  alignas(64) char texts[2][64];  // of even values, and of odd ones
  alignas(64) uint64_t packed[8], sizes[8];
  _mm512_store_si512(texts[0], _mm512_unpacklo_epi64(first, second));
  _mm512_store_si512(texts[1], _mm512_unpackhi_epi64(first, second));
  _mm512_store_si512(packed, layouts.packed);
  _mm512_store_si512(sizes, layouts.size);
  for (size_t i = 0; i < 8; ++i) {
    if ((which >> i & 1) == 0) continue;
    const auto* text = reinterpret_cast<const __m128i*>(texts[i % 2] + 16 * (i / 2));
    const auto layout = std::bit_cast<std::array<uint8_t, 8>>(packed[i]);
    PutDigits(out[i].text, {layout[0], layout[1], layout[2], layout[3]}, _mm_load_si128(text));
    out[i].size = static_cast<uint8_t>(sizes[i]);
  }
  return which;
}

bool HasWide() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512ifma");
}

}  // namespace

char* PutShortest(char* at, double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
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
  const Layout layout{.sign = static_cast<int>(bits >> 63),
                      .lead = below_one & (2 - whole),
                      .place = Choose(below_one, kNoPoint, whole),
                      .last = static_cast<int>(digits.last) | '0'};
  PutDigits(at, layout, text);
  const int with_point = Choose(has_point, significant + 1, whole);
  return at + layout.sign + Choose(below_one, layout.lead + significant, with_point);
}

unsigned PutShortestOfEight(const double* values, NumberText* out) {
  static const bool wide = HasWide();
  return wide ? PutEight(values, out) : 0;
}

}  // namespace pharos::text
