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
size_t BytesOf(const WindowPlan& plan) {
  const WindowBounds& own = plan.own_bounds;
  return sizeof plan + 64 + plan.times_ms.capacity() * 8 +
         (own.low.capacity() + own.high.capacity()) * 4 + plan.before.bytes() + plan.behind.bytes();
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
    const size_t bytes = BytesOf(*plan);
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

/// How a window's samples, two at least, lie in it.
struct WindowPlan::Stretch {
  Stretch() = default;
  Stretch(const WindowGrid& grid, const WindowBounds& bounds, std::span<const int64_t> times,
          size_t step) {
    const int64_t end_ms = grid.first_end_ms + static_cast<int64_t>(step) * grid.stride_ms;
    const int64_t first_ms = times[bounds.low[step]], last_ms = times[bounds.high[step] - 1];
    before_ms = first_ms - (end_ms - grid.range_ms);
    after_ms = end_ms - last_ms;
    between_ms = last_ms - first_ms;
    intervals = bounds.high[step] - 1 - bounds.low[step];
  }
  bool operator==(const Stretch&) const = default;

  int64_t before_ms = 0, after_ms = 0, between_ms = 0;
  uint32_t intervals = 0;  ///< 0: no window
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

SharedWindowPlans::Made SharedWindowPlans::Make(uint64_t key, std::span<const int64_t> times_ms,
                                                bool by_times) {
  auto plan = SparePlans::Shared().Take();
  plan->Build(grid_, times_ms, rates_, &bounds_);
  plan->times_ms.clear();
  if (by_times) plan->times_ms.assign(times_ms.begin(), times_ms.end());
  const size_t bytes = BytesOf(*plan);
  std::lock_guard lock(mutex_);
  if (bytes_ + bytes > kWindowPlanBytes) return {nullptr, std::move(plan)};
  const auto [place, fresh] = plans_.try_emplace(key, nullptr);
  // Another worker was faster; of times without an id it may even be another plan.
  if (!fresh) return {nullptr, std::move(plan)};
  bytes_ += bytes;
  place->second = std::move(plan);
  return {place->second.get(), nullptr};
}

const WindowPlan& WindowPlans::Of(std::span<const int64_t> times_ms, uint64_t id,
                                  int64_t period_ms) {
  if (id == 0) return ByTimes(times_ms);
  Recent& recent = recent_[id % kRecent];
  if (recent.plan != nullptr && recent.id == id) return *recent.plan;
  if (recent.own == nullptr) recent.own = std::make_unique<WindowPlan>();
  if (recent.own->BuildAlike(shared_.grid(), times_ms, period_ms, shared_.rates(), bounds_)) {
    recent.id = id;
    return *(recent.plan = recent.own.get());
  }
  const WindowPlan* plan = shared_.Find(id);
  if (plan == nullptr) {
    SharedWindowPlans::Made made = shared_.Make(id, times_ms, false);
    plan = made.kept;
    if (plan == nullptr) {
      latest_ = nullptr;  // it may be the one that goes
      passing_ = std::move(made.passing);
      return *passing_;
    }
  }
  recent.id = id;
  return *(recent.plan = plan);
}

const WindowPlan& WindowPlans::ByTimes(std::span<const int64_t> times_ms) {
  if (latest_ != nullptr && std::ranges::equal(latest_->times_ms, times_ms)) return *latest_;
  const uint64_t key = KeyOf(times_ms);
  latest_ = shared_.Find(key, times_ms);
  if (latest_ == nullptr) {
    SharedWindowPlans::Made made = shared_.Make(key, times_ms, true);
    latest_ = made.kept;
    if (latest_ == nullptr) {
      passing_ = std::move(made.passing);
      latest_ = passing_.get();
    }
  }
  return *latest_;
}

namespace {

void Bound(const WindowGrid& grid, std::span<const int64_t> times_ms, WindowBounds* out) {
  uint32_t from = 0, until = 0;
  const auto size = static_cast<uint32_t>(times_ms.size());
  int64_t end_ms = grid.first_end_ms;
  for (size_t step = 0; step < grid.steps; ++step, end_ms += grid.stride_ms) {
    while (until < size && times_ms[until] <= end_ms) ++until;
    while (from < until && times_ms[from] <= end_ms - grid.range_ms) ++from;
    out->low[step] = from;
    out->high[step] = until;
  }
}

/// From step to step the bounds move by the same number of samples, as far as there are any.
void BoundEvenly(const WindowGrid& grid, int64_t from, int64_t until, int64_t move, int64_t size,
                 WindowBounds* out) {
  const auto steps = static_cast<int64_t>(grid.steps);
  for (int64_t step = 0; step < steps; ++step) {
    const auto at = static_cast<size_t>(step);
    out->low[at] = static_cast<uint32_t>(std::clamp<int64_t>(from + step * move, 0, size));
    out->high[at] = static_cast<uint32_t>(std::clamp<int64_t>(until + step * move, 0, size));
  }
  if (move > size) return;
  // Where neither bound is cut off.
  const int64_t begin = from >= 0 ? 0 : (-from + move - 1) / move;
  const int64_t end = until > size ? 0 : std::min(steps, (size - until) / move + 1);
  if (begin >= end) return;
  out->begin = static_cast<size_t>(begin);
  out->end = static_cast<size_t>(end);
  out->move = static_cast<uint32_t>(move);
}

void Clear(size_t steps, WindowBounds* out) {
  out->low.resize(steps);
  out->high.resize(steps);
  out->begin = out->end = out->move = 0;
}

}  // namespace

void WindowBounds::Count() {
  samples = 0;
  filled = pairs = 0;
  for (size_t step = 0; step < low.size(); ++step) {
    const uint32_t size = high[step] - low[step];
    samples += size;
    filled += size > 0 ? 1 : 0;
    pairs += size > 1 ? 1 : 0;
  }
}

const WindowBounds* SharedBounds::Of(int64_t from, int64_t until, int64_t move, size_t size) {
  const Key key{from, until, move, static_cast<int64_t>(size)};
  std::lock_guard lock(mutex_);
  for (const auto& [known, bounds] : known_) {
    if (known == key) return bounds.get();
  }
  if (known_.size() >= kMostSharedBounds) return nullptr;
  auto made = std::make_unique<WindowBounds>();
  Clear(grid_.steps, made.get());
  BoundEvenly(grid_, from, until, move, static_cast<int64_t>(size), made.get());
  made->Count();
  return known_.emplace_back(key, std::move(made)).second.get();
}

namespace {

/// Which samples the windows over regular times see; `move` 0: it cannot be said so.
struct EvenWindows {
  EvenWindows(const WindowGrid& grid, std::span<const int64_t> times, int64_t known_period) {
    const int64_t period = known_period != 0 && !times.empty() ? known_period : PeriodOf(times);
    const bool near = grid.first_end_ms > -kFarMs && grid.first_end_ms < kFarMs;
    if (!near || period <= 0 || grid.stride_ms <= 0 || grid.stride_ms % period != 0) return;
    // Samples up to a time, were there some at all times of the period.
    const auto up_to = [&](int64_t ms) {
      const int64_t since = ms - times[0];
      return since >= 0 ? since / period + 1 : -((-since - 1) / period);
    };
    until = up_to(grid.first_end_ms);
    from = up_to(grid.first_end_ms - grid.range_ms);
    move = grid.stride_ms / period;
  }
  int64_t from = 0, until = 0, move = 0;
};

}  // namespace

bool WindowPlan::BuildAlike(const WindowGrid& grid, std::span<const int64_t> times,
                            int64_t period_ms, bool rates, SharedBounds& shared) {
  constexpr size_t kFewSteps = 32;
  const EvenWindows even(grid, times, period_ms);
  if (even.move == 0) return false;
  const WindowBounds* const found = shared.Of(even.from, even.until, even.move, times.size());
  if (found == nullptr || (rates && grid.steps - (found->end - found->begin) > kFewSteps))
    return false;
  bounds = found;
  if (rates) PlanRates(grid, times);
  return true;
}

void WindowPlan::Build(const WindowGrid& grid, std::span<const int64_t> times, bool rates,
                       SharedBounds* shared) {
  bounds = nullptr;
  const EvenWindows even(grid, times, 0);
  if (even.move > 0) {
    if (shared != nullptr) bounds = shared->Of(even.from, even.until, even.move, times.size());
    if (bounds == nullptr) {
      Clear(grid.steps, &own_bounds);
      BoundEvenly(grid, even.from, even.until, even.move, static_cast<int64_t>(times.size()),
                  &own_bounds);
    }
  } else {
    Clear(grid.steps, &own_bounds);
    Bound(grid, times, &own_bounds);
  }
  if (bounds == nullptr) {
    own_bounds.Count();
    bounds = &own_bounds;
  }
  if (rates) PlanRates(grid, times);
}

void RateSteps::Resize(size_t steps) {
  const size_t padded = (steps + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
  first.assign(padded, 0);
  last.assign(padded, 0);
  factor.assign(padded, Absent());
  sampled.assign(padded, 0);
  to_start.assign(padded, 0);
  to_end.assign(padded, 0);
  in_a_row.assign(padded / 8, 0);
}

namespace {

void NoteRows(size_t steps, RateSteps* out) {
  for (size_t i = 0; i + 8 <= steps; i += 8) {
    bool rising = true;
    for (size_t k = i + 1; k < i + 8; ++k) {
      rising =
          rising && out->first[k] == out->first[k - 1] + 1 && out->last[k] == out->last[k - 1] + 1;
    }
    out->in_a_row[i / 8] = rising ? 1 : 0;
  }
}

}  // namespace

// As Prometheus stretches the growth between first and last sample to the window's edges; the
// way back to zero, which needs the values, is left to the kernel.
void WindowPlan::PlanRates(const WindowGrid& grid, std::span<const int64_t> times) {
  least_sampled = std::numeric_limits<double>::infinity();
  most_to_start = 0;
  PlanSteps(grid, times, 0, bounds->begin, &before);
  PlanSteps(grid, times, bounds->end, grid.steps, &behind);
  alike = {};
  const size_t step = bounds->begin;
  if (step == bounds->end || bounds->high[step] - bounds->low[step] < 2) return;
  alike = PlanStretch(grid, Stretch(grid, *bounds, times, step));
}

void WindowPlan::PlanSteps(const WindowGrid& grid, std::span<const int64_t> times, size_t begin,
                           size_t end, RateSteps* out) {
  out->Resize(end - begin);
  Stretch known;
  RateStretch made;
  for (size_t step = begin; step < end; ++step) {
    if (bounds->high[step] - bounds->low[step] < 2) continue;
    // Scrapes are regular, so most windows are like the one before.
    const Stretch here(grid, *bounds, times, step);
    if (known != here) made = PlanStretch(grid, here);
    known = here;
    const size_t at = step - begin;
    out->first[at] = bounds->low[step];
    out->last[at] = bounds->high[step] - 1;
    out->factor[at] = made.factor;
    out->sampled[at] = made.sampled;
    out->to_start[at] = made.to_start;
    out->to_end[at] = made.to_end;
  }
  NoteRows(end - begin, out);
}

RateStretch WindowPlan::PlanStretch(const WindowGrid& grid, const Stretch& here) {
  RateStretch out;
  out.to_start = static_cast<double>(here.before_ms) / 1000;
  out.to_end = static_cast<double>(here.after_ms) / 1000;
  out.sampled = static_cast<double>(here.between_ms) / 1000;
  const double average = out.sampled / static_cast<double>(here.intervals);
  const double threshold = average * 1.1;
  if (out.to_start >= threshold) out.to_start = average / 2;
  if (out.to_end >= threshold) out.to_end = average / 2;
  least_sampled = std::min(least_sampled, out.sampled);
  most_to_start = std::max(most_to_start, out.to_start);
  out.factor = out.sampled != 0 ? (out.sampled + out.to_start + out.to_end) / out.sampled : 1;
  if (grid.is_rate) out.factor /= grid.range_seconds;
  return out;
}

RateStretch WindowPlan::RateAt(size_t step) const {
  if (step >= bounds->begin && step < bounds->end) return alike;
  const RateSteps& of = step < bounds->begin ? before : behind;
  const size_t at = step < bounds->begin ? step : step - bounds->end;
  return {of.factor[at], of.sampled[at], of.to_start[at], of.to_end[at]};
}

}  // namespace pharos::query::promql
