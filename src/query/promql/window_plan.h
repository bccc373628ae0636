// Which samples each step of a query sees, worked out once for all series that have the same
// sample times.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
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
  std::vector<int64_t> times_ms;
  std::vector<uint32_t> low, high;  ///< a step sees [low, high)
  int64_t samples = 0;              ///< in all windows together
  size_t filled = 0, pairs = 0;     ///< windows with at least one, two samples

  /// What RateWindows takes; only where rates were asked for.
  std::vector<uint32_t> first, last;
  std::vector<uint8_t> in_a_row;
  std::vector<double> factor, sampled, to_start, to_end;
  double least_sampled = 0, most_to_start = 0;  ///< of the windows with two samples

  WindowPlan() = default;
  WindowPlan(const WindowGrid& grid, std::span<const int64_t> times, bool rates) {
    Build(grid, times, rates);
  }
  /// Anew, in the memory that it has.
  void Build(const WindowGrid& grid, std::span<const int64_t> times, bool rates);

 private:
  /// Steps [begin, end) whose windows lie alike: the same samples further on.
  struct Alike {
    size_t begin = 0, end = 0;
    uint32_t move = 0;  ///< samples from step to step
  };
  struct Stretch;
  void Bound(const WindowGrid& grid);
  Alike BoundEvenly(const WindowGrid& grid, int64_t period);
  void PlanRates(const WindowGrid& grid, const Alike& alike);
  void PlanStep(const WindowGrid& grid, size_t step, Stretch* known);
  void NoteRows(size_t steps, const Alike& alike);
};

/// The plans of one query over all its series' times, shared by its workers.
///
/// Owns: plans, at most kWindowPlanBytes of them; what comes later is not kept. Threads: any.
/// Errors: none. Cost: a plan is linear in samples and steps; see WindowPlans.
class SharedWindowPlans {
 public:
  /// `rates`: what rates need is worked out too.
  SharedWindowPlans(const WindowGrid& grid, bool rates) : grid_(grid), rates_(rates) {}
  SharedWindowPlans(const SharedWindowPlans&) = delete;
  SharedWindowPlans& operator=(const SharedWindowPlans&) = delete;
  /// Leaves its plans' memory to later queries, kSparePlanBytes of it.
  ~SharedWindowPlans();

  /// Null when it is not there. Lives as long as this.
  const WindowPlan* Find(uint64_t id) const;
  /// Null too where other times have the same hash.
  const WindowPlan* Find(uint64_t hash, std::span<const int64_t> times_ms) const;
  /// Keeps it (`kept` lives as long as this) or hands it back.
  struct Made {
    const WindowPlan* kept = nullptr;
    std::unique_ptr<WindowPlan> passing;
  };
  Made Make(uint64_t key, std::span<const int64_t> times_ms);

 private:
  const WindowGrid grid_;
  const bool rates_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, std::unique_ptr<WindowPlan>> plans_;  // mutex_
  size_t bytes_ = 0;                                                 // mutex_
};

/// One worker's way to the plans. Threads: one. Cost: finding one again a comparison of ids, or a
/// look-up; for times without an id a comparison of the times.
class WindowPlans {
 public:
  explicit WindowPlans(SharedWindowPlans& shared) : shared_(shared) {}

  /// Lives until the next call. `id` as SeriesSpan::times_id.
  const WindowPlan& Of(std::span<const int64_t> times_ms, uint64_t id);

 private:
  struct Recent {
    uint64_t id = 0;
    const WindowPlan* plan = nullptr;
  };
  static constexpr size_t kRecent = 1024;

  const WindowPlan& ByTimes(std::span<const int64_t> times_ms);

  SharedWindowPlans& shared_;
  std::array<Recent, kRecent> recent_{};
  const WindowPlan* latest_ = nullptr;  // of times without an id
  std::unique_ptr<WindowPlan> passing_;
};

}  // namespace pharos::query::promql
