// Writes one samples part: series come in rising order of labels, each with all its samples
// of the part. Used by seal (from memory) and merge (from parts).
// Format: docs/format/samples.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "io/fs.h"
#include "io/part_file.h"
#include "samples/part_format.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: the file in the making. Threads: one. Errors: kIo, kFull; then the part is void.
/// Cost: memory of about 64 bytes a series and one page; files are written as pages fill.
class PartBuilder {
 public:
  /// Makes `<dir>/samples.part`; `dir` exists. Of `info` only generations and level count.
  static base::Result<std::unique_ptr<PartBuilder>> Create(io::Fs& fs, const std::string& dir,
                                                           const PartInfo& info);

  /// `labels`: canonical bytes, after those of the series before. Columns: times strictly
  /// rising; a range [begin, end) of them.
  base::Result<void> AddSeries(std::string_view labels, const store::SeriesColumns& columns);
  base::Result<void> AddExemplar(const model::Labels& series, const model::Exemplar& exemplar);
  base::Result<void> AddMetadata(std::string_view metric, const model::Metadata& metadata);
  /// Gives a part without samples and exemplars a time.
  void CoverTime(int64_t time_ms) {
    if (info_.min_ms > info_.max_ms) Widen(time_ms, time_ms);
  }

  /// Writes the rest and syncs the file; returns its size in bytes.
  base::Result<uint64_t> Finish();
  const PartInfo& info() const { return info_; }

 private:
  explicit PartBuilder(PartInfo info) : info_(info) {}
  void AddLabels(std::string_view labels);
  base::Result<void> AddFloats(const store::SeriesColumns& columns);
  base::Result<void> AddHistograms(const std::vector<model::HistogramSample>& histograms);
  /// Adds block_ to the series; starts another page when the series is long.
  base::Result<void> PutBlock(BlockKind kind, const int64_t* times, size_t count);
  void PutList(bool goes_on);
  base::Result<uint64_t> TimeColumn(const int64_t* times, size_t count);
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

  std::string data_, blocks_, block_;
  size_t block_count_ = 0;  // in blocks_
  uint32_t data_page_ = 0;
  std::string times_, column_;
  std::vector<uint32_t> time_slots_;
  uint32_t time_page_ = 0;
  std::unordered_map<base::Hash128, uint64_t, base::Hash128Hasher> shared_columns_;  // → column
  std::string exemplars_, metadata_;
};

}  // namespace pharos::samples
