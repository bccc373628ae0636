#include "samples/series_merger.h"

#include <algorithm>

#include "samples/columns.h"
#include "samples/limits.h"

namespace pharos::samples {

base::Result<void> SeriesMerger::Add(std::string_view labels, std::span<const MergeInput> inputs) {
  failed_ = nullptr;
  PHAROS_TRY_VOID(Gather(inputs));
  PHAROS_TRY_VOID(builder_.BeginSeries(labels));
  PHAROS_TRY_VOID(AddKind(floats_));
  PHAROS_TRY_VOID(AddKind(histograms_));
  return builder_.EndSeries();
}

base::Result<void> SeriesMerger::Gather(std::span<const MergeInput> inputs) {
  floats_.clear();
  histograms_.clear();
  if (blocks_.size() < inputs.size()) blocks_.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    PartSeriesReader* const reader = inputs[i].reader;
    PHAROS_TRY_VOID(
        From(reader, reader->Blocks(inputs[i].place, INT64_MIN, INT64_MAX, &blocks_[i])));
    for (const PartBlock& block : blocks_[i])
      (block.summary.histograms ? histograms_ : floats_).push_back({reader, &block});
  }
  return {};
}

bool SeriesMerger::InOrder(std::vector<Source>& sources) {
  const auto first = [](const Source& s) { return s.block->summary.first_ms; };
  std::vector<Source> sorted = sources;
  std::ranges::stable_sort(sorted, {}, first);
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (first(sorted[i]) <= sorted[i - 1].block->summary.last_ms) return false;
  }
  sources.swap(sorted);
  return true;
}

base::Result<void> SeriesMerger::AddKind(std::vector<Source>& sources) {
  const bool in_order = InOrder(sources);
  for (const Source& source : sources) {
    const size_t full = source.block->summary.histograms ? kFullHistogramBlock : kFullBlock;
    if (in_order && source.block->summary.count >= full) {
      PHAROS_TRY_VOID(FlushDecoded());
      PHAROS_TRY_VOID(Copy(source));
    } else {
      PHAROS_TRY_VOID(Decode(source));
    }
  }
  if (!in_order) SortLaterWins(&decoded_);
  return FlushDecoded();
}

base::Result<void> SeriesMerger::Copy(const Source& source) {
  PHAROS_TRY(const std::string_view body, From(source.reader, source.reader->Body(*source.block)));
  PHAROS_TRY(const std::span<const int64_t> times,
             From(source.reader, source.reader->Times(source.block->column)));
  copied_samples_ += times.size();
  return builder_.CopyBlock(times, source.block->head, body);
}

base::Result<void> SeriesMerger::Decode(const Source& source) {
  return From(source.reader, source.reader->Decode(*source.block, INT64_MIN, INT64_MAX, &decoded_));
}

base::Result<void> SeriesMerger::FlushDecoded() {
  encoded_samples_ += decoded_.times_ms.size() + decoded_.histograms.size();
  PHAROS_TRY_VOID(builder_.AddFloats(decoded_));
  PHAROS_TRY_VOID(builder_.AddHistograms(decoded_.histograms));
  decoded_.times_ms.clear();
  decoded_.values.clear();
  decoded_.starts_ms.clear();
  decoded_.histograms.clear();
  return {};
}

}  // namespace pharos::samples
