// For processors with AVX2 and FMA (Haswell, Zen and later). Four numbers at a time; a pair of
// numbers lies within 16 bytes, so that a shuffle within each half of a register unpacks it.
#include <algorithm>
#include <cstring>

#include "codec/kernels.h"
#include "codec/limits.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define PHAROS_AVX2 __attribute__((target("avx2,fma")))

namespace pharos::codec {
namespace {

/// For each width up to 57: the byte where each pair of a group of eight begins, which bytes
/// from there its numbers lie in, and how far they are to be shifted down.
struct Positions {
  constexpr Positions() {
    for (size_t width = 0; width <= 57; ++width) {
      for (size_t i = 0; i < 8; ++i) {
        const size_t pair = i / 2 * 2 * width / 8;
        begin[width][i / 2] = static_cast<uint8_t>(pair);
        shift[width][i] = i * width % 8;
        for (size_t b = 0; b < 8; ++b)
          byte[width][i * 8 + b] =
              static_cast<uint8_t>(std::min<size_t>(i * width / 8 - pair + b, 15));
      }
    }
  }
  alignas(32) uint8_t byte[58][64] = {};
  alignas(32) uint64_t shift[58][8] = {};
  uint8_t begin[58][4] = {};
};
constexpr Positions kPositions;

PHAROS_AVX2 inline __m256i Load(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}
PHAROS_AVX2 inline void Store(void* at, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(at), v);
}
PHAROS_AVX2 inline __m256i LoadPairs(const char* low, const char* high) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}

PHAROS_AVX2 void Unpack(const char* bytes, size_t size, size_t count, int width, uint64_t* out) {
  size_t i = 0;
  if (width > 0 && width <= 57) {
    const auto step = static_cast<size_t>(width);
    const uint8_t* begin = kPositions.begin[step];
    const __m256i byte0 = Load(kPositions.byte[step]), byte1 = Load(kPositions.byte[step] + 32);
    const __m256i shift0 = Load(kPositions.shift[step]), shift1 = Load(kPositions.shift[step] + 4);
    const __m256i mask = _mm256_set1_epi64x(static_cast<int64_t>((uint64_t{1} << width) - 1));
    const size_t most = begin[3] + size_t{16};  // bytes that a group of eight reads
    size_t at = 0;
    for (; i + 8 <= count && size - at >= most; i += 8, at += step) {
      const char* group = bytes + at;
      const __m256i low = _mm256_shuffle_epi8(LoadPairs(group, group + begin[1]), byte0);
      const __m256i high =
          _mm256_shuffle_epi8(LoadPairs(group + begin[2], group + begin[3]), byte1);
      Store(out + i, _mm256_and_si256(_mm256_srlv_epi64(low, shift0), mask));
      Store(out + i + 4, _mm256_and_si256(_mm256_srlv_epi64(high, shift1), mask));
    }
    bytes += at, size -= at;
  }
  if (i < count) ScalarKernels()->unpack(bytes, size, count - i, width, out + i);
}

PHAROS_AVX2 void Add(uint64_t* values, size_t count, uint64_t reference) {
  const __m256i more = _mm256_set1_epi64x(static_cast<int64_t>(reference));
  size_t i = 0;
  for (; i + 4 <= count; i += 4) Store(values + i, _mm256_add_epi64(Load(values + i), more));
  for (; i < count; ++i) values[i] += reference;
}

PHAROS_AVX2 void PrefixSum(uint64_t* values, size_t count, uint64_t start, uint64_t reference) {
  const __m256i more = _mm256_set1_epi64x(static_cast<int64_t>(reference));
  __m256i carry = _mm256_set1_epi64x(static_cast<int64_t>(start));
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m256i v = _mm256_add_epi64(Load(values + i), more);
    v = _mm256_add_epi64(v, _mm256_slli_si256(v, 8));       // within each half
    const __m256i low = _mm256_permute4x64_epi64(v, 0x55);  // the lower half's sum, everywhere
    v = _mm256_add_epi64(v, _mm256_blend_epi32(_mm256_setzero_si256(), low, 0xF0));
    const __m256i total = _mm256_permute4x64_epi64(v, 0xFF);
    Store(values + i, _mm256_add_epi64(v, carry));
    carry = _mm256_add_epi64(carry, total);
  }
  start = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(carry)));
  for (; i < count; ++i) values[i] = start += values[i] + reference;
}

