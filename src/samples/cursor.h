// One series after the other, put together from parts and memory.
#pragma once

#include <memory>
#include <vector>

#include "samples/head.h"
#include "samples/part.h"
#include "store/samples.h"

namespace pharos::samples {

/// The chosen series of one part, in order.
struct PartSelection {
  PartSeriesReader reader;
  std::vector<uint32_t> series;
  size_t at = 0;
  model::Labels labels = {};  ///< of series[at]

  bool done() const { return at == series.size(); }
  void Load() {
    if (!done()) labels = reader.index().LabelsOf(series[at]);
  }
};

/// Owns: the snapshot and the parts it reads. Threads: one. Errors: kCorrupt names the part;
/// kLimit when there are more series than the query allows. Cost: a comparison of labels a
/// source and series, then decoding.
class MergedCursor final : public store::SeriesCursor {
 public:
  /// `parts` oldest generation first.
  MergedCursor(HeadSnapshot head, std::vector<PartSelection> parts, int64_t start_ms,
               int64_t end_ms, size_t series_limit);

  base::Result<bool> Next(store::SeriesColumns* out) override;

 private:
  /// The least labels that a source stands on; null at the end.
  const model::Labels* Least() const;

  HeadSnapshot head_;
  size_t head_at_ = 0;
  std::vector<PartSelection> parts_;
  const int64_t start_ms_, end_ms_;
  const size_t series_limit_;
  size_t series_ = 0;
};

}  // namespace pharos::samples
