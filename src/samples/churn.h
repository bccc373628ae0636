// How many series of each metric appeared in the last hour. Counted as they are made, since
// nothing on disk says when a series began; so a restart begins to count anew.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pharos::samples {

/// Owns: twelve counters a metric that had new series lately. Threads: any. Errors: none.
/// Cost: a look-up a new series.
class Churn {
 public:
  void Add(std::string_view metric, int64_t now_ms);
  /// Metric → new series within the last hour (five minutes precise).
  std::map<std::string, uint64_t, std::less<>> LastHour(int64_t now_ms) const;

 private:
  static constexpr int64_t kSlotMs = 5 * 60 * 1000;
  static constexpr size_t kSlots = 12;
  struct Counts {
    std::array<uint32_t, kSlots> slots{};
  };
  /// Empties slots that are older than an hour, and forgets metrics that have none.
  void Turn(int64_t now_ms);

  mutable std::mutex mutex_;
  std::map<std::string, Counts, std::less<>> metrics_;  // mutex_
  int64_t slot_ = 0;                                    // mutex_; of the newest count
};

}  // namespace pharos::samples
