// Loops over whole columns, four or two numbers at a time as the machine can. The same
// operations in the same order as one by one, so that not a bit differs.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/sample.h"

namespace pharos::query::promql {

/// Steps [begin, begin + width).
struct Range {
  size_t begin = 0, width = 0;
};

/// How a window stretches the growth between its first and last sample. See WindowPlan.
struct RateStretch {
  double factor = std::bit_cast<double>(model::kStaleNanBits);  ///< absent: too few samples
  double sampled = 0;   ///< seconds from first to last sample
  double to_start = 0;  ///< seconds that the growth is stretched by
  double to_end = 0;
};

/// Windows of a rate over one series; arrays of `steps`, which may be read up to the next
/// multiple of kColumnPadding. See RateSteps.
struct RateWindows {
  const double* values = nullptr;
  const uint32_t* first = nullptr;    ///< sample that a window begins with
  const uint32_t* last = nullptr;     ///< and ends with
  const uint8_t* in_a_row = nullptr;  ///< eight steps: first and last rise one by one
  const double* factor = nullptr;     ///< and so on: of a RateStretch
  const double* sampled = nullptr;
  const double* to_start = nullptr;
  const double* to_end = nullptr;
  size_t steps = 0;
  double range_seconds = 0;  ///< divides the factor; 0: it does not
  bool is_counter = true;    ///< the way back to zero bounds the stretch
};

/// Windows that lie alike: from step to step `move` samples further on.
struct AlikeWindows {
  const double* first = nullptr;  ///< sample that the first window begins with
  const double* last = nullptr;   ///< and ends with
  size_t move = 1;
  RateStretch stretch;  ///< factor not absent
  size_t steps = 0;
  double range_seconds = 0;
  bool is_counter = true;
};

inline constexpr size_t kColumnPadding = 8, kMostSums = 16, kSortedLanes = 8;

struct ColumnKernels {
  /// How many are not absent.
  size_t (*count_present)(const double* in, size_t size);
  /// Whether some value is less than the one before.
  bool (*falls)(const double* in, size_t size);
  /// Whether all are integers whose sums stay exact (absolute values below 2^53 / size).
  bool (*sums_exactly)(const double* in, size_t size);
  /// Compensated sums a step; what is absent adds nothing.
  void (*add_sum)(const double* in, size_t size, double* sum, double* lost);
  /// add_sum of several rows one after the other, at most kMostSums steps of them. False, and
  /// nothing is changed, where some value is absent, or something is not finite.
  bool (*add_rows)(const double* const* rows, size_t count, Range at, double* sum, double* lost);
  /// Whether some sum would become infinite by that.
  bool (*sum_is_endless)(const double* in, size_t size, const double* sum);
  void (*add_min)(const double* in, size_t size, double* least);
  void (*add_max)(const double* in, size_t size, double* most);
  void (*add_count)(const double* in, size_t size, double* count);
  /// rate, increase, delta of a series without resets.
  void (*rate)(const RateWindows& windows, double* out);
  void (*rate_alike)(const AlikeWindows& windows, double* out);
  /// Sorts kSortedLanes columns at a time: `cells` are rows of so many. False, and they are in any
  /// order, where there is a NaN or −0, which have no place in the order.
  bool (*sort_columns)(double* cells, size_t rows);
};

/// The fastest that this machine can run.
const ColumnKernels& Kernels();
/// All that this machine can run, the slowest first: for tests.
std::span<const ColumnKernels> AllKernels();

}  // namespace pharos::query::promql
