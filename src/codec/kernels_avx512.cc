// For processors with AVX-512 (F, DQ, BW, VL, VBMI: Ice Lake, Zen 4 and later). Eight numbers
// of w bits begin at a whole byte, so that one look-up table of byte positions a width unpacks
// eight at a time.
#include <algorithm>
#include <array>
#include <cstring>

#include "codec/kernels.h"
#include "codec/limits.h"

#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12: false alarms in its own header
#include <immintrin.h>

#define PHAROS_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi,fma")))

namespace pharos::codec {
namespace {

/// For each width up to 57: which bytes the eight numbers of a group lie in, and how far the
/// number is to be shifted down.
struct Positions {
  constexpr Positions() {
    for (size_t width = 0; width <= 57; ++width) {
      for (size_t i = 0; i < 8; ++i) {
        shift[width][i] = i * width % 8;
        for (size_t b = 0; b < 8; ++b)
          byte[width][i * 8 + b] = static_cast<uint8_t>(std::min<size_t>(i * width / 8 + b, 63));
      }
    }
  }
  alignas(64) uint8_t byte[58][64] = {};
  alignas(64) uint64_t shift[58][8] = {};
};
constexpr Positions kPositions;

/// The lanes of the group of eight that begins at `i`.
inline __mmask8 Lanes(size_t i, size_t count) {
  return count - i >= 8 ? 0xFF : static_cast<__mmask8>((1u << (count - i)) - 1);
}

PHAROS_AVX512 void Unpack(const char* bytes, size_t size, size_t count, int width, uint64_t* out) {
  if (width == 0 || width > 57) return ScalarKernels()->unpack(bytes, size, count, width, out);
  const auto step = static_cast<size_t>(width);
  const __m512i byte = _mm512_load_si512(kPositions.byte[step]);
  const __m512i shift = _mm512_load_si512(kPositions.shift[step]);
  const __m512i mask = _mm512_set1_epi64(static_cast<int64_t>((uint64_t{1} << width) - 1));
  size_t at = 0;
  for (size_t i = 0; i < count; i += 8, at += step) {
    const size_t left = size - at;
    const __m512i packed = left >= 64
                               ? _mm512_loadu_si512(bytes + at)
                               : _mm512_maskz_loadu_epi8((uint64_t{1} << left) - 1, bytes + at);
    const __m512i spread = _mm512_permutexvar_epi8(byte, packed);
    _mm512_mask_storeu_epi64(out + i, Lanes(i, count),
                             _mm512_and_si512(_mm512_srlv_epi64(spread, shift), mask));
  }
}

PHAROS_AVX512 void Add(uint64_t* values, size_t count, uint64_t reference) {
  const __m512i more = _mm512_set1_epi64(static_cast<int64_t>(reference));
  for (size_t i = 0; i < count; i += 8) {
    const __mmask8 lanes = Lanes(i, count);
    const __m512i v = _mm512_maskz_loadu_epi64(lanes, values + i);
    _mm512_mask_storeu_epi64(values + i, lanes, _mm512_add_epi64(v, more));
  }
}

PHAROS_AVX512 void PrefixSum(uint64_t* values, size_t count, uint64_t start, uint64_t reference) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i more = _mm512_set1_epi64(static_cast<int64_t>(reference));
  const __m512i last = _mm512_set1_epi64(7);
  __m512i carry = _mm512_set1_epi64(static_cast<int64_t>(start));
  for (size_t i = 0; i < count; i += 8) {
    const __mmask8 lanes = Lanes(i, count);
    __m512i v = _mm512_add_epi64(_mm512_maskz_loadu_epi64(lanes, values + i), more);
    v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 7));
    v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 6));
    v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 4));
    const __m512i total = _mm512_permutexvar_epi64(last, v);
    _mm512_mask_storeu_epi64(values + i, lanes, _mm512_add_epi64(v, carry));
    carry = _mm512_add_epi64(carry, total);
  }
}

