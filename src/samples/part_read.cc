// From a part's blocks back to columns.
#include "codec/limits.h"
#include "codec/time_block.h"
#include "codec/value_block.h"
#include "samples/columns.h"
#include "samples/hidden_samples.h"
#include "samples/histogram_codec.h"
#include "samples/limits.h"
#include "samples/part.h"

namespace pharos::samples {
namespace {

uint32_t LoadU32(const char* at) {
  uint32_t n = 0;
  for (int i = 3; i >= 0; --i) n = n << 8 | static_cast<uint8_t>(at[i]);
  return n;
}

/// The bytes of one slot of a time page: columns, their offsets, their number.
bool FindSlot(std::string_view page, uint32_t slot, std::string_view* column) {
  if (page.size() < 4) return false;
  const uint64_t slots = LoadU32(page.data() + page.size() - 4);
  if (slot >= slots || (slots + 1) * 4 > page.size()) return false;
  const size_t columns_end = page.size() - (slots + 1) * 4;
  const char* table = page.data() + columns_end;
  const size_t begin = LoadU32(table + slot * 4);
  const size_t end = slot + 1 < slots ? LoadU32(table + (slot + 1) * 4) : columns_end;
  if (begin > end || end > columns_end) return false;
  *column = page.substr(begin, end - begin);
  return true;
}

}  // namespace

base::Error PartSeriesReader::Corrupt(std::string_view what) const {
  return part_->Named({base::ErrorKind::kCorrupt, std::string(what)});
}

base::Result<std::string_view> PartSeriesReader::Column(uint64_t column) {
  const auto page = static_cast<uint32_t>(column / kTimeSlots);
  if (times_ == nullptr || times_page_ != page) {
    PHAROS_TRY(times_, part_->ReadPage(kTimeSection, page, cached_));
    times_page_ = page;
  }
  std::string_view bytes;
  if (!FindSlot(*times_, static_cast<uint32_t>(column % kTimeSlots), &bytes)) {
    return std::unexpected(Corrupt("bad time column"));
  }
  return bytes;
}

base::Result<void> PartSeriesReader::Read(uint32_t series, int64_t start_ms, int64_t end_ms,
                                          store::SeriesColumns* out) {
  const size_t floats = out->times_ms.size(), histograms = out->histograms.size();
  PHAROS_TRY_VOID(ReadBlocks(series, start_ms, end_ms, out));
  if (hidden_ != nullptr) hidden_->Filter(series, floats, histograms, out);
  return {};
}

base::Result<void> PartSeriesReader::ReadBlocks(uint32_t series, int64_t start_ms, int64_t end_ms,
                                                store::SeriesColumns* out) {
  const SeriesPlace& place = index_->place(series);
  if (place.min_ms > end_ms || place.max_ms < start_ms) return {};
  uint32_t page = place.page;
  size_t offset = place.offset;
  for (bool goes_on = true; goes_on; ++page, offset = 0) {
    if (data_ == nullptr || data_page_ != page) {
      PHAROS_TRY(data_, part_->ReadPage(kDataSection, page, cached_));
      data_page_ = page;
    }
    if (offset > data_->size()) return std::unexpected(Corrupt("series beyond its page"));
    codec::ByteReader in(std::string_view(*data_).substr(offset));
    const uint64_t list = in.Varint();
    goes_on = (list & 1) != 0;
    for (uint64_t blocks = list >> 1; blocks > 0; --blocks) {
      const uint64_t head = in.Varint();
      const std::string_view bytes = in.Bytes();
      if (!in.ok()) return std::unexpected(Corrupt("bad block head"));
      PHAROS_TRY(const std::string_view column, Column(head >> 1));
      PHAROS_TRY_VOID(
          ReadBlock(static_cast<BlockKind>(head & 1), column, bytes, start_ms, end_ms, out));
    }
    if (!in.ok()) return std::unexpected(Corrupt("bad block list"));
  }
  return {};
}

base::Result<void> PartSeriesReader::ReadBlock(BlockKind kind, std::string_view column,
                                               std::string_view bytes, int64_t start_ms,
                                               int64_t end_ms, store::SeriesColumns* out) {
  codec::ByteReader times(column), values(bytes);
  const uint64_t count = times.Varint();
  codec::TimeBounds bounds;
  if (!times.ok() || count == 0 || count > codec::kMaxBlockValues ||
      !codec::PeekTimes(times, &bounds)) {
    return std::unexpected(Corrupt("bad time column"));
  }
  if (bounds.first > end_ms || bounds.last < start_ms) return {};
  if (kind == BlockKind::kFloats) {
    const size_t at = out->times_ms.size();
    out->times_ms.resize(at + count);
    out->values.resize(at + count);
    if (!codec::DecodeTimes(times, {out->times_ms.data() + at, count}) ||
        !codec::DecodeValues(values, {out->values.data() + at, count})) {
      return std::unexpected(Corrupt("bad block"));
    }
    TrimFloats(out, at, start_ms, end_ms);
    return {};
  }
  histogram_times_.resize(count);
  if (!codec::DecodeTimes(times, histogram_times_)) return std::unexpected(Corrupt("bad block"));
  std::shared_ptr<model::Histogram> previous;
  for (const int64_t time_ms : histogram_times_) {
    auto histogram = std::make_shared<model::Histogram>();
    if (!DecodeHistogram(values, previous.get(), histogram.get()))
      return std::unexpected(Corrupt("bad histogram"));
    previous = histogram;
    if (time_ms >= start_ms && time_ms <= end_ms)
      out->histograms.push_back({time_ms, std::move(histogram)});
  }
  return {};
}

}  // namespace pharos::samples
