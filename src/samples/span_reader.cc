#include "samples/span_reader.h"

#include <algorithm>

#include "samples/hidden_samples.h"

namespace pharos::samples {

base::Result<store::SeriesSpan> SpanReader::ReadVisible(uint32_t series) {
  visible_ = {};
  PHAROS_TRY_VOID(reader_.Read(series, start_ms_, end_ms_, &visible_));
  return store::SeriesSpan{visible_.times_ms, visible_.values, visible_.starts_ms,
                           visible_.histograms};
}

base::Result<store::SeriesSpan> SpanReader::Read(uint32_t series) {
  const HiddenSamples* const hidden = reader_.hidden();
  if (hidden != nullptr && hidden->Touches(series, start_ms_, end_ms_)) return ReadVisible(series);
  store::SeriesSpan out;
  PHAROS_TRY_VOID(reader_.Blocks(series, start_ms_, end_ms_, &blocks_));
  // Float blocks come first.
  const auto floats = static_cast<size_t>(
      std::find_if(blocks_.begin(), blocks_.end(),
                   [](const PartBlock& block) { return block.summary.histograms; }) -
      blocks_.begin());
  if (floats > 0) PHAROS_TRY_VOID(ReadFloats(floats, &out));
  if (floats == blocks_.size()) return out;
  histograms_.histograms.clear();
  for (size_t i = floats; i < blocks_.size(); ++i)
    PHAROS_TRY_VOID(reader_.Decode(blocks_[i], start_ms_, end_ms_, &histograms_));
  out.histograms = histograms_.histograms;
  return out;
}

base::Result<void> SpanReader::ReadFloats(size_t blocks, store::SeriesSpan* out) {
  columns_.clear();
  size_t count = 0;
  bool starts = false;
  for (size_t i = 0; i < blocks; ++i) {
    columns_.push_back(blocks_[i].column);
    count += blocks_[i].summary.count;
    starts = starts || blocks_[i].summary.has_starts;
  }
  const auto floats_end = blocks_.begin() + static_cast<std::ptrdiff_t>(blocks);
  const bool decode =
      !presence_only_ || std::any_of(blocks_.begin(), floats_end,
                                     [](const PartBlock& block) { return block.summary.stale; });
  std::vector<double>& values = decode ? values_ : zeros_;
  if (values.size() < count) values.resize(count);
  if (starts && starts_.size() < count) starts_.resize(count);
  size_t at = 0;
  for (size_t i = 0; i < blocks; ++i) {
    const PartBlock& block = blocks_[i];
    if (decode) PHAROS_TRY_VOID(reader_.Values(block, {values.data() + at, block.summary.count}));
    if (starts) PHAROS_TRY_VOID(reader_.Starts(block, {starts_.data() + at, block.summary.count}));
    at += block.summary.count;
  }
  PHAROS_TRY(const TimeRun* const run, runs_.Of(columns_, reader_));
  out->times_ms = run->times_ms;
  out->values = {values.data() + run->before, run->times_ms.size()};
  if (starts) out->starts_ms = {starts_.data() + run->before, run->times_ms.size()};
  out->times_id = run->id;
  return {};
}

}  // namespace pharos::samples
