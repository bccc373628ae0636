#include "samples/raw_cache.h"

#include <vector>

namespace pharos::samples {
namespace {

constexpr size_t kFirstSlots = 1024;

uint64_t Pack(store::SeriesHandle h) { return uint64_t{h.epoch} << 32 | h.index; }
store::SeriesHandle Unpack(uint64_t word) {
  return {static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32)};
}
/// A low word of 0 marks a free slot.
uint64_t KeyWord(base::Hash128 key) { return key.low == 0 ? 1 : key.low; }

}  // namespace

/// Open addressing, linear probing, never more than 3/5 full. A slot is written handle first
/// and low word last, so that a reader who sees the low word sees the rest.
struct RawTable {
  struct Slot {
    std::atomic<uint64_t> low{0}, high{0}, handle{0};
  };

  RawTable(size_t slots, base::MemoryBudget& b) : budget(b), all(slots) {
    budget.Reserve(all.size() * sizeof(Slot));
  }
  ~RawTable() { budget.Release(all.size() * sizeof(Slot)); }

  size_t mask() const { return all.size() - 1; }

  std::optional<store::SeriesHandle> Find(base::Hash128 key) const {
    const uint64_t low = KeyWord(key);
    for (size_t at = low & mask();; at = (at + 1) & mask()) {
      const Slot& slot = all[at];
      const uint64_t here = slot.low.load(std::memory_order_acquire);
      if (here == 0) return std::nullopt;
      if (here == low && slot.high.load(std::memory_order_relaxed) == key.high) {
        return Unpack(slot.handle.load(std::memory_order_relaxed));
      }
    }
  }

  void Put(uint64_t low, uint64_t high, uint64_t handle) {
    for (size_t at = low & mask();; at = (at + 1) & mask()) {
      Slot& slot = all[at];
      const uint64_t here = slot.low.load(std::memory_order_relaxed);
      if (here != 0 && (here != low || slot.high.load(std::memory_order_relaxed) != high)) continue;
      slot.handle.store(handle, std::memory_order_relaxed);
      if (here == 0) {
        slot.high.store(high, std::memory_order_relaxed);
        slot.low.store(low, std::memory_order_release);
        ++used;
      }
      return;
    }
  }

  base::MemoryBudget& budget;
  std::vector<Slot> all;
  size_t used = 0;
};

std::optional<store::SeriesHandle> RawCache::Reader::Find(base::Hash128 key) {
  if (cache_->version_.load(std::memory_order_acquire) != version_) {
    std::lock_guard lock(cache_->mutex_);
    table_ = cache_->table_;
    version_ = cache_->version_.load(std::memory_order_relaxed);
  }
  return table_ != nullptr ? table_->Find(key) : std::nullopt;
}

void RawCache::Remember(base::Hash128 key, store::SeriesHandle handle) {
  std::lock_guard lock(mutex_);
  if (table_ == nullptr) {
    table_ = std::make_shared<RawTable>(kFirstSlots, budget_);
    ++version_;
  }
  if (table_->used + 1 > table_->all.size() / 5 * 3) {
    if (budget_.Tight()) return;
    auto larger = std::make_shared<RawTable>(table_->all.size() * 2, budget_);
    for (const RawTable::Slot& slot : table_->all) {
      if (slot.low.load() != 0) larger->Put(slot.low.load(), slot.high.load(), slot.handle.load());
    }
    table_ = std::move(larger);
    ++version_;
  }
  table_->Put(KeyWord(key), key.high, Pack(handle));
}

void RawCache::Clear() {
  std::lock_guard lock(mutex_);
  table_ = nullptr;
  ++version_;
}

}  // namespace pharos::samples
