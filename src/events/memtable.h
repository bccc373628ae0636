// Recent events of one tenant and kind in the order of their arrival: WAL frames as they
// are, with the requests that their lines lie in, a row of 48 bytes for each record, and for each
// block of rows with trace ids a small hash from these to rows.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "base/held_text.h"
#include "base/large_memory.h"
#include "base/result.h"
#include "events/batch_codec.h"
#include "events/limits.h"
#include "events/record_codec.h"
#include "events/stable_vector.h"
#include "model/event.h"

namespace pharos::events {

struct MemRow {
  int64_t time_ns;
  const char* record;
  const char* line;  ///< where it does not stand in the record
  uint32_t length;
  uint32_t line_length;
  uint32_t stream : 31;
  uint32_t is_plain : 1;  ///< a log record of nothing but time, line and attribute set
  uint32_t origin;        ///< 1 + index into the memtable's origins, 0 for none
  uint32_t fingerprint;   ///< of the trace id, 0 without one
  uint32_t attributes;    ///< 1 + index into its attribute sets; 0: in the record

  std::string_view text() const { return {line, line_length}; }
};
static_assert(sizeof(MemRow) == 48);

/// Rows of a block by trace id. A chain only grows at its front, so readers may look while the
/// last block is still filled.
struct TraceChains {
  static constexpr size_t kHeads = 8192;
  std::array<std::atomic<uint16_t>, kHeads> heads{};  // 1 + row within the block
  std::array<uint16_t, kMemBlockRows> next{};
};

/// Times only widen, likewise.
struct MemBlock {
  std::atomic<int64_t> min_time{std::numeric_limits<int64_t>::max()};
  std::atomic<int64_t> max_time{std::numeric_limits<int64_t>::min()};
  std::atomic<TraceChains*> chains{nullptr};  // null until a row has a trace id
};

/// Rows of one stream that came one after the other.
struct MemRun {
  uint32_t first = 0;  ///< row number
  uint32_t rows = 0;
  uint32_t stream = 0;
  bool sorted = true;  ///< by time
  int64_t min_time = std::numeric_limits<int64_t>::max();
  int64_t max_time = std::numeric_limits<int64_t>::min();
};

/// A frame, and the text that lines of its records have their places in, if there is one.
struct Frame {
  base::HeldText bytes;
  base::HeldText text;
};

struct MemStream {
  model::Labels labels;
  std::atomic<int64_t> min_time{std::numeric_limits<int64_t>::max()};
  std::atomic<int64_t> max_time{std::numeric_limits<int64_t>::min()};
};

/// Never 0.
uint32_t Fingerprint(const model::TraceId& id);

/// Owns: its frames and rows; gives its bytes back to the budget when it dies. Threads: Insert
/// from any thread; readers take sizes() and then read rows, blocks, streams and origins below
/// them without a lock. Errors: Insert gives kCorrupt for records that are none.
/// Cost: Insert is a few tens of nanoseconds a row.
class Memtable {
 public:
  /// Rows lie in `memory`, which it uses while it grows.
  Memtable(base::MemoryBudget& budget, base::LargeMemory& memory)
      : budget_(budget), rows_(memory) {}
  ~Memtable() { budget_.Release(reserved_); }
  Memtable(const Memtable&) = delete;

  /// Adds the groups of `kind`; `frame` holds the bytes that `batch` points into.
  base::Result<void> Insert(const BatchView& batch, model::EventKind kind, const Frame& frame);

  struct Sizes {
    size_t rows = 0;
    size_t streams = 0;
  };
  Sizes sizes() const {
    std::lock_guard lock(mutex_);
    return {rows_.size(), streams_.size()};
  }
  const MemRow& row(size_t i) const { return rows_[i]; }
  const MemBlock& block(size_t i) const { return blocks_[i]; }
  const MemStream& stream(size_t i) const { return streams_[i]; }
  /// All rows, in their order. Only where nothing is inserted any more.
  const std::vector<MemRun>& runs() const { return runs_; }
  const model::Origin* origin(uint32_t number) const {
    return number == 0 ? nullptr : origins_[number - 1];
  }
  AttributeSet attribute_set(uint32_t number) const {
    return number == 0 ? AttributeSet() : attribute_sets_[number - 1];
  }
  RecordView View(const MemRow& row) const {
    return {{row.record, row.length}, row.text(), attribute_set(row.attributes)};
  }
  /// True once a row has an id of any kind. Exact where nothing is inserted any more.
  bool has_ids() const { return has_ids_.load(std::memory_order_relaxed); }
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  /// False for bytes that are no labels.
  bool FindStream(std::string_view labels, uint32_t* number);
  /// 0 for bytes that are none.
  uint32_t OriginOf(std::string_view bytes);
  uint32_t AttributeSetOf(std::string_view bytes);
  /// A frame on its way in. Numbers are those here, 0 where they are not known yet.
  struct Arriving {
    const BatchView& batch;
    std::string_view text;
    std::vector<uint32_t> origins;
    std::vector<uint32_t> attribute_sets;
  };
  /// False for records that are none.
  bool InsertGroup(const BatchView::Group& group, Arriving& from);
  bool InsertRow(std::string_view record, MemRun& run, Arriving& from);
  bool InsertAnyRow(std::string_view record, MemRun& run, Arriving& from);
  /// A new row of the run; all of it is still to be set.
  MemRow& NewRow(int64_t time_ns, MemRun& run);
  /// Puts the last row into its block's chains.
  void Chain(const MemRow& row);
  /// The batch's set of attributes as it is numbered here.
  bool FindSet(uint64_t shared, Arriving& from, uint32_t* number);
  /// Notes the run of rows that have just come.
  void Note(const MemRun& run);
  void AccountBytes();

  base::MemoryBudget& budget_;
  mutable std::mutex mutex_;  // guards all below; readers see StableVector
  StableVector<MemRow, 12> rows_;
  StableVector<MemBlock, 4> blocks_;
  std::vector<std::unique_ptr<TraceChains>> chains_;
  std::vector<MemRun> runs_;
  StableVector<MemStream, 4> streams_;
  StableVector<const model::Origin*, 4> origins_;
  StableVector<AttributeSet, 4> attribute_sets_;
  std::unordered_map<std::string_view, uint32_t, base::StringHasher> stream_index_;
  std::unordered_map<std::string_view, uint32_t, base::StringHasher> origin_index_;
  std::unordered_map<std::string_view, uint32_t, base::StringHasher> attribute_set_index_;
  base::Arena arena_;
  std::vector<Frame> frames_;
  size_t payload_bytes_ = 0;
  size_t reserved_ = 0;
  std::atomic<size_t> bytes_{0};
  std::atomic<bool> has_ids_{false};
};

}  // namespace pharos::events
