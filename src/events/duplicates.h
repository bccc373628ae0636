// Finds events that were sent twice, in any sequence sorted by stream and time or by time
// and stream.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "base/hash.h"
#include "model/event.h"

namespace pharos::events {

/// Equal for events that are equal in all but the time at which they were observed.
base::Hash128 ContentHash(const model::Event& event);

/// Owns: hashes of the events at the current stream and time. Threads: one.
/// Cost: nothing but two comparisons while times differ; a hash for each of equal time.
class DuplicateFilter {
 public:
  /// True when an event equal to this one was seen in the current run of events of one stream
  /// and time. `event` must live until the next call or Settle. `same_stream`: it is of the same
  /// stream as the event of the call before.
  bool Seen(const model::Event& event, bool same_stream) {
    if (!same_stream || event.time_ns != time_ns_) {
      time_ns_ = event.time_ns;
      if (!hashes_.empty()) hashes_.clear();
      pending_ = &event;
      return false;
    }
    Settle();
    return !hashes_.insert(ContentHash(event)).second;
  }
  /// Lets go of the event of the last call.
  void Settle() {
    if (pending_ != nullptr) hashes_.insert(ContentHash(*pending_));
    pending_ = nullptr;
  }

 private:
  int64_t time_ns_ = 0;
  const model::Event* pending_ = nullptr;
  std::unordered_set<base::Hash128, base::Hash128Hasher> hashes_;
};

}  // namespace pharos::events
