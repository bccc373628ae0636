#include "query/promql/column_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "query/promql/value.h"

// Vectors never cross a call: everything here is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace pharos::query::promql {
namespace {

template <size_t kWidth>
struct Lanes {
  typedef double Doubles __attribute__((vector_size(kWidth * 8)));
  typedef int64_t Bits __attribute__((vector_size(kWidth * 8)));
};

#define PHAROS_INLINE [[gnu::always_inline]] inline

template <class V>
PHAROS_INLINE void Load(const double* at, V& out) {
  std::memcpy(&out, at, sizeof out);
}
template <class V>
PHAROS_INLINE void Store(const V& in, double* at) {
  std::memcpy(at, &in, sizeof in);
}
template <class V>
PHAROS_INLINE void Gather(const double* from, const uint32_t* index, V& out) {
  if constexpr (sizeof(V) == 32) {
    out = V{from[index[0]], from[index[1]], from[index[2]], from[index[3]]};
  } else {
    out = V{from[index[0]], from[index[1]]};
  }
}

/// Batcher's network (Knuth, 5.2.2 M): the same comparisons whatever the values are. Of each level
/// `compare(p, r, d)` compares i with i + d for all i whose bit p is that of r.
template <class Compare>
PHAROS_INLINE void MergeExchange(size_t size, const Compare& compare) {
  if (size < 2) return;
  const size_t top = std::bit_ceil(size) / 2;
  for (size_t p = top; p > 0; p /= 2) {
    compare(p, size_t{0}, p);
    for (size_t q = top; q > p; q /= 2) compare(p, p, q - p);
  }
}

template <size_t kWidth>
struct Loops {
  using D = typename Lanes<kWidth>::Doubles;
  using B = typename Lanes<kWidth>::Bits;
  static constexpr int64_t kAbsentBits = static_cast<int64_t>(model::kStaleNanBits);
  static constexpr int64_t kMagnitude = INT64_MAX;
  static constexpr int64_t kInfinityBits = 0x7FF0000000000000;

  PHAROS_INLINE static B Present(const D& v) { return (B)v != kAbsentBits; }
  PHAROS_INLINE static D Abs(const D& v) { return (D)((B)v & kMagnitude); }
  PHAROS_INLINE static bool Any(const B& mask) {
    int64_t lanes[kWidth];
    std::memcpy(lanes, &mask, sizeof mask);
    int64_t any = 0;
    for (size_t i = 0; i < kWidth; ++i) any |= lanes[i];
    return any != 0;
  }
  /// Lane by lane `a` where the mask is set, else `b`. (Compilers take `?:` on a mask that is no
  /// comparison itself lane by lane, with branches.)
  PHAROS_INLINE static D Select(const B& mask, const D& a, const D& b) {
    return (D)((mask & (B)a) | (~mask & (B)b));
  }

  /// Calls `step` with the lanes of `in` and of the accumulators, which it changes.
  template <class Step, class... Out>
  PHAROS_INLINE static void Fold(const double* in, size_t size, const Step& step, Out*... out) {
    size_t i = 0;
    for (; i + kWidth <= size; i += kWidth) FoldAt(in + i, step, out + i...);
    if (i == size) return;
    const size_t left = size - i;
    double tail[1 + sizeof...(Out)][kWidth];
    for (auto& row : tail) {
      for (double& v : row) v = Absent();
    }
    std::memcpy(tail[0], in + i, left * 8);
    size_t n = 1;
    ((std::memcpy(tail[n++], out + i, left * 8)), ...);
    n = 1;
    const auto run = [&](auto... rows)
                         __attribute__((always_inline)) { FoldAt(tail[0], step, rows...); };
    if constexpr (sizeof...(Out) == 1)
      run(&tail[1][0]);
    else
      run(&tail[1][0], &tail[2][0]);
    ((std::memcpy(out + i, tail[n++], left * 8)), ...);
  }
  template <class Step, class... Out>
  PHAROS_INLINE static void FoldAt(const double* in, const Step& step, Out*... out) {
    D v;
    Load(in, v);
    if constexpr (sizeof...(Out) == 1) {
      D a;
      (Load(out, a), ...);
      step(v, a);
      (Store(a, out), ...);
    } else {
      double* const at[] = {out...};
      D a, b;
      Load(at[0], a);
      Load(at[1], b);
      step(v, a, b);
      Store(a, at[0]);
      Store(b, at[1]);
    }
  }

