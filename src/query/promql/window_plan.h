// Which samples each step of a query sees, worked out once for all series that have the same
// sample times.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/promql/column_kernels.h"
#include "store/samples.h"

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

class SharedBounds;

/// Which samples each step sees: [low, high).
struct WindowBounds {
  std::vector<uint32_t> low, high;
  int64_t samples = 0;           ///< in all windows together
  size_t filled = 0, pairs = 0;  ///< windows with at least one, two samples
  /// Steps [begin, end) lie alike: the same number of samples, `move` further on from one to the
  /// next.
  size_t begin = 0, end = 0;
  uint32_t move = 0;

  void Count();
};

/// What RateWindows takes of some steps one after the other. Arrays are padded for the kernels.
struct RateSteps {
  std::vector<uint32_t> first, last;
  std::vector<uint8_t> in_a_row;
  std::vector<double> factor, sampled, to_start, to_end;

  void Resize(size_t steps);
  size_t bytes() const { return (first.capacity() + last.capacity()) * 4 + factor.capacity() * 32; }
};

/// The windows over one column of times. Of a regular column (scrapes without jitter) most steps
/// lie alike, so that a plan is a few numbers, and its bounds are those of other such columns.
struct WindowPlan {
  std::vector<int64_t> times_ms;         ///< only of a plan that is found by its times
  const WindowBounds* bounds = nullptr;  ///< own_bounds, or shared
  WindowBounds own_bounds;

  /// Only where rates were asked for: of the steps that lie alike, of those before and those
  /// behind them.
  RateStretch alike;
  RateSteps before, behind;
  double least_sampled = 0, most_to_start = 0;  ///< of the windows with two samples

  WindowPlan() = default;
  WindowPlan(const WindowGrid& grid, std::span<const int64_t> times, bool rates) {
    Build(grid, times, rates, nullptr);
  }
  /// Anew, in the memory that it has. `shared`: where bounds may come from; they outlive the plan.
  void Build(const WindowGrid& grid, std::span<const int64_t> times, bool rates,
             SharedBounds* shared);
  /// The same where it costs next to nothing: regular times, of which all but a few steps lie
  /// alike. False, and nothing is built, where it does not. `period_ms`: of the times; 0: not
  /// known.
  bool BuildAlike(const WindowGrid& grid, std::span<const int64_t> times, int64_t period_ms,
                  bool rates, SharedBounds& shared);
  /// Absent factor: too few samples.
  RateStretch RateAt(size_t step) const;

 private:
  struct Stretch;
  void PlanRates(const WindowGrid& grid, std::span<const int64_t> times);
  void PlanSteps(const WindowGrid& grid, std::span<const int64_t> times, size_t begin, size_t end,
                 RateSteps* out);
  RateStretch PlanStretch(const WindowGrid& grid, const Stretch& here);
};

/// Bounds over regular columns, by what tells them apart. Threads: any. Errors: none; when there
/// are many they are not kept.
class SharedBounds {
 public:
  explicit SharedBounds(const WindowGrid& grid) : grid_(grid) {}
  /// Of `size` samples, of which the first step would see [from, until) were there some at all
  /// times of the period. Null when there are too many already.
  const WindowBounds* Of(int64_t from, int64_t until, int64_t move, size_t size);

 private:
  using Key = std::array<int64_t, 4>;
  const WindowGrid grid_;
  std::mutex mutex_;
  std::vector<std::pair<Key, std::unique_ptr<WindowBounds>>> known_;  // mutex_
};

/// The plans of one query over all its series' times, shared by its workers.
///
/// Owns: plans, at most kWindowPlanBytes of them; what comes later is not kept. Threads: any.
/// Errors: none. Cost: a plan is linear in samples and steps; see WindowPlans.
class SharedWindowPlans {
 public:
  /// `rates`: what rates need is worked out too.
  SharedWindowPlans(const WindowGrid& grid, bool rates)
      : grid_(grid), rates_(rates), bounds_(grid) {}
  SharedWindowPlans(const SharedWindowPlans&) = delete;
  SharedWindowPlans& operator=(const SharedWindowPlans&) = delete;
  /// Leaves its plans' memory to later queries, kSparePlanBytes of it.
  ~SharedWindowPlans();

  const WindowGrid& grid() const { return grid_; }
  bool rates() const { return rates_; }
  /// Null when it is not there. Lives as long as this.
  const WindowPlan* Find(uint64_t id) const;
  /// Null too where other times have the same hash.
  const WindowPlan* Find(uint64_t hash, std::span<const int64_t> times_ms) const;
  /// Keeps it (`kept` lives as long as this) or hands it back.
  struct Made {
    const WindowPlan* kept = nullptr;
    std::unique_ptr<WindowPlan> passing;
  };
  /// `by_times`: `key` is a hash of the times, which the plan then knows.
  Made Make(uint64_t key, std::span<const int64_t> times_ms, bool by_times);

 private:
  const WindowGrid grid_;
  const bool rates_;
  SharedBounds bounds_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, std::unique_ptr<WindowPlan>> plans_;  // mutex_
  size_t bytes_ = 0;                                                 // mutex_
};

/// One worker's way to the plans; those that cost next to nothing it makes itself rather than wait
/// for another's. Threads: one. Cost: finding one again a comparison of ids, or a look-up; for
/// times without an id a comparison of the times.
class WindowPlans {
 public:
  explicit WindowPlans(SharedWindowPlans& shared) : shared_(shared), bounds_(shared.grid()) {}

  /// Lives until the next call. `id` and `period_ms` as in SeriesSpan.
  const WindowPlan& Of(std::span<const int64_t> times_ms, uint64_t id, int64_t period_ms = 0);
  const WindowPlan& Of(const store::SeriesSpan& span) {
    return Of(span.times_ms, span.times_id, span.period_ms);
  }

 private:
  struct Recent {
    uint64_t id = 0;
    const WindowPlan* plan = nullptr;
    std::unique_ptr<WindowPlan> own;
  };
  static constexpr size_t kRecent = 512;

  const WindowPlan& ByTimes(std::span<const int64_t> times_ms);

  SharedWindowPlans& shared_;
  SharedBounds bounds_;
  std::array<Recent, kRecent> recent_{};
  const WindowPlan* latest_ = nullptr;  // of times without an id
  std::unique_ptr<WindowPlan> passing_;
};

}  // namespace pharos::query::promql
