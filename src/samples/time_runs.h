// The times of whole series of one part within a query's range, kept while the query reads it:
// series that were scraped together share their columns, so these are put together once and
// not once a series.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "samples/part.h"

namespace pharos::samples {

/// The times of a series' blocks within a range, one behind the other.
struct TimeRun {
  uint64_t id = 0;                ///< from 1 up, never given twice by one TimeRuns
  std::vector<uint64_t> columns;  ///< what it was made of
  std::vector<int64_t> times_ms;  ///< those in the range
  size_t before = 0;              ///< samples of the blocks that lie before the range
};

/// Owns: runs, about kTimeRunBytes of them. Threads: one. Errors: as the reader. Cost: a hash
/// look-up a series where the columns are known.
class TimeRuns {
 public:
  TimeRuns(int64_t start_ms, int64_t end_ms) : start_ms_(start_ms), end_ms_(end_ms) {}

  /// Lives until the next call. Columns in the order of time.
  base::Result<const TimeRun*> Of(std::span<const uint64_t> columns, PartSeriesReader& reader);

 private:
  const int64_t start_ms_, end_ms_;
  std::unordered_map<uint64_t, std::unique_ptr<TimeRun>> runs_;  // by hash of the columns
  uint64_t next_id_ = 1;
  size_t bytes_ = 0;
};

}  // namespace pharos::samples