  PHAROS_INLINE static size_t CountPresent(const double* in, size_t size) {
    B count{};
    size_t i = 0;
    for (; i + kWidth <= size; i += kWidth) {
      D v;
      Load(in + i, v);
      count -= Present(v);
    }
    int64_t total = 0;
    for (size_t k = 0; k < kWidth; ++k) total += count[k];
    for (; i < size; ++i) total += IsAbsent(in[i]) ? 0 : 1;
    return static_cast<size_t>(total);
  }

  PHAROS_INLINE static bool Falls(const double* in, size_t size) {
    B falls{};
    size_t i = 1;
    for (; i + kWidth <= size; i += kWidth) {
      D before, v;
      Load(in + i - 1, before);
      Load(in + i, v);
      falls |= v < before;
    }
    bool any = Any(falls);
    for (; i < size; ++i) any |= in[i] < in[i - 1];
    return any;
  }

  PHAROS_INLINE static bool SumsExactly(const double* in, size_t size) {
    constexpr double kRound = 6755399441055744.0;  // 1.5 · 2^52: adding it rounds
    const double most = 2251799813685248.0 / static_cast<double>(size + 1);
    B odd{};
    size_t i = 0;
    for (; i + kWidth <= size; i += kWidth) {
      D v;
      Load(in + i, v);
      const D rounded = (v + kRound) - kRound;
      odd |= (rounded != v) | ~(Abs(v) < most);
    }
    bool exact = !Any(odd);
    for (; i < size; ++i) {
      const double rounded = (in[i] + kRound) - kRound;
      exact &= rounded == in[i] && std::abs(in[i]) < most;
    }
    return exact;
  }

  PHAROS_INLINE static void AddSum(const double* in, size_t size, double* sum, double* lost) {
    Fold(
        in, size,
        [](const D& v, D& s, D& c) __attribute__((always_inline)) {
          const B present = Present(v);
          const B fresh = ~Present(s);
          const D total = s + v;
          const D more = Select((B)(Abs(s) >= Abs(v)), (s - total) + v, (v - total) + s);
          const B finite = (B)Abs(total) != kInfinityBits;
          const D next_c = (D)(finite & (B)(c + more));
          c = Select(present & ~fresh, next_c, c);
          s = Select(present, Select(fresh, v, total), s);
        },
        sum, lost);
  }
  /// A row's value and what its addition loses, as KahanInc has it: where nothing overflows both
  /// have the exact remainder, here without a look at which is larger.
  PHAROS_INLINE static void AddExactly(const D& v, D& s, D& c) {
    const D total = s + v;
    const D rest = total - s;
    c += (s - (total - rest)) + (v - rest);
    s = total;
  }
  PHAROS_INLINE static bool AddRows(const double* const* rows, size_t count, Range at, double* sum,
                                    double* lost) {
    constexpr D kInfinite = D{} + std::numeric_limits<double>::infinity();
    double sums[kMostSums], losses[kMostSums];
    for (size_t i = 0; i < kMostSums; ++i) sums[i] = losses[i] = 0;
    std::memcpy(sums, sum + at.begin, at.width * 8);
    std::memcpy(losses, lost + at.begin, at.width * 8);
    B fine = B{} - 1;
    for (size_t i = 0; i < at.width; i += kWidth) {
      D s, c;
      Load(sums + i, s);
      Load(losses + i, c);
      const bool whole = i + kWidth <= at.width;
      const auto take = [&](const double* row) __attribute__((always_inline)) {
        D v{};
        if (whole)
          Load(row + at.begin + i, v);
        else
          std::memcpy(&v, row + at.begin + i, (at.width - i) * 8);
        return v;
      };
      size_t row = 0;
      if (IsAbsent(sums[i])) s = take(rows[row++]);  // for all; where it is not so, it is a NaN
      for (; row < count; ++row) AddExactly(take(rows[row]), s, c);
      fine &= (B)(Abs(s) < kInfinite) & (B)(Abs(c) < kInfinite);
      Store(s, sums + i);
      Store(c, losses + i);
    }
    if (Any(~fine)) return false;
    std::memcpy(sum + at.begin, sums, at.width * 8);
    std::memcpy(lost + at.begin, losses, at.width * 8);
    return true;
  }
  PHAROS_INLINE static bool SumIsEndless(const double* in, size_t size, const double* sum) {
    B endless{};
    size_t i = 0;
    for (; i + kWidth <= size; i += kWidth) {
      D v, s;
      Load(in + i, v);
      Load(sum + i, s);
      endless |= (B)Abs(s + v) == kInfinityBits;
      endless |= (B)Abs(v) == kInfinityBits;  // to nothing so far
    }
    bool any = Any(endless);
    for (; i < size; ++i) any |= std::isinf(in[i] + sum[i]) || std::isinf(in[i]);
    return any;
  }
  PHAROS_INLINE static void AddMin(const double* in, size_t size, double* least) {
    Fold(
        in, size,
        [](const D& v, D& a) __attribute__((always_inline)) {
          a = Select(Present(v) & ((B)(a > v) | (B)(a != a)), v, a);
        },
        least);
  }
  PHAROS_INLINE static void AddMax(const double* in, size_t size, double* most) {
    Fold(
        in, size,
        [](const D& v, D& a) __attribute__((always_inline)) {
          a = Select(Present(v) & ((B)(a < v) | (B)(a != a)), v, a);
        },
        most);
  }
  PHAROS_INLINE static void AddCount(const double* in, size_t size, double* count) {
    Fold(
        in, size,
        [](const D& v, D& a) __attribute__((always_inline)) {
          const D one = D{} + 1.0;
          a = Select(Present(v), Select(Present(a), a + one, one), a);
        },
        count);
  }

