#include "query/promql/window_plan.h"

#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "query/promql/limits.h"
#include "query/promql/value.h"

namespace pharos::query::promql {
namespace {

uint64_t KeyOf(std::span<const int64_t> times_ms) {
  return base::HashBytes64(
             {reinterpret_cast<const char*>(times_ms.data()), times_ms.size_bytes()}) |
         uint64_t{1} << 63;  // ids of readers are small
}

/// Times beyond that could overflow in differences; nothing real is there.
constexpr int64_t kFarMs = int64_t{1} << 61;

/// The milliseconds from each time to the next; 0 where they differ or there are fewer than two.
int64_t PeriodOf(std::span<const int64_t> times_ms) {
  if (times_ms.size() < 2 || times_ms.front() < -kFarMs || times_ms.back() > kFarMs) return 0;
  const int64_t period = times_ms[1] - times_ms[0];
  int64_t differs = 0;
  for (size_t i = 1; i < times_ms.size(); ++i) differs |= times_ms[i] - times_ms[i - 1] - period;
  return differs == 0 ? period : 0;
}

/// How a window's samples lie in it.
struct Stretch {
  int64_t before_ms = 0, after_ms = 0, between_ms = 0;
  uint32_t intervals = 0;  ///< 0: no window
  bool operator==(const Stretch&) const = default;
};

}  // namespace

const WindowPlan* SharedWindowPlans::Find(uint64_t id) const {
  std::lock_guard lock(mutex_);
  const auto known = plans_.find(id);
  return known == plans_.end() ? nullptr : known->second.get();
}

const WindowPlan* SharedWindowPlans::Find(uint64_t hash, std::span<const int64_t> times_ms) const {
  const WindowPlan* const plan = Find(hash);
  return plan != nullptr && std::ranges::equal(plan->times_ms, times_ms) ? plan : nullptr;
}

SharedWindowPlans::Made SharedWindowPlans::Make(uint64_t key, std::span<const int64_t> times_ms) {
  auto plan = std::make_unique<WindowPlan>(grid_, times_ms, rates_);
  const size_t bytes =
      sizeof(WindowPlan) + 64 + times_ms.size_bytes() + grid_.steps * (rates_ ? 48 : 8);
  std::lock_guard lock(mutex_);
  if (bytes_ + bytes > kWindowPlanBytes) return {nullptr, std::move(plan)};
  const auto [place, fresh] = plans_.try_emplace(key, nullptr);
  // Another worker was faster; of times without an id it may even be another plan.
  if (!fresh) return {nullptr, std::move(plan)};
  bytes_ += bytes;
  place->second = std::move(plan);
  return {place->second.get(), nullptr};
}

const WindowPlan& WindowPlans::Of(std::span<const int64_t> times_ms, uint64_t id) {
  if (id == 0) return ByTimes(times_ms);
  Recent& recent = recent_[id % kRecent];
  if (recent.plan != nullptr && recent.id == id) return *recent.plan;
  const WindowPlan* plan = shared_.Find(id);
  if (plan == nullptr) {
    SharedWindowPlans::Made made = shared_.Make(id, times_ms);
    plan = made.kept;
    if (plan == nullptr) {
      latest_ = nullptr;  // it may be the one that goes
      passing_ = std::move(made.passing);
      return *passing_;
    }
  }
  recent = {id, plan};
  return *plan;
}

const WindowPlan& WindowPlans::ByTimes(std::span<const int64_t> times_ms) {
  if (latest_ != nullptr && std::ranges::equal(latest_->times_ms, times_ms)) return *latest_;
  const uint64_t key = KeyOf(times_ms);
  latest_ = shared_.Find(key, times_ms);
  if (latest_ == nullptr) {
    SharedWindowPlans::Made made = shared_.Make(key, times_ms);
    latest_ = made.kept;
    if (latest_ == nullptr) {
      passing_ = std::move(made.passing);
      latest_ = passing_.get();
    }
  }
  return *latest_;
}

WindowPlan::WindowPlan(const WindowGrid& grid, std::span<const int64_t> times, bool rates)
    : times_ms(times.begin(), times.end()), low(grid.steps), high(grid.steps) {
  const int64_t period = PeriodOf(times);
  const bool near = grid.first_end_ms > -kFarMs && grid.first_end_ms < kFarMs;
  if (near && period > 0 && grid.stride_ms > 0 && grid.stride_ms % period == 0)
    BoundEvenly(grid, period);
  else
    Bound(grid);
  for (size_t step = 0; step < grid.steps; ++step) {
    const uint32_t size = high[step] - low[step];
    samples += size;
    filled += size > 0 ? 1 : 0;
    pairs += size > 1 ? 1 : 0;
  }
  if (rates) PlanRates(grid);
}

void WindowPlan::Bound(const WindowGrid& grid) {
  uint32_t from = 0, until = 0;
  const auto size = static_cast<uint32_t>(times_ms.size());
  int64_t end_ms = grid.first_end_ms;
  for (size_t step = 0; step < grid.steps; ++step, end_ms += grid.stride_ms) {
    while (until < size && times_ms[until] <= end_ms) ++until;
    while (from < until && times_ms[from] <= end_ms - grid.range_ms) ++from;
    low[step] = from;
    high[step] = until;
  }
}

// From step to step the bounds move by the same number of samples, as far as there are any.
void WindowPlan::BoundEvenly(const WindowGrid& grid, int64_t period) {
  const auto size = static_cast<int64_t>(times_ms.size());
  // Samples up to a time, were there some at all times of the period.
  const auto up_to = [&](int64_t ms) {
    const int64_t since = ms - times_ms[0];
    return since >= 0 ? since / period + 1 : -((-since - 1) / period);
  };
  int64_t until = up_to(grid.first_end_ms), from = up_to(grid.first_end_ms - grid.range_ms);
  const int64_t move = grid.stride_ms / period;
  for (size_t step = 0; step < grid.steps; ++step, until += move, from += move) {
    low[step] = static_cast<uint32_t>(std::clamp<int64_t>(from, 0, size));
    high[step] = static_cast<uint32_t>(std::clamp<int64_t>(until, 0, size));
  }
}

// As Prometheus stretches the growth between first and last sample to the window's edges; the
// way back to zero, which needs the values, is left to the kernel.
void WindowPlan::PlanRates(const WindowGrid& grid) {
  least_sampled = std::numeric_limits<double>::infinity();
  const size_t padded = (grid.steps + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
  first.assign(padded, 0);
  last.assign(padded, 0);
  in_a_row.assign(padded / 8, 0);
  factor.assign(padded, Absent());
  sampled.assign(padded, 0);
  to_start.assign(padded, 0);
  to_end.assign(padded, 0);
  int64_t end_ms = grid.first_end_ms;
  Stretch known;
  for (size_t step = 0; step < grid.steps; ++step, end_ms += grid.stride_ms) {
    if (high[step] - low[step] < 2) {
      known = {};
      continue;
    }
    first[step] = low[step];
    last[step] = high[step] - 1;
    const int64_t first_ms = times_ms[first[step]];
    const int64_t last_ms = times_ms[last[step]];
    const Stretch here{first_ms - (end_ms - grid.range_ms), end_ms - last_ms, last_ms - first_ms,
                       last[step] - first[step]};
    // Scrapes are regular, so most windows are like the one before.
    if (known == here) {
      sampled[step] = sampled[step - 1];
      to_start[step] = to_start[step - 1];
      to_end[step] = to_end[step - 1];
      factor[step] = factor[step - 1];
      continue;
    }
    known = here;
    double start = static_cast<double>(here.before_ms) / 1000;
    double end = static_cast<double>(here.after_ms) / 1000;
    const double between = static_cast<double>(here.between_ms) / 1000;
    const double average = between / static_cast<double>(here.intervals);
    const double threshold = average * 1.1;
    if (start >= threshold) start = average / 2;
    if (end >= threshold) end = average / 2;
    least_sampled = std::min(least_sampled, between);
    most_to_start = std::max(most_to_start, start);
    sampled[step] = between;
    to_start[step] = start;
    to_end[step] = end;
    factor[step] = between != 0 ? (between + start + end) / between : 1;
    if (grid.is_rate) factor[step] /= grid.range_seconds;
  }
  for (size_t i = 0; i < grid.steps; i += 8) {
    const size_t until = std::min(i + 8, grid.steps);
    bool rising = until == i + 8;
    bool same = true;
    for (size_t k = i + 1; k < until; ++k) {
      rising = rising && first[k] == first[k - 1] + 1 && last[k] == last[k - 1] + 1;
      same = same && factor[k] == factor[k - 1];
    }
    in_a_row[i / 8] = !rising ? 0 : same ? kRowsAlike : kRows;
  }
}

}  // namespace pharos::query::promql