/// Any int64, rounded as the scalar conversion rounds: the upper 32 bits and the lower 32 bits
/// each become an exact double by way of an exponent that puts them in place.
PHAROS_AVX2 inline __m256d ToDouble(__m256i v) {
  __m256i high = _mm256_srai_epi32(v, 16);
  high = _mm256_blend_epi16(high, _mm256_setzero_si256(), 0x33);
  high = _mm256_add_epi64(high, _mm256_castpd_si256(_mm256_set1_pd(442721857769029238784.)));
  const __m256i low =
      _mm256_blend_epi16(v, _mm256_castpd_si256(_mm256_set1_pd(4503599627370496.)), 0x88);
  const __m256d upper =
      _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(442726361368656609280.));
  return _mm256_add_pd(upper, _mm256_castsi256_pd(low));
}

/// As in kernels_avx512.cc, where the proof is.
PHAROS_AVX2 inline __m256d Divide(__m256d a, __m256d b, __m256d inverse) {
  const __m256d q = _mm256_mul_pd(a, inverse);
  return _mm256_fmadd_pd(_mm256_fnmadd_pd(q, b, a), inverse, q);
}

PHAROS_AVX2 void ToDoubles(const int64_t* in, size_t count, int exponent, double* out) {
  const double power = kPowersOfTen[exponent];
  size_t i = 0;
  if (exponent == 0) {
    for (; i + 4 <= count; i += 4) _mm256_storeu_pd(out + i, ToDouble(Load(in + i)));
  } else {
    const __m256d b = _mm256_set1_pd(power), inverse = _mm256_set1_pd(1 / power);
    for (; i + 4 <= count; i += 4)
      _mm256_storeu_pd(out + i, Divide(ToDouble(Load(in + i)), b, inverse));
  }
  for (; i < count; ++i) out[i] = static_cast<double>(in[i]) / power;
}

PHAROS_AVX2 size_t ToIntegers(const double* in, size_t count, int exponent, size_t most_odd,
                              int64_t* out, uint16_t* odd) {
  const double power = kPowersOfTen[exponent];
  const __m256d b = _mm256_set1_pd(power), inverse = _mm256_set1_pd(1 / power);
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d easy = _mm256_set1_pd(2251799813685248.0);   // 2^51
  const __m256d magic = _mm256_set1_pd(6755399441055744.0);  // 1.5 · 2^52
  size_t odd_count = 0, i = 0;
  for (; i + 4 <= count && odd_count <= most_odd; i += 4) {
    const __m256d value = _mm256_loadu_pd(in + i);
    const __m256d scaled = _mm256_mul_pd(value, b);
    const int small =
        _mm256_movemask_pd(_mm256_cmp_pd(_mm256_andnot_pd(sign, scaled), easy, _CMP_LT_OQ));
    const __m256d moved = _mm256_add_pd(scaled, magic);
    const __m256d back = Divide(_mm256_sub_pd(moved, magic), b, inverse);
    Store(out + i, _mm256_sub_epi64(_mm256_castpd_si256(moved), _mm256_castpd_si256(magic)));
    const int same = _mm256_movemask_pd(_mm256_castsi256_pd(
        _mm256_cmpeq_epi64(_mm256_castpd_si256(back), _mm256_castpd_si256(value))));
    if ((small & same) == 0xF) continue;
    // One at a time where a lane is odd, −0 or large.
    uint16_t some[4 + 8];
    const size_t found = ScalarKernels()->to_integers(in + i, 4, exponent, 4, out + i, some);
    for (size_t k = 0; k < found; ++k) odd[odd_count++] = static_cast<uint16_t>(i + some[k]);
  }
  if (i < count && odd_count <= most_odd) {
    uint16_t some[4 + 8];
    const size_t found =
        ScalarKernels()->to_integers(in + i, count - i, exponent, 4, out + i, some);
    for (size_t k = 0; k < found; ++k) odd[odd_count++] = static_cast<uint16_t>(i + some[k]);
  }
  return odd_count;
}

PHAROS_AVX2 inline __m256i Min(__m256i a, __m256i b) {
  return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b));
}
PHAROS_AVX2 inline __m256i Max(__m256i a, __m256i b) {
  return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b));
}