  /// grown × factor, the stretch bounded where zero may be nearer.
  struct Stretched {
    D factor, sampled, to_start, to_end;
  };
  PHAROS_INLINE static D Bounded(const D& first, const D& grown, const Stretched& s,
                                 double range_seconds) {
    D result = grown * s.factor;
    // Is zero further back than the stretch for certain? Then it bounds nothing.
    const D way = first * s.sampled;
    const D stretch = s.to_start * grown * 1.000001;
    const B far = (B)(way >= stretch) & (B)(stretch > 1e-200) & (B)(way < 1e200);
    const B doubtful = Present(s.factor) & (B)(grown > 0.0) & (B)(first >= 0.0) & ~far;
    if (!Any(doubtful)) return result;
    const D to_zero = s.sampled * (first / grown);
    const D start = Select((B)(to_zero < s.to_start), to_zero, s.to_start);
    D bounded = (s.sampled + start + s.to_end) / s.sampled;
    bounded = Select((B)(s.sampled != 0.0), bounded, D{} + 1.0);
    if (range_seconds != 0) bounded = bounded / range_seconds;
    return Select(doubtful, grown * bounded, result);
  }
  PHAROS_INLINE static void Put(const D& result, size_t i, size_t steps, double* out) {
    if (i + kWidth <= steps) return Store(result, out + i);
    double tail[kWidth];
    Store(result, tail);
    std::memcpy(out + i, tail, (steps - i) * 8);
  }

  PHAROS_INLINE static void Rate(const RateWindows& w, double* out) {
    for (size_t i = 0; i < w.steps; i += kWidth) {
      D first, last;
      if (w.in_a_row[i / 8] != 0) {
        Load(w.values + w.first[i], first);
        Load(w.values + w.last[i], last);
      } else {
        Gather(w.values, w.first + i, first);
        Gather(w.values, w.last + i, last);
      }
      Stretched s;
      Load(w.factor + i, s.factor);
      const D grown = last - first;
      D result;
      if (w.is_counter) {
        Load(w.sampled + i, s.sampled);
        Load(w.to_start + i, s.to_start);
        Load(w.to_end + i, s.to_end);
        result = Bounded(first, grown, s, w.range_seconds);
      } else {
        result = grown * s.factor;
      }
      Put(Select(Present(s.factor), result, (D)(B{} + kAbsentBits)), i, w.steps, out);
    }
  }

