#include "query/promql/window_plan.h"

#include <algorithm>

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

}  // namespace

WindowPlan& WindowPlans::Of(std::span<const int64_t> times_ms, uint64_t id) {
  if (latest_ != nullptr && id != 0 && id == latest_id_) return *latest_;
  uint64_t key = id;
  if (id == 0) {
    if (latest_ != nullptr && std::ranges::equal(latest_->times_ms, times_ms)) return *latest_;
    key = KeyOf(times_ms);
  }
  const auto known = plans_.find(key);
  if (known != plans_.end() && (id != 0 || std::ranges::equal(known->second->times_ms, times_ms))) {
    latest_ = known->second.get();
  } else {
    latest_ = &Make(times_ms, key);
  }
  latest_id_ = id;
  return *latest_;
}

WindowPlan& WindowPlans::Make(std::span<const int64_t> times_ms, uint64_t key) {
  if (bytes_ > kWindowPlanBytes) {
    plans_.clear();
    bytes_ = 0;
  }
  auto made = std::make_unique<WindowPlan>();
  WindowPlan& plan = *made;
  plan.times_ms.assign(times_ms.begin(), times_ms.end());
  plan.low.resize(grid_.steps);
  plan.high.resize(grid_.steps);
  uint32_t low = 0, high = 0;
  const auto size = static_cast<uint32_t>(times_ms.size());
  int64_t end_ms = grid_.first_end_ms;
  for (size_t step = 0; step < grid_.steps; ++step, end_ms += grid_.stride_ms) {
    while (high < size && times_ms[high] <= end_ms) ++high;
    while (low < high && times_ms[low] <= end_ms - grid_.range_ms) ++low;
    plan.low[step] = low;
    plan.high[step] = high;
    plan.samples += high - low;
    plan.filled += high > low ? 1 : 0;
    plan.pairs += high - low > 1 ? 1 : 0;
  }
  bytes_ += sizeof(WindowPlan) + 64 + times_ms.size_bytes() + grid_.steps * 48;
  auto& place = plans_[key];
  place = std::move(made);
  return *place;
}

// As Prometheus stretches the growth between first and last sample to the window's edges; the
// way back to zero, which needs the values, is left to the kernel.
void WindowPlan::PlanRates(const WindowGrid& grid) {
  has_rates = true;
  const size_t padded = (grid.steps + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
  first.assign(padded, 0);
  last.assign(padded, 0);
  in_a_row.assign(padded / 8, 0);
  factor.assign(padded, Absent());
  sampled.assign(padded, 0);
  to_start.assign(padded, 0);
  to_end.assign(padded, 0);
  int64_t end_ms = grid.first_end_ms;
  for (size_t step = 0; step < grid.steps; ++step, end_ms += grid.stride_ms) {
    if (high[step] - low[step] < 2) continue;
    first[step] = low[step];
    last[step] = high[step] - 1;
    const int64_t first_ms = times_ms[first[step]];
    const int64_t last_ms = times_ms[last[step]];
    double start = static_cast<double>(first_ms - (end_ms - grid.range_ms)) / 1000;
    double end = static_cast<double>(end_ms - last_ms) / 1000;
    const double between = static_cast<double>(last_ms - first_ms) / 1000;
    const double average = between / static_cast<double>(last[step] - first[step]);
    const double threshold = average * 1.1;
    if (start >= threshold) start = average / 2;
    if (end >= threshold) end = average / 2;
    sampled[step] = between;
    to_start[step] = start;
    to_end[step] = end;
    factor[step] = between != 0 ? (between + start + end) / between : 1;
    if (grid.is_rate) factor[step] /= grid.range_seconds;
  }
  for (size_t i = 0; i < grid.steps; i += 8) {
    const size_t until = std::min(i + 8, grid.steps);
    bool rising = until == i + 8;
    for (size_t k = i + 1; k < until; ++k)
      rising = rising && first[k] == first[k - 1] + 1 && last[k] == last[k - 1] + 1;
    in_a_row[i / 8] = rising ? 1 : 0;
  }
}

}  // namespace pharos::query::promql
