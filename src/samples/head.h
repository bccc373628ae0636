// One tenant's series in memory and what they took since the last seal. Sharded by series
// identity; each shard has one lock. Knows nothing of files: the WAL record is filled by its
// caller's writer, parts are written by seal.cc from what Rotate set aside.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/budget.h"
#include "base/result.h"
#include "model/matcher.h"
#include "samples/label_index.h"
#include "samples/memtable.h"
#include "samples/raw_cache.h"
#include "samples/series_limits.h"
#include "samples/series_table.h"
#include "samples/wal_record.h"
#include "store/samples.h"

namespace pharos::samples {

/// What may come in now. All bounds inclusive.
struct AppendRules {
  int64_t min_ms = INT64_MIN;
  int64_t max_ms = INT64_MAX;
  int64_t window_ms = 0;         ///< how late a sample may be
  bool later_write_wins = true;  ///< another value at the newest time replaces it
  bool replay = false;           ///< it was accepted once: take it whatever the rules say
};

/// Where an append's outcome goes.
struct AppendOutcome {
  RecordWriter* record = nullptr;  ///< null: nothing is logged (replay)
  uint32_t wal_generation = 0;
  std::vector<store::SeriesHandle>* undeclared = nullptr;  ///< not yet in this WAL generation
  std::vector<store::Refused>* refused = nullptr;
  std::vector<uint32_t>* order = nullptr;  ///< scratch
  bool grew = false;                       ///< more memory was taken from the budget
};

/// What one generation of a series looked like at one moment.
struct MemView {
  const MemSeries* series = nullptr;
  const char* tail = nullptr;               ///< where its stream ended; null: it is frozen
  uint32_t late_begin = 0, late_count = 0;  ///< late samples
  uint32_t start_begin = 0, start_count = 0;
  uint32_t histogram_begin = 0, histogram_count = 0;
};

struct HeadSeries {
  size_t label_begin = 0;  ///< in the snapshot's label_bytes
  uint32_t label_size = 0;
  uint32_t first_view = 0, view_count = 0;  ///< oldest generation first
};

/// A consistent picture of some series in memory.
/// Owns: copies of what still changes; shares the generations. Threads: one at a time.
struct HeadSnapshot {
  std::vector<std::shared_ptr<const Memtable>> pins;
  std::vector<HeadSeries> series;  ///< in no order
  std::string label_bytes;         ///< canonical, of all series
  std::vector<MemView> views;
  std::vector<LateSample> late;
  std::vector<StartFrom> starts;
  std::vector<model::HistogramSample> histograms;

  std::string_view LabelBytes(const HeadSeries& of) const {
    return std::string_view(label_bytes).substr(of.label_begin, of.label_size);
  }
  /// Appends the series' samples within [start_ms, end_ms] to `out`, oldest source first.
  void Decode(const HeadSeries& of, int64_t start_ms, int64_t end_ms,
              store::SeriesColumns* out) const;
};

/// Owns: series, generations, index and cache. Threads: any. Errors: Resolve says kLimit
/// when a new series does not fit. Cost: one lock a shard and call, none a sample.
class Head {
 public:
  /// `shards` is a power of two up to 64.
  Head(uint32_t shards, const SeriesLimits& limits, uint32_t generation,
       base::MemoryBudget& budget);
  ~Head();

  /// Finds or makes the series; `made` says which. kForced: no limit refuses it.
  base::Result<store::SeriesHandle> Resolve(const model::Labels& labels, Priority priority,
                                            bool* made);
  /// Tells a series that has taken nothing yet what its newest sample in the parts is.
  void Seed(store::SeriesHandle handle, int64_t last_ms, uint64_t last_bits, bool histogram);
  RawCache& raw_cache() { return raw_cache_; }

  /// `starts_ms`: see store::SampleAppender::AppendStarted; empty: none is known.
  void Append(std::span<const store::SampleWrite> samples, std::span<const int64_t> starts_ms,
              const AppendRules& rules, AppendOutcome& outcome);
  void AppendHistograms(std::span<const store::HistogramWrite> samples, const AppendRules& rules,
                        AppendOutcome& outcome);
  /// The labels of a living series; empty when the handle is stale.
  model::Labels LabelsOf(store::SeriesHandle handle);

  /// Adds the series' labels to the record unless that was done in this WAL generation. The
  /// caller holds the commit lock, so that the declaration is ahead of every use.
  void Declare(uint32_t ref, uint32_t wal_generation, RecordWriter& record);

  /// A series whose newest sample was deleted: the order of its next ones is judged anew.
  struct Rewound {
    store::SeriesHandle handle;
    model::Labels labels;
  };
  /// Takes samples of the range out of memory; readers that hold a picture still see them. Not
  /// while a seal reads what was set aside. Cost: what it deletes from is encoded anew.
  std::vector<Rewound> Delete(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                              int64_t end_ms);

  /// Sets the current generation aside and starts `next`. Nothing may be set aside already.
  void Rotate(uint32_t next);
  /// What was set aside. It does not change any more.
  std::vector<std::shared_ptr<const Memtable>> Frozen() const;
  /// Forgets what was set aside (it is in parts now), and the series that had nothing in it
  /// and have nothing since. Returns how many series went.
  size_t DropFrozen();

  HeadSnapshot Collect(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                       int64_t end_ms) const;
  /// Labels of the series that have something in memory within the range.
  std::vector<model::Labels> SeriesIn(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                                      int64_t end_ms) const;

  size_t series_count() const { return series_count_.load(); }
  const LabelIndex& index() const { return index_; }
  uint64_t MemorySamples() const;  ///< not yet in parts
  size_t MemoryBytes() const;      ///< of the generations
  /// Bounds of what is in memory; false when nothing is.
  bool TimeBounds(int64_t* min_ms, int64_t* max_ms) const;

 private:
  model::Labels LabelsOf(const Series& series) const;
  /// True when the series' newest sample went.
  static bool DeleteFrom(Series& series, const std::vector<Memtable*>& tables, int64_t start_ms,
                         int64_t end_ms);
  struct Shard {
    Shard(uint32_t number, uint32_t bits) : table(number, bits) {}
    mutable std::mutex mutex;
    SeriesTable table;                               // mutex
    std::shared_ptr<Memtable> active;                // mutex
    std::vector<std::shared_ptr<Memtable>> frozen;   // mutex
    int64_t min_ms = INT64_MAX, max_ms = INT64_MIN;  // mutex; of all generations that live
  };

  uint32_t ShardOf(uint32_t index) const {
    return index & (static_cast<uint32_t>(shards_.size()) - 1);
  }
  /// Calls `on_write(shard, i)` for all writes, shard by shard under its lock.
  template <class Write, class OnWrite>
  void ByShard(std::span<const Write> writes, AppendOutcome& outcome, OnWrite on_write);
  /// Calls `on_series(series, active generation, newest MemSeries…)` for the series with
  /// something in the range.
  template <class OnSeries>
  void Visit(const std::vector<model::Matcher>& matchers, int64_t start_ms, int64_t end_ms,
             std::vector<std::shared_ptr<const Memtable>>* pins, OnSeries on_series) const;

  base::MemoryBudget& budget_;
  const SeriesLimits limits_;
  std::vector<std::unique_ptr<Shard>> shards_;
  LabelIndex index_;
  RawCache raw_cache_;
  mutable std::shared_mutex removal_mutex_;  // exclusive while series are taken out
  std::atomic<size_t> series_count_{0};
  std::atomic<size_t> label_bytes_{0};  // of the index' labels, as accounted
};

}  // namespace pharos::samples
