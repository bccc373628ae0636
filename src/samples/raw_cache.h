// From the hash of a request's raw label bytes to the series' handle, so that a known series
// is found without parsing a label. A cache: entries may be forgotten, and a stale handle is
// found out at Append.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "base/budget.h"
#include "base/hash.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: its table; a Reader shares it. Threads: any. Lookups take no lock; Remember and
/// Clear do. Errors: none; when the budget is tight nothing more is remembered.
/// Cost: a look-up is about one cache miss; 20 to 40 bytes an entry.
class RawCache {
 public:
  explicit RawCache(base::MemoryBudget& budget) : budget_(budget) {}

  /// One thread's view of the table; takes a newer one when there is one.
  class Reader {
   public:
    explicit Reader(RawCache& cache) : cache_(&cache) {}
    std::optional<store::SeriesHandle> Find(base::Hash128 key);
    /// Fetches what Find will look at.
    void Prefetch(base::Hash128 key) const;
    void FindAll(std::span<const base::Hash128> keys,
                 std::span<std::optional<store::SeriesHandle>> found);

   private:
    void TakeNewest();

    RawCache* cache_;
    uint64_t version_ = 0;
    std::shared_ptr<struct RawTable> table_;
  };

  void Remember(base::Hash128 key, store::SeriesHandle handle);
  /// Forgets everything (handles went stale).
  void Clear();

 private:
  base::MemoryBudget& budget_;
  std::mutex mutex_;
  std::atomic<uint64_t> version_{1};
  std::shared_ptr<struct RawTable> table_;
};

}  // namespace pharos::samples
