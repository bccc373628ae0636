// One shard's series: slots that handles point to, and the look-up by identity.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/pages.h"
#include "store/samples.h"

namespace pharos::samples {

struct MemSeries;

/// A series that is in memory: one cache line, all that an append needs beside the tail of
/// its stream. Its labels live until it is removed.
struct alignas(64) Series {
  int64_t last_ms = INT64_MIN;         ///< newest sample
  uint64_t last_bits = 0;              ///< its value, for telling duplicates
  char* tail = nullptr;                ///< end of its stream in the newest generation
  MemSeries* mem = nullptr;            ///< newest generation's; valid while that lives
  std::unique_ptr<uint32_t[]> labels;  ///< how many, then their numbers in the label index
  uint32_t last_step_ms = 0;           ///< see StreamPoint
  uint32_t mem_generation = 0;
  uint32_t epoch = 0;     ///< rises when the slot is given up
  uint32_t declared = 0;  ///< WAL generation in which its labels were logged
  uint32_t index = 0;     ///< of the handle: slot and shard
  uint8_t exponent = 0;   ///< see PutSample
  bool last_is_histogram : 1 = false;
  bool live : 1 = false;
  bool stream_open : 1 = false;  ///< the stream's newest sample is the series' newest
  bool has_starts : 1 = false;   ///< in the newest generation

  std::span<const uint32_t> pairs() const {
    if (labels == nullptr) return {};
    return {labels.get() + 1, labels[0]};
  }
  void SetPairs(std::span<const uint32_t> numbers);
};
static_assert(sizeof(Series) == 64);

/// Owns: the series. Threads: under the shard's lock. Errors: none. Cost: Find is one probe
/// in most cases; slots never move.
class SeriesTable {
 public:
  SeriesTable(uint32_t shard, uint32_t shard_bits) : shard_(shard), shard_bits_(shard_bits) {}
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  /// The living series of the handle, or null.
  Series* Get(store::SeriesHandle handle) {
    Series* series = At(handle.index);
    return series != nullptr && series->epoch == handle.epoch ? series : nullptr;
  }
  /// The living series in that slot, whatever its epoch, or null.
  Series* At(uint32_t index) {
    const uint32_t slot = index >> shard_bits_;
    if (slot >= slots_) return nullptr;
    Series& series = Slot(slot);
    return series.live && series.index == index ? &series : nullptr;
  }
  /// Where the series of that index is, if there is one: worth fetching ahead of its use.
  const Series* Place(uint32_t index) {
    const uint32_t slot = index >> shard_bits_;
    return slot < slots_ ? &Slot(slot) : nullptr;
  }
  /// By identity, and for which `same` holds; null when it is not there.
  template <class Same>
  Series* Find(base::Hash128 id, Same same) {
    if (probe_.empty()) return nullptr;
    const size_t mask = probe_.size() - 1;
    const uint32_t tag = TagOf(id);
    for (size_t at = tag & mask; probe_[at].slot != kEmpty; at = (at + 1) & mask) {
      if (probe_[at].tag != tag) continue;
      Series& series = Slot(probe_[at].slot);
      if (same(series)) return &series;
    }
    return nullptr;
  }
  /// Makes one that Find did not find; it has no labels yet.
  Series* Add(base::Hash128 id);
  /// Takes out each series for which `gone` holds and returns their indexes. They are given to
  /// other series only after the next call: until then the caller forgets them elsewhere (label
  /// index, records on their way to the WAL) without holding the lock.
  template <class Gone>
  std::vector<uint32_t> RemoveIf(Gone gone) {
    free_.insert(free_.end(), retired_.begin(), retired_.end());
    retired_.clear();
    std::vector<uint32_t> removed;
    for (uint32_t slot = 0; slot < slots_; ++slot) {
      Series& series = Slot(slot);
      if (!series.live || !gone(series)) continue;
      removed.push_back(series.index);
      Free(series, slot);
    }
    if (!removed.empty()) Rebuild();
    return removed;
  }
  size_t size() const { return size_; }

 private:
  static constexpr uint32_t kSlab = 1024;
  static constexpr size_t kSlabBytes = kSlab * sizeof(Series);
  static constexpr uint32_t kEmpty = UINT32_MAX;

  /// Of the look-up by identity.
  struct Probe {
    uint32_t slot = kEmpty;
    uint32_t tag = 0;  ///< of the identity; its low bits are where the search starts
  };
  static uint32_t TagOf(base::Hash128 id) { return static_cast<uint32_t>(id.low >> 8); }

  Series& Slot(uint32_t slot) { return slabs_[slot / kSlab][slot % kSlab]; }
  void AddSlab();
  void Free(Series& series, uint32_t slot);
  /// Leaves out what is not alive.
  void Rebuild();
  void Grow();
  void Link(uint32_t tag, uint32_t slot);

  const uint32_t shard_, shard_bits_;
  std::vector<Series*> slabs_;
  std::vector<base::Pages> blocks_;  // of slabs: one, later as many as a huge page holds
  char* free_slab_ = nullptr;        // in the newest block
  std::vector<uint32_t> free_;
  std::vector<uint32_t> retired_;  // free after the next RemoveIf
  std::vector<Probe> probe_;       // open addressing by tag
  uint32_t slots_ = 0;
  size_t size_ = 0;
};

}  // namespace pharos::samples
