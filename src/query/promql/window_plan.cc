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

/// Bytes of a plan, about.
size_t BytesOf(size_t times, size_t steps, bool rates) {
  return sizeof(WindowPlan) + 64 + times * 8 + steps * (rates ? 48 : 8);
}

/// Plans that no query has at the moment, for their memory. Threads: any.
class SparePlans {
 public:
  static SparePlans& Shared() {
    static SparePlans* const spare = new SparePlans;  // outlives all users
    return *spare;
  }

  std::unique_ptr<WindowPlan> Take() {
    std::lock_guard lock(mutex_);
    if (plans_.empty()) return std::make_unique<WindowPlan>();
    auto plan = std::move(plans_.back().plan);
    bytes_ -= plans_.back().bytes;
    plans_.pop_back();
    return plan;
  }
  void Give(std::unique_ptr<WindowPlan> plan) {
    const size_t bytes = plan->times_ms.capacity() * 8 +
                         (plan->low.capacity() + plan->high.capacity() + plan->first.capacity() +
                          plan->last.capacity()) *
                             4 +
                         plan->factor.capacity() * 32 + sizeof(WindowPlan);
    std::lock_guard lock(mutex_);
    if (bytes_ + bytes > kSparePlanBytes) return;
    bytes_ += bytes;
    plans_.push_back({std::move(plan), bytes});
  }

 private:
  struct Spare {
    std::unique_ptr<WindowPlan> plan;
    size_t bytes = 0;
  };
  std::mutex mutex_;
  std::vector<Spare> plans_;  // mutex_
  size_t bytes_ = 0;          // mutex_
};

}  // namespace

/// How a window's samples lie in it.
struct WindowPlan::Stretch {
  int64_t before_ms = 0, after_ms = 0, between_ms = 0;
  uint32_t intervals = 0;  ///< 0: no window
  bool operator==(const Stretch&) const = default;
};

SharedWindowPlans::~SharedWindowPlans() {
  for (auto& [key, plan] : plans_) SparePlans::Shared().Give(std::move(plan));
}

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
  auto plan = SparePlans::Shared().Take();
  plan->Build(grid_, times_ms, rates_);
  const size_t bytes = BytesOf(times_ms.size(), grid_.steps, rates_);
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

void WindowPlan::Build(const WindowGrid& grid, std::span<const int64_t> times, bool rates) {
  times_ms.assign(times.begin(), times.end());
  low.resize(grid.steps);
  high.resize(grid.steps);
  samples = 0;
  filled = pairs = 0;
  const int64_t period = PeriodOf(times);
  const bool near = grid.first_end_ms > -kFarMs && grid.first_end_ms < kFarMs;
  Alike alike;
  if (near && period > 0 && grid.stride_ms > 0 && grid.stride_ms % period == 0)
    alike = BoundEvenly(grid, period);
  else
    Bound(grid);
  for (size_t step = 0; step < grid.steps; ++step) {
    const uint32_t size = high[step] - low[step];
    samples += size;
    filled += size > 0 ? 1 : 0;
    pairs += size > 1 ? 1 : 0;
  }
  if (rates) PlanRates(grid, alike);
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
WindowPlan::Alike WindowPlan::BoundEvenly(const WindowGrid& grid, int64_t period) {
  const auto size = static_cast<int64_t>(times_ms.size());
  const auto steps = static_cast<int64_t>(grid.steps);
  // Samples up to a time, were there some at all times of the period.
  const auto up_to = [&](int64_t ms) {
    const int64_t since = ms - times_ms[0];
    return since >= 0 ? since / period + 1 : -((-since - 1) / period);
  };
  const int64_t until = up_to(grid.first_end_ms);
  const int64_t from = up_to(grid.first_end_ms - grid.range_ms);
  const int64_t move = grid.stride_ms / period;
  for (int64_t step = 0; step < steps; ++step) {
    const auto at = static_cast<size_t>(step);
    low[at] = static_cast<uint32_t>(std::clamp<int64_t>(from + step * move, 0, size));
    high[at] = static_cast<uint32_t>(std::clamp<int64_t>(until + step * move, 0, size));
  }
  if (move > size) return {};
  // Where neither bound is cut off.
  const int64_t begin = from >= 0 ? 0 : (-from + move - 1) / move;
  const int64_t end = until > size ? 0 : std::min(steps, (size - until) / move + 1);
  if (begin >= end) return {};
  return {static_cast<size_t>(begin), static_cast<size_t>(end), static_cast<uint32_t>(move)};
}

// As Prometheus stretches the growth between first and last sample to the window's edges; the
// way back to zero, which needs the values, is left to the kernel.
void WindowPlan::PlanRates(const WindowGrid& grid, const Alike& alike) {
  least_sampled = std::numeric_limits<double>::infinity();
  most_to_start = 0;
  const size_t padded = (grid.steps + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
  first.assign(padded, 0);
  last.assign(padded, 0);
  factor.assign(padded, Absent());
  sampled.assign(padded, 0);
  to_start.assign(padded, 0);
  to_end.assign(padded, 0);
  Stretch known;
  for (size_t step = 0; step < grid.steps; ++step) {
    PlanStep(grid, step, &known);
    if (step != alike.begin || alike.end <= alike.begin + 1) continue;
    const auto repeat = [&](std::vector<double>& column) {
      std::fill(column.begin() + static_cast<std::ptrdiff_t>(step),
                column.begin() + static_cast<std::ptrdiff_t>(alike.end), column[step]);
    };
    if (known.intervals > 0) {
      for (size_t i = step; i < alike.end; ++i) {
        first[i] = low[i];
        last[i] = high[i] - 1;
      }
      for (auto* column : {&factor, &sampled, &to_start, &to_end}) repeat(*column);
    }
    step = alike.end - 1;
  }
  NoteRows(grid.steps, alike);
}

void WindowPlan::PlanStep(const WindowGrid& grid, size_t step, Stretch* known) {
  if (high[step] - low[step] < 2) {
    *known = {};
    return;
  }
  const int64_t end_ms = grid.first_end_ms + static_cast<int64_t>(step) * grid.stride_ms;
  first[step] = low[step];
  last[step] = high[step] - 1;
  const int64_t first_ms = times_ms[first[step]];
  const int64_t last_ms = times_ms[last[step]];
  const Stretch here{first_ms - (end_ms - grid.range_ms), end_ms - last_ms, last_ms - first_ms,
                     last[step] - first[step]};
  // Scrapes are regular, so most windows are like the one before.
  if (*known == here) {
    sampled[step] = sampled[step - 1];
    to_start[step] = to_start[step - 1];
    to_end[step] = to_end[step - 1];
    factor[step] = factor[step - 1];
    return;
  }
  *known = here;
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

void WindowPlan::NoteRows(size_t steps, const Alike& alike) {
  in_a_row.assign(first.size() / 8, 0);
  for (size_t i = 0; i + 8 <= steps; i += 8) {
    if (alike.move == 1 && i >= alike.begin && i + 8 <= alike.end && !IsAbsent(factor[i])) {
      in_a_row[i / 8] = kRowsAlike;
      continue;
    }
    bool rising = true, same = true;
    for (size_t k = i + 1; k < i + 8; ++k) {
      rising = rising && first[k] == first[k - 1] + 1 && last[k] == last[k - 1] + 1;
      same = same && factor[k] == factor[k - 1];
    }
    in_a_row[i / 8] = !rising ? 0 : same ? kRowsAlike : kRows;
  }
}

}  // namespace pharos::query::promql
