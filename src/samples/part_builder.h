// Writes one samples part: series come in rising order of labels, each with all its samples
// of the part. Used by seal (from memory) and merge (from parts).
// Format: docs/format/samples.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "codec/value_block.h"
#include "io/fs.h"
#include "io/part_file.h"
#include "samples/pair_table.h"
#include "samples/part_format.h"
#include "samples/series_draft.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: the file in the making. Threads: one. Errors: kIo, kFull; then the part is void.
/// Cost: memory of a dozen bytes a series, its distinct labels and two pages; files are written
/// as pages fill.
class PartBuilder {
 public:
  /// Makes `<dir>/samples.part`; `dir` exists. Of `info` only generations and level count.
  static base::Result<std::unique_ptr<PartBuilder>> Create(io::Fs& fs, const std::string& dir,
                                                           const PartInfo& info);

  /// `labels`: canonical bytes, after those of the series before. Columns: times strictly
  /// rising. The same as BeginSeries, AddFloats, AddHistograms, EndSeries.
  base::Result<void> AddSeries(std::string_view labels, const store::SeriesColumns& columns);

  /// From now on series may come with numbers of these labels (canonical bytes, sorted) instead of
  /// label bytes, and must. `pairs` is kept until Finish.
  void UsePairs(std::span<const std::string_view> pairs) { given_pairs_ = pairs; }
  base::Result<void> AddSeries(std::span<const uint32_t> pairs,
                               const store::SeriesColumns& columns);

  /// A series in pieces, each after the one before; float samples first, then histograms.
  /// `labels` is kept until EndSeries, which drops a series without samples.
  base::Result<void> BeginSeries(std::string_view labels);
  base::Result<void> AddFloats(const store::SeriesColumns& columns);
  base::Result<void> AddHistograms(std::span<const model::HistogramSample> histograms);
  /// An encoded block as another part has it: its times, its head and its body.
  base::Result<void> CopyBlock(std::span<const int64_t> times, std::string_view head,
                               std::string_view body);
  base::Result<void> EndSeries();

  base::Result<void> AddMetadata(std::string_view metric, const model::Metadata& metadata);
  /// Gives a part without samples a time.
  void CoverTime(int64_t time_ms) {
    if (info_.min_ms > info_.max_ms) Widen(time_ms, time_ms);
  }

  /// Writes the rest and syncs the file; returns its size in bytes.
  base::Result<uint64_t> Finish();
  const PartInfo& info() const { return info_; }

 private:
  explicit PartBuilder(PartInfo info) : info_(info) {}
  base::Result<void> StartSeries();
  base::Result<void> AddColumns(const store::SeriesColumns& columns);
  void NumberLabels(std::string_view labels);
  /// Adds what head_ and body_ hold to the series; starts another page when it is long.
  base::Result<void> PutBlock(std::span<const int64_t> times);
  void PutStarts(std::span<const int64_t> starts, int64_t first_ms);
  void PutList(bool goes_on);
  base::Result<uint64_t> TimeColumn(std::span<const int64_t> times);
  base::Result<void> FlushData();
  base::Result<void> FlushTimes();
  std::span<const std::string_view> Pairs() const {
    return given_pairs_.empty() ? std::span(table_.pairs()) : given_pairs_;
  }
  std::vector<uint32_t> SortedPairs() const;
  base::Result<void> WritePairs(std::span<const uint32_t> sorted);
  base::Result<void> WriteSeries(std::span<const uint32_t> rank);
  base::Result<void> WriteBytes(std::string_view section, std::string* bytes);
  void Widen(int64_t min_ms, int64_t max_ms);

  PartInfo info_;
  std::unique_ptr<io::PartWriter> file_;

  PairTable table_;                                // of labels that come as bytes
  std::span<const std::string_view> given_pairs_;  // of those that come as numbers
  std::vector<uint8_t> pair_used_;                 // by number
  SeriesDraft series_;

  std::string_view labels_;         // of the series under way; empty: they came as numbers
  std::vector<uint32_t> numbers_;   // its labels
  SeriesPlace place_;               // likewise
  codec::ValueHint hint_;           // from the block before, of whatever series
  std::string heads_, bodies_;      // the pages in the making: "blocks" and "data"
  std::string list_, head_, body_;  // the series' heads in this page; the block's
  std::vector<int64_t> histogram_times_, starts_;
  size_t list_count_ = 0;     // blocks in list_
  size_t list_begin_ = 0;     // where their bodies begin in bodies_
  uint64_t list_column_ = 0;  // of the last block in list_
  uint32_t data_page_ = 0;
  std::string times_, column_;
  std::vector<uint32_t> time_slots_;
  uint32_t time_page_ = 0;
  /// Hash of the times → column.
  std::unordered_map<base::Hash128, uint64_t, base::Hash128Hasher> shared_columns_;
  std::string metadata_;
};

}  // namespace pharos::samples
