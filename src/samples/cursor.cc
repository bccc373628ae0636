#include "samples/cursor.h"

#include "samples/columns.h"

namespace pharos::samples {

MergedCursor::MergedCursor(HeadSnapshot head, std::vector<PartSelection> parts, int64_t start_ms,
                           int64_t end_ms, size_t series_limit)
    : head_(std::move(head)),
      parts_(std::move(parts)),
      start_ms_(start_ms),
      end_ms_(end_ms),
      series_limit_(series_limit) {
  for (PartSelection& part : parts_) part.Load();
}

const model::Labels* MergedCursor::Least() const {
  const model::Labels* least = nullptr;
  for (const PartSelection& part : parts_) {
    if (!part.done() && (least == nullptr || part.labels < *least)) least = &part.labels;
  }
  if (head_at_ < head_.series.size()) {
    const model::Labels& labels = head_.series[head_at_].labels;
    if (least == nullptr || labels < *least) least = &labels;
  }
  return least;
}

base::Result<bool> MergedCursor::Next(store::SeriesColumns* out) {
  for (;;) {
    const model::Labels* least = Least();
    if (least == nullptr) return false;
    out->labels = *least;
    out->times_ms.clear();
    out->values.clear();
    out->histograms.clear();
    for (PartSelection& part : parts_) {
      if (part.done() || part.labels != out->labels) continue;
      PHAROS_TRY_VOID(part.reader.Read(part.series[part.at], start_ms_, end_ms_, out));
      ++part.at;
      part.Load();
    }
    if (head_at_ < head_.series.size() && head_.series[head_at_].labels == out->labels) {
      head_.Decode(head_.series[head_at_], start_ms_, end_ms_, out);
      ++head_at_;
    }
    SortLaterWins(out);
    if (out->times_ms.empty() && out->histograms.empty()) continue;
    if (series_limit_ > 0 && ++series_ > series_limit_) {
      return base::Fail(base::ErrorKind::kLimit,
                        "the query selects more than " + std::to_string(series_limit_) + " series");
    }
    return true;
  }
}

}  // namespace pharos::samples