  PHAROS_INLINE static void RateAlike(const AlikeWindows& w, double* out) {
    const Stretched s{D{} + w.stretch.factor, D{} + w.stretch.sampled, D{} + w.stretch.to_start,
                      D{} + w.stretch.to_end};
    for (size_t i = 0; i < w.steps; i += kWidth) {
      D first{}, last{};
      const size_t left = w.steps - i;
      if (w.move == 1 && left >= kWidth) {
        Load(w.first + i, first);
        Load(w.last + i, last);
      } else {
        for (size_t k = 0; k < kWidth && k < left; ++k) {
          first[k] = w.first[(i + k) * w.move];
          last[k] = w.last[(i + k) * w.move];
        }
      }
      const D grown = last - first;
      const D result = w.is_counter ? Bounded(first, grown, s, w.range_seconds) : grown * s.factor;
      Put(result, i, w.steps, out);
    }
  }

  PHAROS_INLINE static bool SortColumns(double* cells, size_t rows) {
    B odd{};
    for (size_t i = 0; i < rows * kSortedLanes; i += kWidth) {
      D v;
      Load(cells + i, v);
      odd |= (B)(v != v) | ((B)v == INT64_MIN);
    }
    if (Any(odd)) return false;
    MergeExchange(rows, [cells, rows](size_t p, size_t r, size_t d) __attribute__((always_inline)) {
      for (size_t run = r; run + d < rows; run += 2 * p) {
        const size_t end = std::min(run + p, rows - d);
        for (size_t at = run * kSortedLanes; at < end * kSortedLanes; at += kWidth) {
          D a, b;
          Load(cells + at, a);
          Load(cells + at + d * kSortedLanes, b);
          const B less = a < b;
          Store(Select(less, a, b), cells + at);
          Store(Select(less, b, a), cells + at + d * kSortedLanes);
        }
      }
    });
    return true;
  }
};

#define PHAROS_KERNELS(name, width, ...)                                                           \
  struct name {                                                                                    \
    using L = Loops<width>;                                                                        \
    __VA_ARGS__ static size_t CountPresent(const double* in, size_t n) {                           \
      return L::CountPresent(in, n);                                                               \
    }                                                                                              \
    __VA_ARGS__ static bool Falls(const double* in, size_t n) { return L::Falls(in, n); }          \
    __VA_ARGS__ static bool SumsExactly(const double* in, size_t n) {                              \
      return L::SumsExactly(in, n);                                                                \
    }                                                                                              \
    __VA_ARGS__ static void AddSum(const double* in, size_t n, double* s, double* c) {             \
      L::AddSum(in, n, s, c);                                                                      \
    }                                                                                              \
    __VA_ARGS__ static bool SumIsEndless(const double* in, size_t n, const double* s) {            \
      return L::SumIsEndless(in, n, s);                                                            \
    }                                                                                              \
    __VA_ARGS__ static void AddMin(const double* in, size_t n, double* a) { L::AddMin(in, n, a); } \
    __VA_ARGS__ static void AddMax(const double* in, size_t n, double* a) { L::AddMax(in, n, a); } \
    __VA_ARGS__ static void AddCount(const double* in, size_t n, double* a) {                      \
      L::AddCount(in, n, a);                                                                       \
    }                                                                                              \
    __VA_ARGS__ static void Rate(const RateWindows& w, double* out) { L::Rate(w, out); }           \
    __VA_ARGS__ static void RateAlike(const AlikeWindows& w, double* out) {                        \
      L::RateAlike(w, out);                                                                        \
    }                                                                                              \
    __VA_ARGS__ static bool AddRows(const double* const* rows, size_t n, Range at, double* s,      \
                                    double* c) {                                                   \
      return L::AddRows(rows, n, at, s, c);                                                        \
    }                                                                                              \
    __VA_ARGS__ static bool SortColumns(double* cells, size_t rows) {                              \
      return L::SortColumns(cells, rows);                                                          \
    }                                                                                              \
    static constexpr ColumnKernels kTable{CountPresent, Falls,        SumsExactly, AddSum,         \
                                          AddRows,      SumIsEndless, AddMin,      AddMax,         \
                                          AddCount,     Rate,         RateAlike,   SortColumns};   \
  }

PHAROS_KERNELS(Narrow, 2, [[gnu::flatten]]);
#ifdef __x86_64__
PHAROS_KERNELS(Avx2, 4, [[gnu::target("avx2")]]);

// g++ 12 compares vectors of 512 bits lane by lane, so what counts most is written out.
#define PHAROS_WIDE [[gnu::target("avx512f,avx512dq,avx512vl")]] static
struct Avx512 {
  static constexpr int64_t kAbsentBits = static_cast<int64_t>(model::kStaleNanBits);

