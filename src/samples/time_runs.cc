#include "samples/time_runs.h"

#include "samples/limits.h"

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

}  // namespace

uint64_t HashOfColumns(std::span<const uint64_t> columns) {
  uint64_t hash = 0;
  for (const uint64_t column : columns) {
    hash = (hash ^ (column + 1)) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash * 0x9E3779B97F4A7C15;
}

TimeRunPtr TimeRuns::Find(uint64_t hash, std::span<const uint64_t> columns) const {
  std::lock_guard lock(mutex_);
  const auto known = runs_.find(hash);
  if (known == runs_.end() || !Same(known->second->columns, columns)) return nullptr;
  return known->second;
}

TimeRunPtr TimeRuns::Put(uint64_t hash, TimeRun run) {
  const size_t bytes = sizeof(TimeRun) + 96 + run.times_ms.size() * 8 + run.columns.size() * 8;
  auto made = std::make_shared<TimeRun>(std::move(run));
  std::lock_guard lock(mutex_);
  if (bytes_ + bytes > kTimeRunBytes) return made;
  const auto [place, fresh] = runs_.try_emplace(hash, made);
  if (!fresh)  // a run of other columns may have the same hash
    return Same(place->second->columns, made->columns) ? place->second : made;
  made->id = next_id_++;
  bytes_ += bytes;
  return made;
}

bool RecentTimeRuns::Same(const TimeRun& run, std::span<const uint64_t> columns) {
  return samples::Same(run.columns, columns);
}

}  // namespace pharos::samples
