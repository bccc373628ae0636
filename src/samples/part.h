// One sealed part, open for reading: footer and head in memory, the label index when it is
// needed, pages by way of the cache.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/manifest.h"
#include "io/part_file.h"
#include "samples/block_summary.h"
#include "samples/page_cache.h"
#include "samples/part_format.h"
#include "samples/part_index.h"
#include "samples/tombstones.h"
#include "store/samples.h"

namespace pharos::samples {

class HiddenSamples;

/// Owns: the open file; the directory too once it is obsolete (removed with the last user).
/// Threads: any. Errors: kCorrupt names the part; a part that did not open answers every read
/// with the reason, so that only queries that touch it fail.
class Part {
 public:
  /// Never null: a part that cannot be opened is broken(), not missing. With `known` (it was
  /// just written) a failure to open is only passing: each read tries again.
  static std::shared_ptr<Part> Open(io::Fs& fs, const std::string& data_dir, io::PartEntry entry,
                                    PageCache& cache, base::MemoryBudget& budget,
                                    const PartInfo* known = nullptr);
  ~Part();

  const io::PartEntry& entry() const { return entry_; }
  const PartInfo& info() const { return info_; }
  /// Unique in the process.
  uint64_t id() const { return cache_id_; }
  bool broken() const { return broken_.load(); }
  bool Overlaps(int64_t start_ms, int64_t end_ms) const {
    return entry_.min_time <= end_ms && entry_.max_time >= start_ms;
  }

  base::Result<std::shared_ptr<const PartIndex>> Index();
  /// Its distinct labels alone, into `out`; how many pages its list of series has.
  base::Result<uint32_t> LoadPairs(PairList* out);
  /// The tombstones that concern it; they replace those of before.
  void SetTombstones(Tombstones concerning);
  bool has_tombstones();
  /// What of it is deleted; null when nothing is. `index` is the part's.
  std::shared_ptr<const HiddenSamples> Hidden(const PartIndex& index);
  /// Gives the index back; returns its bytes. For when memory is short.
  size_t DropIndex();
  size_t index_bytes();
  uint64_t last_use() const { return last_use_.load(); }

  /// A page, from the cache when `cached`.
  base::Result<PageCache::Page> ReadPage(std::string_view section, uint32_t page, bool cached);

  base::Result<std::vector<std::pair<std::string, model::Metadata>>> Metadata();
  base::Result<void> Verify();

  /// Remembers an error found while reading, so that merging leaves the part alone.
  void MarkBroken(const base::Error& error);
  /// The MANIFEST lists it no more: the directory goes when the last reader does.
  void MarkObsolete() { obsolete_ = true; }
  /// "part <path>: " in front.
  base::Error Named(base::Error error) const;

 private:
  Part(io::Fs& fs, std::string directory, io::PartEntry entry, PageCache& cache,
       base::MemoryBudget& budget);
  using FilePtr = std::shared_ptr<const io::PartReader>;
  base::Result<FilePtr> OpenFile(PartInfo* info) const;
  /// The open file; opens it again where that may help.
  base::Result<FilePtr> File();
  base::Result<FilePtr> FileLocked();

  io::Fs& fs_;
  const std::string directory_;
  const io::PartEntry entry_;
  const uint64_t cache_id_;
  PageCache& cache_;
  base::MemoryBudget& budget_;
  PartInfo info_;
  std::mutex mutex_;
  FilePtr file_;                                 // mutex_
  std::shared_ptr<const PartIndex> index_;       // mutex_
  std::optional<base::Error> open_error_;        // mutex_; why file_ is null
  Tombstones tombstones_;                        // mutex_
  std::shared_ptr<const HiddenSamples> hidden_;  // mutex_; made of tombstones_ when needed
  std::atomic<bool> broken_{false};
  std::atomic<uint64_t> last_use_{0};
  std::atomic<bool> obsolete_{false};
};

/// One block of a series, as its head tells.
struct PartBlock {
  BlockSummary summary;  ///< skimmed; DecodeSummary of `head` tells the rest
  /// Which time column it has. Blocks of one part with the same column have the same times, so
  /// that what was computed of the times (window bounds, say) holds for all of them.
  uint64_t column = 0;
  uint32_t page = 0;    ///< data page of its body
  uint32_t offset = 0;  ///< in the page
  uint32_t bytes = 0;   ///< of the body
  uint8_t flags = 0;
  int64_t one_start = 0;
  std::string_view head;  ///< as it is stored; valid until the reader's next Blocks or Read
};

/// Reads series of one part, best in rising order. Read leaves out what was deleted when the
/// reader was made; who takes blocks asks hidden() first.
///
/// Owns: the pages it stands on, and time columns that Times decoded. Threads: one. Errors: as
/// Part. Cost: a page look-up when the page changes; Blocks reads heads only, which lie apart from
/// the values; Decode about a nanosecond a sample.
class PartSeriesReader {
 public:
  PartSeriesReader(std::shared_ptr<Part> part, std::shared_ptr<const PartIndex> index, bool cached)
      : part_(std::move(part)),
        index_(std::move(index)),
        hidden_(part_->Hidden(*index_)),
        cached_(cached) {}
  /// Of a part of which nothing is deleted, for who knows the places of its series.
  explicit PartSeriesReader(std::shared_ptr<Part> part) : part_(std::move(part)), cached_(false) {}

