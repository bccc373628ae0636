// Range functions over a whole series of floats at once: the same numbers as window by window
// (range_function.h), without a call a step.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "query/promql/window_plan.h"

namespace pharos::query::promql {

enum class ColumnFunction : uint8_t {
  kNone,  ///< only window by window
  kRate,
  kIncrease,
  kDelta,
  kIrate,
  kIdelta,
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kPresent,
  kFirst,
  kLast,
  kChanges,
  kResets,
};
ColumnFunction FindColumnFunction(std::string_view name);

/// Reusable room.
struct ColumnScratch {
  std::vector<double> sums;      ///< before each sample
  std::vector<uint32_t> events;  ///< before each sample
  std::vector<double> best;
  std::vector<uint32_t> resets;
};

/// Whether it needs what a WindowPlan knows of rates.
inline bool NeedsRates(ColumnFunction function) {
  return function == ColumnFunction::kRate || function == ColumnFunction::kIncrease ||
         function == ColumnFunction::kDelta;
}

/// The values of a series; they belong to a plan's times and hold no stale markers.
struct ColumnValues {
  std::span<const int64_t> times_ms;
  std::span<const double> values;
  bool finite = false;  ///< none is a NaN or an infinity, for certain
  bool rising = false;  ///< and none is less than the one before
};

/// Fills all of `out` (a step each, absent where there is nothing) and returns how many steps got a
/// value.
size_t ApplyColumnFunction(ColumnFunction function, const WindowGrid& grid, const WindowPlan& plan,
                           ColumnValues values, ColumnScratch& scratch, std::span<double> out);

}  // namespace pharos::query::promql
