#include "ingest/receive/delta.h"

#include <algorithm>

#include "ingest/receive/limits.h"

namespace pharos::ingest::receive {

bool DeltaTotals::MakeRoom(int64_t now_ns) {
  if (totals_.size() < kMaxDeltaSeries) return true;
  std::erase_if(totals_,
                [&](const auto& item) { return item.second.touched_ns < now_ns - kDeltaIdleNs; });
  return totals_.size() < kMaxDeltaSeries;
}

DeltaTotals::Step DeltaTotals::Find(base::Hash128 series, int64_t now_ns,
                                    const wire::OtlpPoint& point, Total** total) {
  auto found = totals_.find(series);
  Step step;
  if (found == totals_.end()) {
    if (!MakeRoom(now_ns)) return {DeltaResult::kFull, false};
    found = totals_.try_emplace(series).first;
    step.first = true;
  }
  Total& t = found->second;
  *total = &t;
  t.touched_ns = now_ns;
  const std::pair interval(point.start_ns, point.time_ns);
  if (std::find(t.intervals.begin(), t.intervals.end(), interval) != t.intervals.end()) {
    step.result = DeltaResult::kDuplicate;
    return step;
  }
  t.intervals[t.next_interval++ % t.intervals.size()] = interval;
  return step;
}

DeltaTotals::Step DeltaTotals::Emit(const wire::OtlpPoint& point, Step step, Total* total) {
  const int64_t time_ms = point.time_ns / 1'000'000;
  if (time_ms <= total->emitted_ms) {
    step.result = DeltaResult::kCounted;
  } else {
    total->emitted_ms = time_ms;
  }
  return step;
}

DeltaTotals::Step DeltaTotals::AddSum(base::Hash128 series, int64_t now_ns,
                                      wire::OtlpPoint* point) {
  Total* total = nullptr;
  const Step step = Find(series, now_ns, *point, &total);
  if (step.result != DeltaResult::kEmit) return step;
  total->value += point->value;
  point->value = total->value;
  return Emit(*point, step, total);
}

DeltaTotals::Step DeltaTotals::AddHistogram(base::Hash128 series, int64_t now_ns,
                                            wire::OtlpPoint* point, base::Arena& arena) {
  Total* total = nullptr;
  const Step step = Find(series, now_ns, *point, &total);
  if (step.result != DeltaResult::kEmit) return step;
  Total& t = *total;
  if (!std::ranges::equal(t.bounds, point->bounds) ||
      t.buckets.size() != point->bucket_counts.size()) {
    t.bounds.assign(point->bounds.begin(), point->bounds.end());
    t.buckets.assign(point->bucket_counts.size(), 0);
    t.count = 0;
    t.value = 0;
  }
  for (size_t i = 0; i < t.buckets.size(); ++i) t.buckets[i] += point->bucket_counts[i];
  t.count += point->count;
  t.value += point->sum;
  point->bucket_counts = arena.CopySpan(std::span<const uint64_t>(t.buckets));
  point->count = t.count;
  point->sum = t.value;
  return Emit(*point, step, total);
}

DeltaTotals::Step DeltaTotals::AddExponential(base::Hash128 series, int64_t now_ns,
                                              const wire::OtlpPoint& point,
                                              Exponential* histogram) {
  Total* total = nullptr;
  const Step step = Find(series, now_ns, point, &total);
  if (step.result != DeltaResult::kEmit) return step;
  if (total->exponential == nullptr) {
    total->exponential = std::make_unique<Exponential>(*histogram);
  } else {
    total->exponential->Add(*histogram);
    *histogram = *total->exponential;
  }
  return Emit(point, step, total);
}

}  // namespace pharos::ingest::receive