  PHAROS_WIDE __mmask8 LanesFrom(size_t i, size_t size) {
    return size - i >= 8 ? 0xFF : static_cast<__mmask8>((1u << (size - i)) - 1);
  }
  PHAROS_WIDE __mmask8 Absent(__m512d v) {
    return _mm512_cmpeq_epi64_mask(_mm512_castpd_si512(v), _mm512_set1_epi64(kAbsentBits));
  }

  PHAROS_WIDE size_t CountPresent(const double* in, size_t size) {
    size_t absent = 0;
    for (size_t i = 0; i < size; i += 8) {
      const __mmask8 lanes = LanesFrom(i, size);
      absent += static_cast<size_t>(
          std::popcount(static_cast<uint8_t>(Absent(_mm512_maskz_loadu_pd(lanes, in + i)))));
    }
    return size - absent;
  }

  PHAROS_WIDE void AddSum(const double* in, size_t size, double* sum, double* lost) {
    const __m512i infinity = _mm512_set1_epi64(0x7FF0000000000000);
    for (size_t i = 0; i < size; i += 8) {
      const __mmask8 lanes = LanesFrom(i, size);
      const __m512d v = _mm512_maskz_loadu_pd(lanes, in + i);
      const __m512d s = _mm512_maskz_loadu_pd(lanes, sum + i);
      const __m512d c = _mm512_maskz_loadu_pd(lanes, lost + i);
      const auto present = static_cast<__mmask8>(~Absent(v));
      const __mmask8 fresh = Absent(s);
      const __m512d total = _mm512_add_pd(s, v);
      const __mmask8 larger = _mm512_cmp_pd_mask(_mm512_abs_pd(s), _mm512_abs_pd(v), _CMP_GE_OQ);
      const __m512d of_v = _mm512_add_pd(_mm512_sub_pd(s, total), v);
      const __m512d of_s = _mm512_add_pd(_mm512_sub_pd(v, total), s);
      const __m512d more = _mm512_mask_blend_pd(larger, of_s, of_v);
      const __mmask8 finite =
          _mm512_cmpneq_epi64_mask(_mm512_castpd_si512(_mm512_abs_pd(total)), infinity);
      const __m512d next = _mm512_maskz_mov_pd(finite, _mm512_add_pd(c, more));
      const auto old = static_cast<__mmask8>(present & ~fresh);
      _mm512_mask_storeu_pd(lost + i, lanes, _mm512_mask_mov_pd(c, old, next));
      const __m512d grown = _mm512_mask_blend_pd(fresh, total, v);
      _mm512_mask_storeu_pd(sum + i, lanes, _mm512_mask_mov_pd(s, present, grown));
    }
  }

  PHAROS_WIDE void Rate(const RateWindows& w, double* out) {
    if (w.is_counter) return Avx2::Rate(w, out);
    const __m512d absent = _mm512_castsi512_pd(_mm512_set1_epi64(kAbsentBits));
    for (size_t i = 0; i < w.steps; i += 8) {
      __m512d first, last;
      if (w.in_a_row[i / 8] != 0) {
        first = _mm512_loadu_pd(w.values + w.first[i]);
        last = _mm512_loadu_pd(w.values + w.last[i]);
      } else {
        const auto at = [](const uint32_t* index) {
          return reinterpret_cast<const __m256i*>(index);
        };
        first = _mm512_i32gather_pd(_mm256_loadu_si256(at(w.first + i)), w.values, 8);
        last = _mm512_i32gather_pd(_mm256_loadu_si256(at(w.last + i)), w.values, 8);
      }
      const __m512d factor = _mm512_loadu_pd(w.factor + i);
      const __m512d rate = _mm512_mul_pd(_mm512_sub_pd(last, first), factor);
      _mm512_mask_storeu_pd(out + i, LanesFrom(i, w.steps),
                            _mm512_mask_mov_pd(rate, Absent(factor), absent));
    }
  }

