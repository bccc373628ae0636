// The streams that got events lately, so that new ones can be told from known ones.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/hash.h"
#include "model/labels.h"

namespace pharos::events {

/// Owns: a hash a stream. Threads: any; one short lock a stream and batch.
class StreamRegistry {
 public:
  /// True when the stream is known, or may become so.
  bool Admit(const model::Labels& labels, uint64_t generation, bool allow_new, size_t most) {
    const base::Hash128 hash = labels.Hash();
    std::lock_guard lock(mutex_);
    const auto it = last_seen_.find(hash);
    if (it != last_seen_.end()) {
      it->second = generation;
      return true;
    }
    if (!allow_new || last_seen_.size() >= most) return false;
    last_seen_.emplace(hash, generation);
    return true;
  }
  /// Forgets streams that were last seen before `generation`.
  void Forget(uint64_t generation) {
    std::lock_guard lock(mutex_);
    std::erase_if(last_seen_, [&](const auto& entry) { return entry.second < generation; });
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return last_seen_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<base::Hash128, uint64_t, base::Hash128Hasher> last_seen_;
};

}  // namespace pharos::events
