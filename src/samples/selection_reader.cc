#include "samples/selection_reader.h"

namespace pharos::samples {

EngineSelection::Reader::Reader(const EngineSelection& selection) : selection_(selection) {
  parts_.reserve(selection.parts_.size());
  for (const PartChoice& choice : selection.parts_) {
    parts_.emplace_back(choice.part, choice.index, selection.start_ms_, selection.end_ms_,
                        selection.presence_only_);
  }
}

void EngineSelection::Reader::Append(const store::SeriesSpan& span) {
  AppendStarts(span.starts_ms, span.times_ms.size(), &columns_);
  columns_.times_ms.insert(columns_.times_ms.end(), span.times_ms.begin(), span.times_ms.end());
  columns_.values.insert(columns_.values.end(), span.values.begin(), span.values.end());
  columns_.histograms.insert(columns_.histograms.end(), span.histograms.begin(),
                             span.histograms.end());
}

base::Result<store::SeriesSpan> EngineSelection::Reader::Read(size_t series) {
  const auto refs = selection_.RefsOf(series);
  if (refs.size() == 1 && refs[0].source < parts_.size()) {
    PHAROS_TRY(store::SeriesSpan span, parts_[refs[0].source].Read(refs[0].series));
    if (parts_.size() > 1) span.times_id = 0;  // parts number their columns each for itself
    return span;
  }
  columns_.times_ms.clear();
  columns_.values.clear();
  columns_.starts_ms.clear();
  columns_.histograms.clear();
  for (const Ref& ref : refs) {
    if (ref.source < parts_.size()) {
      PHAROS_TRY(const store::SeriesSpan span, parts_[ref.source].Read(ref.series));
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
