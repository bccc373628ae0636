#include "samples/cursor.h"

namespace pharos::samples {

base::Result<bool> SelectionCursor::Next(store::SeriesColumns* out) {
  while (next_ < selection_->size()) {
    const size_t series = next_++;
    PHAROS_TRY(const store::SeriesSpan span, reader_->Read(series));
    if (span.times_ms.empty() && span.histograms.empty()) continue;
    if (series_limit_ > 0 && ++series_ > series_limit_) {
      return base::Fail(base::ErrorKind::kLimit,
                        "the query selects more than " + std::to_string(series_limit_) + " series");
    }
    out->labels = selection_->LabelsOf(series);
    out->times_ms.assign(span.times_ms.begin(), span.times_ms.end());
    out->values.assign(span.values.begin(), span.values.end());
    out->starts_ms.assign(span.starts_ms.begin(), span.starts_ms.end());
    out->histograms.assign(span.histograms.begin(), span.histograms.end());
    return true;
  }
  return false;
}

}  // namespace pharos::samples
