// The times of whole series: series that were scraped together share their columns, so these are
// put together once and not once a series and query, and what is worked out of the times (window
// bounds, say) once for all readers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/budget.h"

namespace pharos::samples {

/// The times of some float blocks of a series, one block behind the other.
struct TimeRun {
  uint64_t id = 0;                ///< from 1 up, never given twice; 0: not kept
  std::vector<uint64_t> columns;  ///< what it was made of, as the maker numbers them
  std::vector<int64_t> times_ms;
  int64_t period_ms = 0;  ///< from each time to the next; 0: not always the same
  bool in_order = true;   ///< false: blocks overlap in time, `times_ms` means nothing
};
using TimeRunPtr = std::shared_ptr<const TimeRun>;

/// The part of a run that lies within a query's range.
struct TimeCut {
  const TimeRun* run = nullptr;
  size_t before = 0;  ///< samples of the blocks that lie before the range
  size_t size = 0;
};

/// Hash of a list of columns.
uint64_t HashOfColumns(std::span<const uint64_t> columns);

/// What the queries of one engine keep for each other.
///
/// Owns: runs, at most `most_bytes` of them (none that takes half of it by itself), and less while
/// the budget is tight; those that no query asked for go first. Threads: any. Errors: none. Cost: a
/// shared lock and a hash look-up; see RecentTimeRuns.
class TimeRuns {
 public:
  TimeRuns(size_t most_bytes, base::MemoryBudget& budget)
      : most_bytes_(most_bytes), budget_(budget) {}
  TimeRuns(const TimeRuns&) = delete;
  TimeRuns& operator=(const TimeRuns&) = delete;
  ~TimeRuns();

  /// Null when it is not there.
  TimeRunPtr Find(uint64_t hash, std::span<const uint64_t> columns);
  /// Gives the run its id and keeps it, unless another reader was first: then that one is it.
  TimeRunPtr Put(uint64_t hash, TimeRun run);

 private:
  /// What was used since the half before it was full. By hash of the columns.
  struct Half {
    std::unordered_map<uint64_t, TimeRunPtr> runs;
    size_t bytes = 0;
  };
  TimeRunPtr Keep(uint64_t hash, TimeRunPtr run);
  void Drop(Half& half);

  const size_t most_bytes_;
  base::MemoryBudget& budget_;
  std::shared_mutex mutex_;
  Half newer_, older_;    // mutex_
  uint64_t next_id_ = 1;  // mutex_
};

/// The kept runs that one reader used last, and one that is not kept, each as far as it lies in the
/// reader's range. Threads: one. Cost: a comparison of the hash, then of the columns.
class RecentTimeRuns {
 public:
  RecentTimeRuns(int64_t start_ms, int64_t end_ms) : start_ms_(start_ms), end_ms_(end_ms) {}

  /// Null when it is not there.
  const TimeCut* Find(uint64_t hash, std::span<const uint64_t> columns) const {
    const size_t place = PlaceOf(hash);
    for (const size_t way : {place, place ^ 1}) {
      if (hashes_[way] == hash && runs_[way] != nullptr && Same(*runs_[way], columns))
        return &cuts_[way];
    }
    return nullptr;
  }
  /// Lives until the next call.
  const TimeCut* Put(uint64_t hash, TimeRunPtr run);

 private:
  static constexpr int kBits = 10;
  static size_t PlaceOf(uint64_t hash) { return hash >> (64 - kBits); }
  static bool Same(const TimeRun& run, std::span<const uint64_t> columns);

  const int64_t start_ms_, end_ms_;
  std::array<uint64_t, size_t{1} << kBits> hashes_{};
  std::array<TimeRunPtr, size_t{1} << kBits> runs_;
  std::array<TimeCut, size_t{1} << kBits> cuts_;
  TimeRunPtr passing_;
  TimeCut passing_cut_;
};

}  // namespace pharos::samples
