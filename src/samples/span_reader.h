// Reads the samples of one part's series in a query's range, into buffers that are used again
// for the next series.
#pragma once

#include <memory>
#include <vector>

#include "samples/part.h"
#include "samples/time_runs.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: buffers and the pages that it stands on. Threads: one. Errors: as Part. Cost: a page
/// look-up when the page changes, a value block's decoding a block, times once a column.
class SpanReader {
 public:
  SpanReader(std::shared_ptr<Part> part, std::shared_ptr<const PartIndex> index, int64_t start_ms,
             int64_t end_ms)
      : part_(part),
        index_(std::move(index)),
        start_ms_(start_ms),
        end_ms_(end_ms),
        times_(std::move(part), start_ms, end_ms) {}

  /// What the series has within the range; views live until the next call. Of the times_id
  /// only sameness within this reader counts.
  base::Result<store::SeriesSpan> Read(uint32_t series);

 private:
  struct Block {
    uint64_t column = 0;
    std::string_view bytes;
    size_t count = 0;
  };
  base::Result<void> FindBlocks(uint32_t series);
  base::Result<void> DecodeHistograms(const Block& block);
  base::Error Corrupt(std::string_view what) const;

  std::shared_ptr<Part> part_;
  std::shared_ptr<const PartIndex> index_;
  const int64_t start_ms_, end_ms_;
  TimeRuns times_;
  PageCache::Page page_;
  uint32_t page_number_ = 0;
  std::vector<PageCache::Page> held_;  // earlier pages of the series
  std::vector<Block> floats_, histogram_blocks_;
  std::vector<uint64_t> columns_;
  std::vector<double> values_;
  std::vector<int64_t> histogram_times_;
  std::vector<model::HistogramSample> histograms_;
};

}  // namespace pharos::samples
