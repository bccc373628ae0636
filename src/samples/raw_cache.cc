#include "samples/raw_cache.h"

#include <algorithm>
#include <memory>

#include "base/pages.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

constexpr size_t kFirstSlots = 1024;

/// A low word of 0 marks a free slot.
uint64_t KeyWord(base::Hash128 key) { return key.low == 0 ? 1 : key.low; }

constexpr uint64_t kTagBits = ~uint64_t{0} << (32 + kEpochBits);

uint64_t RestOf(store::SeriesHandle handle, base::Hash128 key) {
  return (key.high & kTagBits) | uint64_t{handle.epoch} << 32 | handle.index;
}
store::SeriesHandle HandleOf(uint64_t rest) {
  return {static_cast<uint32_t>(rest), static_cast<uint32_t>((rest & ~kTagBits) >> 32)};
}

}  // namespace

/// Open addressing, linear probing, never more than 4/5 full. A slot holds 72 bits of the hash
/// and the handle, whose epoch has 24 bits. It is written second word first, so that a reader
/// who sees the first sees both.
struct RawTable {
  struct Slot {
    std::atomic<uint64_t> low{0};
    std::atomic<uint64_t> rest{0};  ///< index, epoch, 8 bits of the high word
  };

  RawTable(size_t slots, base::MemoryBudget& b)
      : budget(b), pages(slots * sizeof(Slot)), all(reinterpret_cast<Slot*>(pages.data()), slots) {
    std::uninitialized_value_construct(all.begin(), all.end());
    budget.Reserve(all.size_bytes());
  }
  ~RawTable() { budget.Release(all.size_bytes()); }

  size_t mask() const { return all.size() - 1; }

  void Prefetch(base::Hash128 key) const { __builtin_prefetch(&all[KeyWord(key) & mask()]); }

  std::optional<store::SeriesHandle> Find(base::Hash128 key) const {
    const uint64_t low = KeyWord(key);
    for (size_t at = low & mask();; at = (at + 1) & mask()) {
      const Slot& slot = all[at];
      const uint64_t here = slot.low.load(std::memory_order_acquire);
      if (here == 0) return std::nullopt;
      if (here != low) continue;
      const uint64_t rest = slot.rest.load(std::memory_order_relaxed);
      if (((rest ^ key.high) & kTagBits) == 0) return HandleOf(rest);
    }
  }

  void Put(uint64_t low, uint64_t rest) {
    for (size_t at = low & mask();; at = (at + 1) & mask()) {
      Slot& slot = all[at];
      const uint64_t here = slot.low.load(std::memory_order_relaxed);
      const uint64_t old = slot.rest.load(std::memory_order_relaxed);
      if (here != 0 && (here != low || ((old ^ rest) & kTagBits) != 0)) continue;
      slot.rest.store(rest, std::memory_order_relaxed);
      if (here == 0) {
        slot.low.store(low, std::memory_order_release);
        ++used;
      }
      return;
    }
  }

  base::MemoryBudget& budget;
  base::Pages pages;
  std::span<Slot> all;
  size_t used = 0;
};

void RawCache::Reader::TakeNewest() {
  if (cache_->version_.load(std::memory_order_acquire) == version_) return;
  std::lock_guard lock(cache_->mutex_);
  table_ = cache_->table_;
  version_ = cache_->version_.load(std::memory_order_relaxed);
}

std::optional<store::SeriesHandle> RawCache::Reader::Find(base::Hash128 key) {
  TakeNewest();
  return table_ != nullptr ? table_->Find(key) : std::nullopt;
}

void RawCache::Reader::Prefetch(base::Hash128 key) const {
  if (table_ != nullptr) table_->Prefetch(key);
}

void RawCache::Reader::FindAll(std::span<const base::Hash128> keys,
                               std::span<std::optional<store::SeriesHandle>> found) {
  TakeNewest();
  if (table_ == nullptr) return std::fill(found.begin(), found.end(), std::nullopt);
  for (size_t i = 0; i < keys.size(); ++i) found[i] = table_->Find(keys[i]);
}

void RawCache::Remember(base::Hash128 key, store::SeriesHandle handle) {
  std::lock_guard lock(mutex_);
  if (table_ == nullptr) {
    table_ = std::make_shared<RawTable>(kFirstSlots, budget_);
    ++version_;
  }
  if (table_->used + 1 > table_->all.size() / 5 * 4) {
    if (budget_.Tight()) return;
    auto larger = std::make_shared<RawTable>(table_->all.size() * 2, budget_);
    for (const RawTable::Slot& slot : table_->all) {
      if (slot.low.load() != 0) larger->Put(slot.low.load(), slot.rest.load());
    }
    table_ = std::move(larger);
    ++version_;
  }
  table_->Put(KeyWord(key), RestOf(handle, key));
}

void RawCache::Clear() {
  std::lock_guard lock(mutex_);
  table_ = nullptr;
  ++version_;
}

}  // namespace pharos::samples
