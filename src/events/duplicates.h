// Finds events that were sent twice, in any sequence sorted by stream and time or by time
// and stream.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "model/event.h"

namespace pharos::events {

/// Equal for events that are equal in all but the time at which they were observed.
base::Hash128 ContentHash(const model::Event& event);

/// Owns: what the events at the current stream and time look like. Threads: one.
/// Cost: nothing but two comparisons while times differ; for each of equal time a hash of its ids
/// and line, and of all of it only where one before has the same.
class DuplicateFilter {
 public:
  /// True when an event equal to this one was seen in the current run of events of one stream
  /// and time. `event` must live until the run ends or Settle. `same_stream`: it is of the same
  /// stream as the event of the call before.
  bool Seen(const model::Event& event, bool same_stream) {
    if (!same_stream || event.time_ns != time_ns_) {
      time_ns_ = event.time_ns;
      if (!seen_.empty()) Clear();
      first_ = &event;
      return false;
    }
    return SeenInRun(event);
  }
  /// Lets go of the events so far.
  void Settle();

 private:
  struct Known {
    uint64_t key = 0;
    const model::Event* event = nullptr;  // null once `content` is there
    base::Hash128 content{};

    const base::Hash128& Content();
  };
  bool SeenInRun(const model::Event& event);
  Known* Find(uint64_t key);
  /// Keeps an event whose key is a new one.
  void Keep(uint64_t key, const model::Event& event);
  void KeepFirst();
  void Clear();

  int64_t time_ns_ = 0;
  const model::Event* first_ = nullptr;            // of the run, while there is no other
  std::vector<Known> seen_;                        // no two with one key
  std::unordered_map<uint64_t, uint32_t> by_key_;  // places in seen_, where these are many
  std::unordered_set<base::Hash128, base::Hash128Hasher> others_;  // whose key was there
};

}  // namespace pharos::events