/// a / b, correctly rounded, without a division. `inverse` is 1 / b rounded. The first product
/// is at most 1.5 units in the last place (ulp) off; the correction's own error is below
/// 2^-51 ulp. A quotient of a 53-bit number by 10^e (e ≤ 14, so 5^e < 2^33) is never so near
/// to the middle of two doubles: at least 2^-34 ulp from it, and never on it. So rounding the
/// corrected value rounds the true one.
PHAROS_AVX512 inline __m512d Divide(__m512d a, __m512d b, __m512d inverse) {
  const __m512d q = _mm512_mul_pd(a, inverse);
  return _mm512_fmadd_pd(_mm512_fnmadd_pd(q, b, a), inverse, q);
}

PHAROS_AVX512 void ToDoubles(const int64_t* in, size_t count, int exponent, double* out) {
  const double power = kPowersOfTen[exponent];
  const __m512d b = _mm512_set1_pd(power), inverse = _mm512_set1_pd(1 / power);
  for (size_t i = 0; i < count; i += 8) {
    const __mmask8 lanes = Lanes(i, count);
    const __m512d a = _mm512_cvtepi64_pd(_mm512_maskz_loadu_epi64(lanes, in + i));
    _mm512_mask_storeu_pd(out + i, lanes, exponent == 0 ? a : Divide(a, b, inverse));
  }
}

