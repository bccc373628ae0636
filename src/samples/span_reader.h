// Reads the samples of a series of one or several parts in a query's range, into buffers that are
// used again for the next series. What does not overlap in time (a part is of one day) is decoded
// one behind the other, as if it lay in one part.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "samples/part.h"
#include "samples/time_runs.h"
#include "store/samples.h"

namespace pharos::samples {

/// The chosen series of one part, in order.
struct PartChoice {
  std::shared_ptr<Part> part;
  std::shared_ptr<const PartIndex> index;
  std::vector<uint32_t> series;
};

/// A series in one source: a part by its number.
struct SourceRef {
  uint32_t source = 0;
  uint32_t series = 0;  ///< of the part
};

/// Owns: buffers and the pages that it stands on. Borrows `runs`, which it shares with other
/// readers. Threads: one. Errors: as Part. Cost: a page look-up when the page changes, a value
/// block's decoding a block.
class SpanReader {
 public:
  /// `presence_only`: as in SampleQuery.
  SpanReader(const std::vector<PartChoice>& parts, int64_t start_ms, int64_t end_ms,
             bool presence_only, TimeRuns& runs);

  size_t parts() const { return readers_.size(); }
  /// What the series has in one part within the range; views live until the next call.
  base::Result<store::SeriesSpan> Read(SourceRef ref);
  /// What it has in several parts, oldest generation first. False where they have to be merged
  /// sample by sample: they overlap, something is deleted, or there are histograms.
  base::Result<bool> ReadJoined(std::span<const SourceRef> refs, store::SeriesSpan* out);

 private:
  /// Blocks of one part in blocks_.
  struct Stretch {
    uint32_t source = 0;
    size_t begin = 0, end = 0;
  };
  /// Of a series of which something is deleted: sample by sample.
  base::Result<store::SeriesSpan> ReadVisible(SourceRef ref);
  bool Touched(SourceRef ref) const;
  /// All float blocks of stretches_; false where they overlap.
  base::Result<bool> ReadFloats(store::SeriesSpan* out);
  base::Result<const TimeCut*> RunOf();
  /// Of columns_, which runs_ do not have; apart, so that RunOf needs no room for it.
  [[gnu::noinline]] base::Result<const TimeCut*> FindRun(uint64_t hash);
  base::Result<TimeRun> MakeRun();
  /// Into values_ and starts_; the values that they then are.
  base::Result<const double*> DecodeFloats(store::SeriesSpan* known);

  std::vector<PartSeriesReader> readers_;  // a part
  const int64_t start_ms_, end_ms_;
  const bool presence_only_;
  TimeRuns& shared_runs_;
  RecentTimeRuns runs_;
  std::vector<PartBlock> blocks_;
  std::vector<Stretch> stretches_;
  std::vector<uint64_t> columns_;  // of blocks_, behind their part
  std::vector<double> values_;
  std::vector<double> zeros_;  // what stands for values where only presence matters
  std::vector<int64_t> starts_;
  store::SeriesColumns visible_;
  store::SeriesColumns histograms_;
};

}  // namespace pharos::samples
