// One sealed part, open for reading: footer and head in memory, the label index when it is
// needed, pages by way of the cache.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/manifest.h"
#include "io/part_file.h"
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
  bool broken() const { return broken_.load(); }
  bool Overlaps(int64_t start_ms, int64_t end_ms) const {
    return entry_.min_time <= end_ms && entry_.max_time >= start_ms;
  }

  base::Result<std::shared_ptr<const PartIndex>> Index();
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

  using SeriesExemplar = std::pair<model::Labels, model::Exemplar>;
  base::Result<std::vector<SeriesExemplar>> Exemplars();
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

/// Reads series of one part one after the other. What was deleted when it was made is left out.
///
/// Owns: the pages it stands on. Threads: one. Errors: as Part. Cost: a page look-up when the
/// page changes, then the decoding.
class PartSeriesReader {
 public:
  PartSeriesReader(std::shared_ptr<Part> part, std::shared_ptr<const PartIndex> index, bool cached)
      : part_(std::move(part)),
        index_(std::move(index)),
        hidden_(part_->Hidden(*index_)),
        cached_(cached) {}

  const PartIndex& index() const { return *index_; }
  Part& part() const { return *part_; }
  /// What is left out; null for nothing. Aggregates of whole blocks must not count where it
  /// Touches the series.
  const HiddenSamples* hidden() const { return hidden_.get(); }
  /// Appends the samples of the series within [start_ms, end_ms] to `out`.
  base::Result<void> Read(uint32_t series, int64_t start_ms, int64_t end_ms,
                          store::SeriesColumns* out);

 private:
  base::Result<void> ReadBlocks(uint32_t series, int64_t start_ms, int64_t end_ms,
                                store::SeriesColumns* out);
  base::Result<std::string_view> Column(uint64_t column);
  base::Result<void> ReadBlock(BlockKind kind, std::string_view column, std::string_view bytes,
                               int64_t start_ms, int64_t end_ms, store::SeriesColumns* out);
  base::Error Corrupt(std::string_view what) const;

  std::shared_ptr<Part> part_;
  std::shared_ptr<const PartIndex> index_;
  std::shared_ptr<const HiddenSamples> hidden_;
  const bool cached_;
  PageCache::Page data_, times_;
  uint32_t data_page_ = 0, times_page_ = 0;
  std::vector<int64_t> histogram_times_;
};

}  // namespace pharos::samples