PHAROS_AVX2 IntegerRange RangeOfIntegers(const int64_t* in, size_t count) {
  if (count < 5) return ScalarKernels()->integer_range(in, count);
  __m256i min = Load(in), max = min;
  __m256i delta_min = _mm256_sub_epi64(Load(in + 1), min), delta_max = delta_min;
  for (size_t i = 1;;) {
    const __m256i v = Load(in + i), delta = _mm256_sub_epi64(v, Load(in + i - 1));
    min = Min(min, v), max = Max(max, v);
    delta_min = Min(delta_min, delta), delta_max = Max(delta_max, delta);
    if (i == count - 4) break;
    i = std::min(i + 4, count - 4);  // the last four: some of them twice
  }
  alignas(32) int64_t lanes[4][4];
  Store(lanes[0], min), Store(lanes[1], max), Store(lanes[2], delta_min),
      Store(lanes[3], delta_max);
  return {*std::min_element(lanes[0], lanes[0] + 4), *std::max_element(lanes[1], lanes[1] + 4),
          *std::min_element(lanes[2], lanes[2] + 4), *std::max_element(lanes[3], lanes[3] + 4)};
}

PHAROS_AVX2 ValueRange RangeOfValues(const double* in, size_t count) {
  if (count < 5) return ScalarKernels()->value_range(in, count);
  // The first value and the last few by the scalar loop's rules, the rest four at a time.
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d greatest = _mm256_set1_pd(1.7976931348623157e308);
  const __m256d first = _mm256_set1_pd(in[0]);
  __m256d min = first, max = first, sum = _mm256_setzero_pd(), drop_sum = sum;
  __m256d odd = sum, other = sum;
  unsigned drops = 0;
  size_t i = 1;
  for (; i + 4 <= count; i += 4) {
    const __m256d v = _mm256_loadu_pd(in + i), before = _mm256_loadu_pd(in + i - 1);
    const __m256i bits = _mm256_castpd_si256(v);
    odd = _mm256_or_pd(odd, _mm256_cmp_pd(_mm256_andnot_pd(sign, v), greatest, _CMP_NLE_UQ));
    odd =
        _mm256_or_pd(odd, _mm256_castsi256_pd(_mm256_cmpeq_epi64(bits, _mm256_castpd_si256(sign))));
    other = _mm256_or_pd(other, _mm256_xor_pd(v, first));
    min = _mm256_min_pd(min, v), max = _mm256_max_pd(max, v);
    sum = _mm256_add_pd(sum, v);
    const __m256d drop = _mm256_cmp_pd(v, before, _CMP_LT_OQ);
    drops +=
        static_cast<unsigned>(__builtin_popcount(static_cast<unsigned>(_mm256_movemask_pd(drop))));
    drop_sum = _mm256_add_pd(drop_sum, _mm256_and_pd(drop, before));
  }
  const ValueRange head = ScalarKernels()->value_range(in, 1);
  const ValueRange tail = ScalarKernels()->value_range(in + i - 1, count - i + 1);
  alignas(32) double lanes[4][4];
  _mm256_store_pd(lanes[0], min), _mm256_store_pd(lanes[1], max);
  _mm256_store_pd(lanes[2], sum), _mm256_store_pd(lanes[3], drop_sum);
  ValueRange out;
  out.plain = head.plain && tail.plain && _mm256_movemask_pd(odd) == 0;
  uint64_t first_bits, last_bits;
  std::memcpy(&first_bits, in, 8), std::memcpy(&last_bits, in + i - 1, 8);
  out.same = tail.same && first_bits == last_bits &&
             _mm256_testz_si256(_mm256_castpd_si256(other), _mm256_castpd_si256(other)) != 0;
  out.min = std::min(tail.min, *std::min_element(lanes[0], lanes[0] + 4));
  out.max = std::max(tail.max, *std::max_element(lanes[1], lanes[1] + 4));
  out.sum = in[0] + lanes[2][0] + lanes[2][1] + lanes[2][2] + lanes[2][3] + tail.sum - in[i - 1];
  out.drops = drops + tail.drops;
  out.drop_sum = lanes[3][0] + lanes[3][1] + lanes[3][2] + lanes[3][3] + tail.drop_sum;
  return out;
}

void UnpackDecimals(const PackedDecimals& in, double* out) {
  UnpackInPasses(*Avx2Kernels(), in, out);
}

constexpr Kernels kAvx2{"avx2",     Unpack,          Add,
                        PrefixSum,  ToDoubles,       UnpackDecimals,
                        ToIntegers, RangeOfIntegers, RangeOfValues};

}  // namespace

const Kernels* Avx2Kernels() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
}

}  // namespace pharos::codec

#else

namespace pharos::codec {
const Kernels* Avx2Kernels() { return nullptr; }
}  // namespace pharos::codec

#endif
