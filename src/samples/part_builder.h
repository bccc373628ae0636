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
#include "samples/part_format.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: the file in the making. Threads: one. Errors: kIo, kFull; then the part is void.
/// Cost: memory of about 64 bytes a series and two pages; files are written as pages fill.
class PartBuilder {
 public:
  /// Makes `<dir>/samples.part`; `dir` exists. Of `info` only generations and level count.
  static base::Result<std::unique_ptr<PartBuilder>> Create(io::Fs& fs, const std::string& dir,
                                                           const PartInfo& info);

  /// `labels`: canonical bytes, after those of the series before. Columns: times strictly
  /// rising. The same as BeginSeries, AddFloats, AddHistograms, EndSeries.
  base::Result<void> AddSeries(std::string_view labels, const store::SeriesColumns& columns);

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
  void AddLabels(std::string_view labels);
  /// Adds what head_ and body_ hold to the series; starts another page when it is long.
  base::Result<void> PutBlock(std::span<const int64_t> times);
  void PutStarts(std::span<const int64_t> starts, int64_t first_ms);
  void PutList(bool goes_on);
  base::Result<uint64_t> TimeColumn(std::span<const int64_t> times);
  base::Result<void> FlushData();
  base::Result<void> FlushTimes();
  base::Result<void> WritePairs(std::vector<uint32_t>* rank);
  base::Result<void> WriteSeries(const std::vector<uint32_t>& rank);
  base::Result<void> WriteBytes(std::string_view section, std::string* bytes);
  void Widen(int64_t min_ms, int64_t max_ms);

  PartInfo info_;
  std::unique_ptr<io::PartWriter> file_;

  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> pairs_;
  std::vector<uint32_t> series_pairs_;  // all series' pairs, in temporary numbers
  std::vector<uint32_t> pairs_end_;     // a series
  std::vector<SeriesPlace> places_;     // a series

  std::string_view labels_;         // of the series under way
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