  const PartIndex& index() const { return *index_; }
  Part& part() const { return *part_; }
  /// What is left out; null for nothing. Blocks and their summaries do not know of it: of a series
  /// that it Touches, take Read.
  const HiddenSamples* hidden() const { return hidden_.get(); }

  /// The series' blocks that have samples within [start_ms, end_ms], in `out` (cleared first):
  /// float blocks in order of time, then histogram blocks in order of time. They do not overlap.
  base::Result<void> Blocks(uint32_t series, int64_t start_ms, int64_t end_ms,
                            std::vector<PartBlock>* out) {
    return Blocks(index_->place(series), start_ms, end_ms, out);
  }
  base::Result<void> Blocks(const SeriesPlace& place, int64_t start_ms, int64_t end_ms,
                            std::vector<PartBlock>* out) {
    out->clear();
    return AppendBlocks(place, start_ms, end_ms, out);
  }
  /// The same behind what is in `out` already.
  base::Result<void> AppendBlocks(uint32_t series, int64_t start_ms, int64_t end_ms,
                                  std::vector<PartBlock>* out) {
    return AppendBlocks(index_->place(series), start_ms, end_ms, out);
  }
  base::Result<void> AppendBlocks(const SeriesPlace& place, int64_t start_ms, int64_t end_ms,
                                  std::vector<PartBlock>* out);
  /// A column's times, valid until the next Times, Blocks, Decode or Read.
  base::Result<std::span<const int64_t>> Times(uint64_t column);
  /// The same into `out`, as long as the column's count.
  base::Result<void> DecodeTimes(uint64_t column, std::span<int64_t> out);
  /// All values of a float block into `out`, as long as its count.
  base::Result<void> Values(const PartBlock& block, std::span<double> out);
  /// When each count of the block began into `out`, as long as its count; 0: not known.
  base::Result<void> Starts(const PartBlock& block, std::span<int64_t> out);
  /// The body as it is stored, valid until the next call but Times.
  base::Result<std::string_view> Body(const PartBlock& block);
  /// The body behind its start times, likewise.
  base::Result<std::string_view> ValueBlock(const PartBlock& block);
  /// Appends the block's samples within [start_ms, end_ms] to `out`.
  base::Result<void> Decode(const PartBlock& block, int64_t start_ms, int64_t end_ms,
                            store::SeriesColumns* out);

  /// Appends the samples of the series within [start_ms, end_ms] to `out`: Blocks and Decode.
  base::Result<void> Read(uint32_t series, int64_t start_ms, int64_t end_ms,
                          store::SeriesColumns* out) {
    return Read(series, index_->place(series), start_ms, end_ms, out);
  }
  base::Result<void> Read(uint32_t series, const SeriesPlace& place, int64_t start_ms,
                          int64_t end_ms, store::SeriesColumns* out);

 private:
  /// What is known of a column without decoding it.
  struct TimeColumn {
    uint64_t number = 0;
    int64_t first_ms = 0, last_ms = 0;
    uint32_t count = 0;  ///< 0: this is none
  };
  struct TimePage {
    PageCache::Page bytes;
    uint32_t number = 0;
  };
  base::Result<const TimeColumn*> Column(uint64_t column) {
    const TimeColumn& recent = recent_[column % kRecentColumns];
    if (recent.count != 0 && recent.number == column) return &recent;
    return FindColumn(column);
  }
  base::Result<const TimeColumn*> FindColumn(uint64_t column);
  /// A column as it is stored, behind its count.
  base::Result<codec::ByteReader> EncodedTimes(uint64_t column, uint64_t* count);
  /// The body behind the start times, if it has them (then in starts_).
  base::Result<codec::ByteReader> AfterStarts(const PartBlock& block);
  base::Result<void> DecodeFloats(const PartBlock& block, std::span<const int64_t> times,
                                  size_t begin, size_t end, store::SeriesColumns* out);
  base::Result<void> DecodeHistograms(const PartBlock& block, std::span<const int64_t> times,
                                      int64_t start_ms, int64_t end_ms, store::SeriesColumns* out);
  base::Error Corrupt(std::string_view what) const;

  std::shared_ptr<Part> part_;
  std::shared_ptr<const PartIndex> index_;
  std::shared_ptr<const HiddenSamples> hidden_;
  const bool cached_;
  std::vector<PageCache::Page> heads_;  ///< of the last Blocks
  uint32_t heads_page_ = 0;             ///< number of the first of them
  PageCache::Page data_;
  uint32_t data_page_ = 0;
  static constexpr size_t kTimePages = 8, kRecentColumns = 512;
  std::array<TimePage, kTimePages> time_pages_;               ///< by their number
  std::array<TimeColumn, kRecentColumns> recent_{};           ///< by their number
  std::unordered_map<uint64_t, std::vector<int64_t>> times_;  ///< decoded columns
  size_t times_size_ = 0;                                     ///< in times_
  std::vector<PartBlock> blocks_;
  std::vector<double> values_;
  std::vector<int64_t> starts_;
};

}  // namespace pharos::samples
