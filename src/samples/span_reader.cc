#include "samples/span_reader.h"

#include "samples/hidden_samples.h"

namespace pharos::samples {

base::Result<void> SpanReader::DecodeValues() {
  if (values_.size() < float_count_) values_.resize(float_count_);
  size_t at = 0;
  for (const PartBlock& block : std::span(blocks_).first(floats_)) {
    PHAROS_TRY_VOID(reader_.Values(block, {values_.data() + at, block.summary.count}));
    at += block.summary.count;
  }
  return {};
}

base::Result<void> SpanReader::DecodeStarts() {
  starts_.resize(float_count_);
  size_t at = 0;
  for (const PartBlock& block : std::span(blocks_).first(floats_)) {
    PHAROS_TRY_VOID(reader_.Starts(block, {starts_.data() + at, block.summary.count}));
    at += block.summary.count;
  }
  return {};
}

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
  columns_.clear();
  floats_ = float_count_ = 0;
  bool any_starts = false;
  for (const PartBlock& block : blocks_) {
    if (block.summary.histograms) break;
    columns_.push_back(block.column);
    ++floats_;
    float_count_ += block.summary.count;
    any_starts |= block.summary.has_starts;
  }
  if (floats_ > 0) {
    PHAROS_TRY_VOID(DecodeValues());
    PHAROS_TRY(const TimeRun* const run, times_.RunOf(columns_));
    out.times_ms = run->times_ms;
    out.values = {values_.data() + run->before, run->times_ms.size()};
    out.times_id = run->id;
    if (any_starts) {
      PHAROS_TRY_VOID(DecodeStarts());
      out.starts_ms = {starts_.data() + run->before, run->times_ms.size()};
    }
  }
  histograms_.histograms.clear();
  for (const PartBlock& block : std::span(blocks_).subspan(floats_))
    PHAROS_TRY_VOID(reader_.Decode(block, start_ms_, end_ms_, &histograms_));
  out.histograms = histograms_.histograms;
  return out;
}

}  // namespace pharos::samples
