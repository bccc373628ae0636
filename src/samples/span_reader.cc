#include "samples/span_reader.h"

#include "codec/value_block.h"
#include "samples/histogram_codec.h"
#include "samples/limits.h"

namespace pharos::samples {

base::Error SpanReader::Corrupt(std::string_view what) const {
  return part_->Named({base::ErrorKind::kCorrupt, std::string(what)});
}

base::Result<void> SpanReader::FindBlocks(uint32_t series) {
  const SeriesPlace& place = index_->place(series);
  uint32_t number = place.page;
  size_t offset = place.offset;
  for (bool goes_on = true; goes_on; ++number, offset = 0) {
    if (page_ == nullptr || page_number_ != number) {
      if (number != place.page) held_.push_back(page_);
      PHAROS_TRY(page_, part_->ReadPage(kDataSection, number, true));
      page_number_ = number;
    }
    if (offset > page_->size()) return std::unexpected(Corrupt("series beyond its page"));
    codec::ByteReader in(std::string_view(*page_).substr(offset));
    const uint64_t list = in.Varint();
    goes_on = (list & 1) != 0;
    for (uint64_t blocks = list >> 1; blocks > 0; --blocks) {
      const uint64_t head = in.Varint();
      const std::string_view bytes = in.Bytes();
      if (!in.ok()) return std::unexpected(Corrupt("bad block head"));
      PHAROS_TRY(const TimeRuns::Shape shape, times_.ShapeOf(head >> 1));
      if (shape.first_ms > end_ms_ || shape.last_ms < start_ms_) continue;
      const bool is_float = static_cast<BlockKind>(head & 1) == BlockKind::kFloats;
      (is_float ? floats_ : histogram_blocks_).push_back({head >> 1, bytes, shape.count});
    }
    if (!in.ok()) return std::unexpected(Corrupt("bad block list"));
  }
  return {};
}

base::Result<void> SpanReader::DecodeHistograms(const Block& block) {
  histogram_times_.clear();
  PHAROS_TRY_VOID(times_.Decode(block.column, &histogram_times_));
  codec::ByteReader values(block.bytes);
  std::shared_ptr<model::Histogram> previous;
  for (const int64_t time_ms : histogram_times_) {
    auto histogram = std::make_shared<model::Histogram>();
    if (!DecodeHistogram(values, previous.get(), histogram.get()))
      return std::unexpected(Corrupt("bad histogram"));
    previous = histogram;
    if (time_ms >= start_ms_ && time_ms <= end_ms_)
      histograms_.push_back({time_ms, std::move(histogram)});
  }
  return {};
}

base::Result<store::SeriesSpan> SpanReader::Read(uint32_t series) {
  store::SeriesSpan out;
  held_.clear();
  floats_.clear();
  histogram_blocks_.clear();
  columns_.clear();
  const SeriesPlace& place = index_->place(series);
  if (place.min_ms > end_ms_ || place.max_ms < start_ms_) return out;
  PHAROS_TRY_VOID(FindBlocks(series));
  size_t count = 0;
  for (const Block& block : floats_) {
    columns_.push_back(block.column);
    count += block.count;
  }
  if (count > 0) {
    if (values_.size() < count) values_.resize(count);
    size_t at = 0;
    for (const Block& block : floats_) {
      codec::ByteReader in(block.bytes);
      if (!codec::DecodeValues(in, {values_.data() + at, block.count}))
        return std::unexpected(Corrupt("bad block"));
      at += block.count;
    }
    PHAROS_TRY(const TimeRun* const run, times_.RunOf(columns_));
    out.times_ms = run->times_ms;
    out.values = {values_.data() + run->before, run->times_ms.size()};
    out.times_id = run->id;
  }
  if (histogram_blocks_.empty()) return out;
  histograms_.clear();
  for (const Block& block : histogram_blocks_) PHAROS_TRY_VOID(DecodeHistograms(block));
  out.histograms = histograms_;
  return out;
}

}  // namespace pharos::samples