  /// As Loops::Bounded. No product is added to anything, so that nothing can be fused.
  PHAROS_WIDE __m512d Bounded(__m512d first, __m512d grown, const RateStretch& s,
                              double range_seconds, __mmask8 lanes) {
    const __m512d zero = _mm512_setzero_pd();
    const __m512d sampled = _mm512_set1_pd(s.sampled), to_start = _mm512_set1_pd(s.to_start);
    const __m512d result = _mm512_mul_pd(grown, _mm512_set1_pd(s.factor));
    const __m512d way = _mm512_mul_pd(first, sampled);
    const __m512d stretch = _mm512_mul_pd(_mm512_mul_pd(to_start, grown), _mm512_set1_pd(1.000001));
    const __mmask8 far = _mm512_cmp_pd_mask(way, stretch, _CMP_GE_OQ) &
                         _mm512_cmp_pd_mask(stretch, _mm512_set1_pd(1e-200), _CMP_GT_OQ) &
                         _mm512_cmp_pd_mask(way, _mm512_set1_pd(1e200), _CMP_LT_OQ);
    const auto doubtful = static_cast<__mmask8>(
        lanes & _mm512_cmp_pd_mask(grown, zero, _CMP_GT_OQ) &
        _mm512_cmp_pd_mask(first, zero, _CMP_GE_OQ) & static_cast<__mmask8>(~far));
    if (doubtful == 0) return result;
    const __m512d to_zero = _mm512_mul_pd(sampled, _mm512_div_pd(first, grown));
    const __m512d start =
        _mm512_mask_mov_pd(to_start, _mm512_cmp_pd_mask(to_zero, to_start, _CMP_LT_OQ), to_zero);
    const __m512d whole = _mm512_add_pd(_mm512_add_pd(sampled, start), _mm512_set1_pd(s.to_end));
    __m512d bounded = s.sampled != 0 ? _mm512_div_pd(whole, sampled) : _mm512_set1_pd(1);
    if (range_seconds != 0) bounded = _mm512_div_pd(bounded, _mm512_set1_pd(range_seconds));
    return _mm512_mask_mul_pd(result, doubtful, grown, bounded);
  }

  PHAROS_WIDE void RateAlike(const AlikeWindows& w, double* out) {
    const __m512d factor = _mm512_set1_pd(w.stretch.factor);
    const auto move = static_cast<int64_t>(w.move);
    const __m512i apart =
        _mm512_mullo_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(move));
    for (size_t i = 0; i < w.steps; i += 8) {
      const __mmask8 lanes = LanesFrom(i, w.steps);
      __m512d first, last;
      if (move == 1) {
        first = _mm512_maskz_loadu_pd(lanes, w.first + i);
        last = _mm512_maskz_loadu_pd(lanes, w.last + i);
      } else {
        const __m512d none = _mm512_setzero_pd();
        first = _mm512_mask_i64gather_pd(none, lanes, apart, w.first + i * w.move, 8);
        last = _mm512_mask_i64gather_pd(none, lanes, apart, w.last + i * w.move, 8);
      }
      const __m512d grown = _mm512_sub_pd(last, first);
      const __m512d rate = w.is_counter ? Bounded(first, grown, w.stretch, w.range_seconds, lanes)
                                        : _mm512_mul_pd(grown, factor);
      _mm512_mask_storeu_pd(out + i, lanes, rate);
    }
  }

