#include "samples/selection_reader.h"

namespace pharos::samples {

EngineSelection::Reader::Reader(const EngineSelection& selection)
    : selection_(selection),
      parts_(selection.parts_, selection.start_ms_, selection.end_ms_, selection.presence_only_,
             selection.runs_) {}

void EngineSelection::Reader::Append(const store::SeriesSpan& span) {
  AppendStarts(span.starts_ms, span.times_ms.size(), &columns_);
  columns_.times_ms.insert(columns_.times_ms.end(), span.times_ms.begin(), span.times_ms.end());
  columns_.values.insert(columns_.values.end(), span.values.begin(), span.values.end());
  columns_.histograms.insert(columns_.histograms.end(), span.histograms.begin(),
                             span.histograms.end());
}

base::Result<store::SeriesSpan> EngineSelection::Reader::Read(size_t series) {
  const auto refs = selection_.RefsOf(series);
  if (refs.back().source >= parts_.parts()) return Merge(refs);
  if (refs.size() == 1) return parts_.Read(refs[0]);
  store::SeriesSpan span;
  PHAROS_TRY(const bool joined, parts_.ReadJoined(refs, &span));
  return joined ? span : Merge(refs);
}

base::Result<store::SeriesSpan> EngineSelection::Reader::Merge(std::span<const Ref> refs) {
  columns_.times_ms.clear();
  columns_.values.clear();
  columns_.starts_ms.clear();
  columns_.histograms.clear();
  for (const Ref& ref : refs) {
    if (ref.source < parts_.parts()) {
      PHAROS_TRY(const store::SeriesSpan span, parts_.Read(ref));
      Append(span);
    } else {
      selection_.head_.Decode(selection_.head_.series[ref.series], selection_.start_ms_,
                              selection_.end_ms_, &columns_);
    }
  }
  SortLaterWins(&columns_);
  return store::SeriesSpan{columns_.times_ms, columns_.values, columns_.starts_ms,
                           columns_.histograms};
}

std::unique_ptr<store::SelectionReader> EngineSelection::NewReader() const {
  return std::make_unique<Reader>(*this);
}

}  // namespace pharos::samples
