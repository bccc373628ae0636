// Decoded time columns of one part, kept while a query reads it: series that were scraped
// together share their columns, so these are decoded once and not once a series.
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

/// Owns: decoded columns, at most kTimeRunBytes of them. Threads: one. Errors: kCorrupt names
/// the part. Cost: a hash look-up a series where the columns are known.
class TimeRuns {
 public:
  TimeRuns(std::shared_ptr<Part> part, int64_t start_ms, int64_t end_ms)
      : part_(std::move(part)), start_ms_(start_ms), end_ms_(end_ms) {}

  /// How many values a block of this column has, and between which times.
  struct Shape {
    size_t count = 0;
    int64_t first_ms = 0, last_ms = 0;
  };
  base::Result<Shape> ShapeOf(uint64_t column);
  /// Lives until the next call of either method. Not empty columns, in the order of time.
  base::Result<const TimeRun*> RunOf(std::span<const uint64_t> columns);
  /// All times of one column, appended.
  base::Result<void> Decode(uint64_t column, std::vector<int64_t>* out);

 private:
  base::Result<std::string_view> Bytes(uint64_t column);
  base::Error Corrupt() const;
  void MakeRoom();

  std::shared_ptr<Part> part_;
  const int64_t start_ms_, end_ms_;
  PageCache::Page page_;
  uint32_t page_number_ = 0;
  std::unordered_map<uint64_t, Shape> shapes_;
  std::unordered_map<uint64_t, std::unique_ptr<TimeRun>> runs_;  // by hash of the columns
  uint64_t next_id_ = 1;
  size_t bytes_ = 0;
};

}  // namespace pharos::samples
