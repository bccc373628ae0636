#include "samples/time_runs.h"

#include <algorithm>

#include "base/hash.h"
#include "samples/limits.h"

namespace pharos::samples {

base::Result<const TimeRun*> TimeRuns::Of(std::span<const uint64_t> columns,
                                          PartSeriesReader& reader) {
  const uint64_t key = columns.size() == 1
                           ? columns[0]
                           : base::HashBytes64({reinterpret_cast<const char*>(columns.data()),
                                                columns.size() * sizeof(uint64_t)});
  if (const auto known = runs_.find(key);
      known != runs_.end() && std::ranges::equal(known->second->columns, columns)) {
    return known->second.get();
  }
  if (bytes_ > kTimeRunBytes) {
    runs_.clear();
    bytes_ = 0;
  }
  auto run = std::make_unique<TimeRun>();
  run->id = next_id_++;
  run->columns.assign(columns.begin(), columns.end());
  std::vector<int64_t>& times = run->times_ms;
  for (const uint64_t column : columns) {
    PHAROS_TRY(const std::span<const int64_t> more, reader.Times(column));
    times.insert(times.end(), more.begin(), more.end());
  }
  times.erase(std::upper_bound(times.begin(), times.end(), end_ms_), times.end());
  const auto first = std::lower_bound(times.begin(), times.end(), start_ms_);
  run->before = static_cast<size_t>(first - times.begin());
  times.erase(times.begin(), first);
  bytes_ += sizeof(TimeRun) + 64 + times.size() * 8 + columns.size() * 8;
  return (runs_[key] = std::move(run)).get();
}

}  // namespace pharos::samples
