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
  /// `presence_only`: as in SampleQuery.
  SpanReader(std::shared_ptr<Part> part, std::shared_ptr<const PartIndex> index, int64_t start_ms,
             int64_t end_ms, bool presence_only)
      : reader_(std::move(part), std::move(index), true),
        start_ms_(start_ms),
        end_ms_(end_ms),
        presence_only_(presence_only),
        runs_(start_ms, end_ms) {}

  /// What the series has within the range; views live until the next call. Of the times_id
  /// only sameness within this reader counts.
  base::Result<store::SeriesSpan> Read(uint32_t series);

 private:
  /// Of a series of which something is deleted: sample by sample.
  base::Result<store::SeriesSpan> ReadVisible(uint32_t series);
  base::Result<void> ReadFloats(size_t blocks, store::SeriesSpan* out);

  PartSeriesReader reader_;
  const int64_t start_ms_, end_ms_;
  const bool presence_only_;
  TimeRuns runs_;
  std::vector<PartBlock> blocks_;
  std::vector<uint64_t> columns_;
  std::vector<double> values_;
  std::vector<double> zeros_;  // what stands for values where only presence matters
  std::vector<int64_t> starts_;
  store::SeriesColumns visible_;
  store::SeriesColumns histograms_;
};

}  // namespace pharos::samples
