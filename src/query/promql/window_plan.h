// Which samples each step of a query sees, worked out once for all series that have the same
// sample times.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "query/promql/column_kernels.h"

namespace pharos::query::promql {

/// Where the windows of a range function or the lookback of a selector lie.
struct WindowGrid {
  int64_t first_end_ms = 0;  ///< right end (inclusive) of the first step's window
  int64_t stride_ms = 0;     ///< from step to step; 0: all look at the same window
  int64_t range_ms = 0;      ///< the left end is exclusive
  size_t steps = 0;
  double range_seconds = 0;
  bool is_rate = false;  ///< divide by the range
};

/// The windows over one column of times. Arrays are padded for the kernels.
struct WindowPlan {
  static constexpr uint32_t kNone = UINT32_MAX;

  std::vector<int64_t> times_ms;
  std::vector<uint32_t> low, high;  ///< a step sees [low, high)
  int64_t samples = 0;              ///< in all windows together
  size_t filled = 0, pairs = 0;     ///< windows with at least one, two samples

  /// What RateWindows takes; only after PlanRates.
  bool has_rates = false;
  std::vector<uint32_t> first, last;
  std::vector<uint8_t> in_a_row;
  std::vector<double> factor, sampled, to_start, to_end;

  void PlanRates(const WindowGrid& grid);
};

/// Owns: plans, at most kWindowPlanBytes of them. Threads: one. Errors: none. Cost: a plan is
/// linear in samples and steps; finding one again a look-up, for times without an id a
/// comparison of the times.
class WindowPlans {
 public:
  explicit WindowPlans(const WindowGrid& grid) : grid_(grid) {}

  const WindowGrid& grid() const { return grid_; }
  /// Lives until the next call. `id` as SeriesSpan::times_id.
  WindowPlan& Of(std::span<const int64_t> times_ms, uint64_t id);

 private:
  WindowPlan& Make(std::span<const int64_t> times_ms, uint64_t key);

  const WindowGrid grid_;
  std::unordered_map<uint64_t, std::unique_ptr<WindowPlan>> plans_;
  WindowPlan* latest_ = nullptr;
  uint64_t latest_id_ = 0;
  size_t bytes_ = 0;
};

}  // namespace pharos::query::promql