PHAROS_AVX512 size_t ToIntegers(const double* in, size_t count, int exponent, size_t most_odd,
                                int64_t* out, uint16_t* odd) {
  const double power = kPowersOfTen[exponent];
  const __m512d b = _mm512_set1_pd(power), inverse = _mm512_set1_pd(1 / power);
  const __m512d limit = _mm512_set1_pd(kMaxDecimalInteger);
  size_t odd_count = 0;
  for (size_t i = 0; i < count; i += 8) {
    const __mmask8 lanes = Lanes(i, count);
    const __m512d value = _mm512_maskz_loadu_pd(lanes, in + i);
    const __m512d scaled = _mm512_mul_pd(value, b);
    const __mmask8 small = _mm512_cmp_pd_mask(_mm512_abs_pd(scaled), limit, _CMP_LT_OQ);
    const __m512i integer = _mm512_maskz_cvtpd_epi64(
        small, _mm512_roundscale_pd(scaled, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    const __m512d back = Divide(_mm512_cvtepi64_pd(integer), b, inverse);
    const __mmask8 exact =
        _mm512_mask_cmpeq_epi64_mask(small, _mm512_castpd_si512(back), _mm512_castpd_si512(value));
    _mm512_mask_storeu_epi64(out + i, lanes, integer);
    for (unsigned left = lanes & ~exact; left != 0; left &= left - 1)
      odd[odd_count++] = static_cast<uint16_t>(i + static_cast<unsigned>(__builtin_ctz(left)));
    if (odd_count > most_odd) break;
  }
  return odd_count;
}

PHAROS_AVX512 IntegerRange RangeOfIntegers(const int64_t* in, size_t count) {
  if (count < 9) return ScalarKernels()->integer_range(in, count);
  __m512i min = _mm512_loadu_si512(in), max = min;
  __m512i delta_min = _mm512_sub_epi64(_mm512_loadu_si512(in + 1), min), delta_max = delta_min;
  for (size_t i = 1;;) {
    const __m512i v = _mm512_loadu_si512(in + i);
    const __m512i delta = _mm512_sub_epi64(v, _mm512_loadu_si512(in + i - 1));
    min = _mm512_min_epi64(min, v), max = _mm512_max_epi64(max, v);
    delta_min = _mm512_min_epi64(delta_min, delta);
    delta_max = _mm512_max_epi64(delta_max, delta);
    if (i == count - 8) break;
    i = std::min(i + 8, count - 8);  // the last eight: some of them twice
  }
  return {_mm512_reduce_min_epi64(min), _mm512_reduce_max_epi64(max),
          _mm512_reduce_min_epi64(delta_min), _mm512_reduce_max_epi64(delta_max)};
}

PHAROS_AVX512 ValueRange RangeOfValues(const double* in, size_t count) {
  const __m512d greatest = _mm512_set1_pd(1.7976931348623157e308);
  const __m512i minus_zero = _mm512_set1_epi64(INT64_MIN);
  const __m512d first = _mm512_set1_pd(in[0]);
  __m512d min = first, max = first;
  __m512d sum = _mm512_setzero_pd(), drop_sum = sum;
  unsigned odd = 0, other = 0, drops = 0;
  for (size_t i = 0; i < count; i += 8) {
    const __mmask8 lanes = Lanes(i, count);
    const __m512d v = _mm512_mask_loadu_pd(first, lanes, in + i);
    const __m512i bits = _mm512_castpd_si512(v);
    odd |= _mm512_cmp_pd_mask(_mm512_abs_pd(v), greatest, _CMP_NLE_UQ) |
           _mm512_cmpeq_epi64_mask(bits, minus_zero);
    other |= _mm512_cmpneq_epi64_mask(bits, _mm512_castpd_si512(first));
    min = _mm512_min_pd(min, v), max = _mm512_max_pd(max, v);
    sum = _mm512_mask_add_pd(sum, lanes, sum, v);
    const __mmask8 has_before = i == 0 ? lanes & 0xFE : lanes;
    const __m512d before = _mm512_maskz_loadu_pd(has_before, in + i - 1);
    const __mmask8 drop = _mm512_mask_cmp_pd_mask(has_before, v, before, _CMP_LT_OQ);
    drops += static_cast<unsigned>(__builtin_popcount(drop));
    drop_sum = _mm512_mask_add_pd(drop_sum, drop, drop_sum, before);
  }
  return {odd == 0,
          other == 0,
          _mm512_reduce_min_pd(min),
          _mm512_reduce_max_pd(max),
          _mm512_reduce_add_pd(sum),
          _mm512_reduce_add_pd(drop_sum),
          drops};
}

/// Sixteen numbers of up to 25 bits: as Positions, with 32 bits a number.
struct NarrowPositions {
  constexpr NarrowPositions() {
    for (size_t width = 0; width <= 25; ++width) {
      for (size_t i = 0; i < 16; ++i) {
        shift[width][i] = static_cast<uint32_t>(i * width % 8);
        for (size_t b = 0; b < 4; ++b)
          byte[width][i * 4 + b] = static_cast<uint8_t>(std::min<size_t>(i * width / 8 + b, 63));
      }
    }
  }
  alignas(64) uint8_t byte[26][64] = {};
  alignas(64) uint32_t shift[26][16] = {};
};
constexpr NarrowPositions kNarrowPositions;

/// Whether all sums but that with `start` fit 32 bits, and all with it a double.
bool IsNarrow(const PackedDecimals& in) {
  const auto reference = static_cast<int64_t>(in.reference);
  const auto start = static_cast<int64_t>(in.start);
  constexpr int64_t kMostReference = 1 << 26, kMostStart = int64_t{1} << 52;
  if (in.width > 25 || reference > kMostReference || reference < -kMostReference) return false;
  if (start > kMostStart || start < -kMostStart) return false;
  const uint64_t each =
      (uint64_t{1} << in.width) + static_cast<uint64_t>(reference < 0 ? -reference : reference);
  return (in.deltas ? each * in.count : each) < uint64_t{1} << 31;
}

/// Loads what is left of the packed bytes, at most 64.
PHAROS_AVX512 inline __m512i LoadPacked(const PackedDecimals& in, size_t at) {
  const size_t left = in.size - at;
  return left >= 64 ? _mm512_loadu_si512(in.bytes + at)
                    : _mm512_maskz_loadu_epi8((uint64_t{1} << left) - 1, in.bytes + at);
}

PHAROS_AVX512 inline __m512i SumUp(__m512i v) {
  const __m512i zero = _mm512_setzero_si512();
  v = _mm512_add_epi32(v, _mm512_alignr_epi32(v, zero, 15));
  v = _mm512_add_epi32(v, _mm512_alignr_epi32(v, zero, 14));
  v = _mm512_add_epi32(v, _mm512_alignr_epi32(v, zero, 12));
  return _mm512_add_epi32(v, _mm512_alignr_epi32(v, zero, 8));
}

struct Decimals {
  __m512d power, inverse;
  bool whole;
};
PHAROS_AVX512 inline Decimals DecimalsOf(int exponent) {
  const double power = kPowersOfTen[exponent];
  return {_mm512_set1_pd(power), _mm512_set1_pd(1 / power), exponent == 0};
}
PHAROS_AVX512 inline void PutDecimals(__m512d integers, const Decimals& decimals, size_t i,
                                      size_t count, double* out) {
  const __m512d v = decimals.whole ? integers : Divide(integers, decimals.power, decimals.inverse);
  if (count - i >= 8)
    _mm512_storeu_pd(out + i, v);
  else
    _mm512_mask_storeu_pd(out + i, Lanes(i, count), v);
}

/// The sum with `start` is of doubles, exact: all are whole and below 2^53.
PHAROS_AVX512 void UnpackNarrow(const PackedDecimals& in, double* out) {
  const __m512i byte = _mm512_load_si512(kNarrowPositions.byte[in.width]);
  const __m512i shift = _mm512_load_si512(kNarrowPositions.shift[in.width]);
  const __m512i mask = _mm512_set1_epi32((1 << in.width) - 1);
  const __m512i more = _mm512_set1_epi32(static_cast<int>(static_cast<int64_t>(in.reference)));
  const __m512i last = _mm512_set1_epi32(15);
  const __m512d start = _mm512_set1_pd(static_cast<double>(static_cast<int64_t>(in.start)));
  const Decimals decimals = DecimalsOf(in.exponent);
  __m512i carry = _mm512_setzero_si512();
  size_t at = 0;
  for (size_t i = 0; i < in.count; i += 16, at += 2 * static_cast<size_t>(in.width)) {
    const __m512i spread = _mm512_permutexvar_epi8(byte, LoadPacked(in, at));
    __m512i v = _mm512_and_si512(_mm512_srlv_epi32(spread, shift), mask);
    v = _mm512_add_epi32(v, more);
    if (in.deltas) {
      const __m512i sums = SumUp(v);
      v = _mm512_add_epi32(sums, carry);
      carry = _mm512_permutexvar_epi32(last, v);
    }
    const __m512d low = _mm512_cvtepi32_pd(_mm512_castsi512_si256(v));
    PutDecimals(_mm512_add_pd(low, start), decimals, i, in.count, out);
    if (in.count - i <= 8) break;
    const __m512d high = _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(v, 1));
    PutDecimals(_mm512_add_pd(high, start), decimals, i + 8, in.count, out);
  }
}

PHAROS_AVX512 void UnpackDecimals(const PackedDecimals& in, double* out) {
  if (IsNarrow(in)) return UnpackNarrow(in, out);
  if (in.width > 57) return UnpackInPasses(*Avx512Kernels(), in, out);
  const auto step = static_cast<size_t>(in.width);
  const __m512i byte = _mm512_load_si512(kPositions.byte[step]);
  const __m512i shift = _mm512_load_si512(kPositions.shift[step]);
  const __m512i mask = _mm512_set1_epi64(static_cast<int64_t>((uint64_t{1} << in.width) - 1));
  const __m512i more = _mm512_set1_epi64(static_cast<int64_t>(in.reference));
  const __m512i zero = _mm512_setzero_si512(), last = _mm512_set1_epi64(7);
  const Decimals decimals = DecimalsOf(in.exponent);
  __m512i carry = _mm512_set1_epi64(static_cast<int64_t>(in.start));
  size_t at = 0;
  for (size_t i = 0; i < in.count; i += 8, at += step) {
    const __m512i spread = _mm512_permutexvar_epi8(byte, LoadPacked(in, at));
    __m512i v = _mm512_and_si512(_mm512_srlv_epi64(spread, shift), mask);
    v = _mm512_add_epi64(v, more);
    if (in.deltas) {
      v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 7));
      v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 6));
      v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 4));
    }
    v = _mm512_add_epi64(v, carry);
    if (in.deltas) carry = _mm512_permutexvar_epi64(last, v);
    PutDecimals(_mm512_cvtepi64_pd(v), decimals, i, in.count, out);
  }
}

constexpr Kernels kAvx512{"avx512",   Unpack,          Add,
                          PrefixSum,  ToDoubles,       UnpackDecimals,
                          ToIntegers, RangeOfIntegers, RangeOfValues};

}  // namespace

const Kernels* Avx512Kernels() {
  const bool usable = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vbmi");
  return usable ? &kAvx512 : nullptr;
}

}  // namespace pharos::codec

#else

namespace pharos::codec {
const Kernels* Avx512Kernels() { return nullptr; }
}  // namespace pharos::codec

#endif
