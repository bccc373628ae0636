// The times of whole series within a query's range, kept while the query reads them: series that
// were scraped together share their columns, so these are put together once and not once a
// series, and what is worked out of the times (window bounds, say) once for all readers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace pharos::samples {

/// The times of a series' float blocks within a range, one behind the other.
struct TimeRun {
  uint64_t id = 0;                ///< from 1 up, never given twice by one TimeRuns; 0: not kept
  std::vector<uint64_t> columns;  ///< what it was made of, as the maker numbers them
  std::vector<int64_t> times_ms;  ///< those in the range
  size_t before = 0;              ///< samples of the blocks that lie before the range
  bool in_order = true;           ///< false: blocks overlap in time, `times_ms` means nothing
};
using TimeRunPtr = std::shared_ptr<const TimeRun>;

/// Hash of a list of columns.
uint64_t HashOfColumns(std::span<const uint64_t> columns);

/// Owns: runs, about kTimeRunBytes of them; what comes later is not kept. Threads: any. Errors:
/// none. Cost: a lock and a hash look-up; see RecentTimeRuns.
class TimeRuns {
 public:
  TimeRunPtr Find(uint64_t hash, std::span<const uint64_t> columns) const;
  /// Gives the run its id and keeps it, unless another reader was first: then that one is it.
  TimeRunPtr Put(uint64_t hash, TimeRun run);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, TimeRunPtr> runs_;  // mutex_; by hash of the columns
  uint64_t next_id_ = 1;
  size_t bytes_ = 0;
};

/// The kept runs that one reader used last, and one that is not kept. Threads: one. Cost: a
/// comparison of the hash, then of the columns.
class RecentTimeRuns {
 public:
  /// Null when it is not there.
  const TimeRun* Find(uint64_t hash, std::span<const uint64_t> columns) const {
    const size_t place = PlaceOf(hash);
    for (const size_t way : {place, place ^ 1}) {
      if (hashes_[way] == hash && runs_[way] != nullptr && Same(*runs_[way], columns))
        return runs_[way].get();
    }
    return nullptr;
  }
  /// Lives until the next call.
  const TimeRun* Put(uint64_t hash, TimeRunPtr run) {
    if (run->id == 0) return (passing_ = std::move(run)).get();
    size_t place = PlaceOf(hash);
    if (runs_[place] != nullptr) place ^= 1;
    hashes_[place] = hash;
    return (runs_[place] = std::move(run)).get();
  }

 private:
  static constexpr int kBits = 10;
  static size_t PlaceOf(uint64_t hash) { return hash >> (64 - kBits); }
  static bool Same(const TimeRun& run, std::span<const uint64_t> columns);

  std::array<uint64_t, size_t{1} << kBits> hashes_{};
  std::array<TimeRunPtr, size_t{1} << kBits> runs_;
  TimeRunPtr passing_;
};

}  // namespace pharos::samples