  /// What of 16 steps, from the eighth on where `upper`, there are.
  PHAROS_WIDE __mmask8 Half(size_t width, bool upper) {
    const uint32_t lanes = width >= 16 ? 0xFFFF : (1u << width) - 1;
    return static_cast<__mmask8>(upper ? lanes >> 8 : lanes & 0xFF);
  }
  PHAROS_WIDE void AddExactly(__m512d v, __m512d& s, __m512d& c) {
    const __m512d total = _mm512_add_pd(s, v);
    const __m512d rest = _mm512_sub_pd(total, s);
    const __m512d of_s = _mm512_sub_pd(s, _mm512_sub_pd(total, rest));
    c = _mm512_add_pd(c, _mm512_add_pd(of_s, _mm512_sub_pd(v, rest)));
    s = total;
  }
  PHAROS_WIDE __mmask8 NotFinite(__m512d v) { return _mm512_fpclass_pd_mask(v, 0x99); }

  PHAROS_WIDE bool AddRows(const double* const* rows, size_t count, Range at, double* sum,
                           double* lost) {
    const __mmask8 low = Half(at.width, false), high = Half(at.width, true);
    double* const sums = sum + at.begin;
    double* const losses = lost + at.begin;
    __m512d s0 = _mm512_maskz_loadu_pd(low, sums), c0 = _mm512_maskz_loadu_pd(low, losses);
    __m512d s1 = _mm512_maskz_loadu_pd(high, sums + 8);
    __m512d c1 = _mm512_maskz_loadu_pd(high, losses + 8);
    size_t row = 0;
    if (IsAbsent(*sums)) {  // then for all; where it is not so, it is a NaN
      const double* const in = rows[row++] + at.begin;
      s0 = _mm512_maskz_loadu_pd(low, in);
      s1 = _mm512_maskz_loadu_pd(high, in + 8);
    }
    for (; row < count; ++row) {
      const double* const in = rows[row] + at.begin;
      AddExactly(_mm512_maskz_loadu_pd(low, in), s0, c0);
      AddExactly(_mm512_maskz_loadu_pd(high, in + 8), s1, c1);
    }
    if ((NotFinite(s0) | NotFinite(c0) | NotFinite(s1) | NotFinite(c1)) != 0) return false;
    _mm512_mask_storeu_pd(sums, low, s0);
    _mm512_mask_storeu_pd(losses, low, c0);
    _mm512_mask_storeu_pd(sums + 8, high, s1);
    _mm512_mask_storeu_pd(losses + 8, high, c1);
    return true;
  }

  PHAROS_WIDE bool SortColumns(double* cells, size_t rows) {
    unsigned odd = 0;  // a NaN, −0
    for (size_t i = 0; i < rows; ++i)
      odd |= _mm512_fpclass_pd_mask(_mm512_loadu_pd(cells + i * 8), 0x85);
    if (odd != 0) return false;
    MergeExchange(rows, [cells, rows](size_t p, size_t r, size_t d)
                            __attribute__((target("avx512f,avx512dq,avx512vl"))) {
                              for (size_t run = r; run + d < rows; run += 2 * p) {
                                const size_t end = std::min(run + p, rows - d);
                                for (size_t i = run; i < end; ++i) {
                                  double* const x = cells + i * kSortedLanes;
                                  double* const y = x + d * kSortedLanes;
                                  const __m512d a = _mm512_loadu_pd(x), b = _mm512_loadu_pd(y);
                                  _mm512_storeu_pd(x, _mm512_min_pd(a, b));
                                  _mm512_storeu_pd(y, _mm512_max_pd(a, b));
                                }
                              }
                            });
    return true;
  }

  static constexpr ColumnKernels kTable{
      CountPresent, Avx2::Falls,  Avx2::SumsExactly, AddSum, AddRows,   Avx2::SumIsEndless,
      Avx2::AddMin, Avx2::AddMax, Avx2::AddCount,    Rate,   RateAlike, SortColumns};
};
#endif

std::vector<ColumnKernels> Runnable() {
  std::vector<ColumnKernels> out{Narrow::kTable};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) out.push_back(Avx2::kTable);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2")) {
    out.push_back(Avx512::kTable);
  }
#endif
  return out;
}

const std::vector<ColumnKernels>& Table() {
  static const std::vector<ColumnKernels> table = Runnable();
  return table;
}

}  // namespace

const ColumnKernels& Kernels() { return Table().back(); }
std::span<const ColumnKernels> AllKernels() { return Table(); }

}  // namespace pharos::query::promql
