#include "samples/time_runs.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace pharos::samples {
namespace {

/// Most lists are of one or two columns.
bool Same(const std::vector<uint64_t>& a, std::span<const uint64_t> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < b.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

size_t BytesOf(const TimeRun& run) {
  return sizeof(TimeRun) + 96 + (run.times_ms.size() + run.columns.size()) * 8;
}

int64_t PeriodOf(const std::vector<int64_t>& times) {
  constexpr int64_t kFarMs = int64_t{1} << 61;  // from there on differences may overflow
  if (times.size() < 2 || times.front() < -kFarMs || times.back() > kFarMs) return 0;
  const int64_t period = times[1] - times[0];
  int64_t differs = 0;
  for (size_t i = 1; i < times.size(); ++i) differs |= times[i] - times[i - 1] - period;
  return differs == 0 ? period : 0;
}

TimeCut CutOf(const TimeRun& run, int64_t start_ms, int64_t end_ms) {
  if (!run.in_order) return {&run};
  const auto& times = run.times_ms;
  const auto first = std::lower_bound(times.begin(), times.end(), start_ms);
  const auto last = std::upper_bound(first, times.end(), end_ms);
  return {&run, static_cast<size_t>(first - times.begin()), static_cast<size_t>(last - first)};
}

}  // namespace

uint64_t HashOfColumns(std::span<const uint64_t> columns) {
  uint64_t hash = 0;
  for (const uint64_t column : columns) {
    hash = (hash ^ (column + 1)) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash * 0x9E3779B97F4A7C15;
}

TimeRuns::~TimeRuns() {
  Drop(newer_);
  Drop(older_);
}

void TimeRuns::Drop(Half& half) {
  budget_.Release(half.bytes);
  half = {};
}

TimeRunPtr TimeRuns::Find(uint64_t hash, std::span<const uint64_t> columns) {
  TimeRunPtr found;
  {
    std::shared_lock lock(mutex_);
    for (const Half* half : {&newer_, &older_}) {
      const auto known = half->runs.find(hash);
      if (known == half->runs.end() || !Same(known->second->columns, columns)) continue;
      if (half == &newer_) return known->second;
      found = known->second;
    }
  }
  if (found == nullptr) return found;
  std::unique_lock lock(mutex_);
  return Keep(hash, std::move(found));
}

TimeRunPtr TimeRuns::Put(uint64_t hash, TimeRun run) {
  auto made = std::make_shared<TimeRun>(std::move(run));
  if (made->in_order) made->period_ms = PeriodOf(made->times_ms);
  std::unique_lock lock(mutex_);
  if (budget_.Tight()) {
    Drop(newer_);
    Drop(older_);
    return made;
  }
  made->id = next_id_++;
  return Keep(hash, std::move(made));
}

TimeRunPtr TimeRuns::Keep(uint64_t hash, TimeRunPtr run) {
  const size_t bytes = BytesOf(*run);
  if (bytes > most_bytes_ / 2) return run;
  if (newer_.bytes + bytes > most_bytes_ / 2) {
    Drop(older_);
    older_ = std::exchange(newer_, {});
  }
  const auto [place, fresh] = newer_.runs.try_emplace(hash, run);
  if (!fresh)  // a run of other columns may have the same hash
    return Same(place->second->columns, run->columns) ? place->second : run;
  newer_.bytes += bytes;
  budget_.Reserve(bytes);
  return run;
}

const TimeCut* RecentTimeRuns::Put(uint64_t hash, TimeRunPtr run) {
  const TimeCut cut = CutOf(*run, start_ms_, end_ms_);
  if (run->id == 0) {
    passing_ = std::move(run);
    return &(passing_cut_ = cut);
  }
  size_t place = PlaceOf(hash);
  if (runs_[place] != nullptr) place ^= 1;
  hashes_[place] = hash;
  runs_[place] = std::move(run);
  return &(cuts_[place] = cut);
}

bool RecentTimeRuns::Same(const TimeRun& run, std::span<const uint64_t> columns) {
  return samples::Same(run.columns, columns);
}

}  // namespace pharos::samples
