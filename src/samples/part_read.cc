// From a part's blocks back to columns.
#include <algorithm>

#include "codec/int_block.h"
#include "codec/limits.h"
#include "codec/time_block.h"
#include "codec/value_block.h"
#include "samples/hidden_samples.h"
#include "samples/histogram_block.h"
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

/// A copy of it is made faster than one from nothing.
constexpr PartBlock kNoBlock;

}  // namespace

base::Error PartSeriesReader::Corrupt(std::string_view what) const {
  return part_->Named({base::ErrorKind::kCorrupt, std::string(what)});
}

base::Result<codec::ByteReader> PartSeriesReader::EncodedTimes(uint64_t column, uint64_t* count) {
  if (column / kTimeSlots > UINT32_MAX) return std::unexpected(Corrupt("bad time column"));
  const auto number = static_cast<uint32_t>(column / kTimeSlots);
  TimePage& page = time_pages_[number % kTimePages];
  if (page.bytes == nullptr || page.number != number) {
    PHAROS_TRY(page.bytes, part_->ReadPage(kTimeSection, number, cached_));
    page.number = number;
  }
  std::string_view bytes;
  if (!FindSlot(*page.bytes, static_cast<uint32_t>(column % kTimeSlots), &bytes))
    return std::unexpected(Corrupt("bad time column"));
  codec::ByteReader in(bytes);
  *count = in.Varint();
  if (!in.ok() || *count == 0 || *count > codec::kMaxBlockValues)
    return std::unexpected(Corrupt("bad time column"));
  return in;
}

base::Result<const PartSeriesReader::TimeColumn*> PartSeriesReader::FindColumn(uint64_t column) {
  uint64_t count = 0;
  PHAROS_TRY(const codec::ByteReader in, EncodedTimes(column, &count));
  codec::TimeBounds bounds;
  if (!codec::PeekTimes(in, &bounds)) return std::unexpected(Corrupt("bad time column"));
  TimeColumn& made = recent_[column % kRecentColumns];
  made = {column, bounds.first, bounds.last, static_cast<uint32_t>(count)};
  return &made;
}

base::Result<void> PartSeriesReader::DecodeTimes(uint64_t column, std::span<int64_t> out) {
  uint64_t count = 0;
  PHAROS_TRY(codec::ByteReader in, EncodedTimes(column, &count));
  if (count != out.size() || !codec::DecodeTimes(in, out))
    return std::unexpected(Corrupt("bad time column"));
  return {};
}

base::Result<std::span<const int64_t>> PartSeriesReader::Times(uint64_t column) {
  const auto known = times_.find(column);
  if (known != times_.end()) return std::span<const int64_t>(known->second);
  PHAROS_TRY(const TimeColumn* const head, Column(column));
  std::vector<int64_t> times(head->count);
  PHAROS_TRY_VOID(DecodeTimes(column, times));
  if (times_size_ > kReaderTimes) times_.clear(), times_size_ = 0;
  times_size_ += times.size();
  return std::span<const int64_t>(times_[column] = std::move(times));
}

base::Result<void> PartSeriesReader::AppendBlocks(const SeriesPlace& place, int64_t start_ms,
                                                  int64_t end_ms, std::vector<PartBlock>* out) {
  if (place.min_ms > end_ms || place.max_ms < start_ms) return {};
  uint32_t page = place.page;
  size_t offset = place.offset;
  if (heads_.empty() || heads_page_ != page) {
    heads_.clear();
    heads_page_ = page;
  } else {
    heads_.resize(1);
  }
  for (bool goes_on = true; goes_on; ++page, offset = 0) {
    if (heads_.size() == page - heads_page_) {
      PHAROS_TRY(auto read, part_->ReadPage(kBlockSection, page, cached_));
      heads_.push_back(std::move(read));
    }
    const std::string& heads = *heads_.back();
    if (offset > heads.size()) return std::unexpected(Corrupt("series beyond its page"));
    codec::ByteReader in(std::string_view(heads).substr(offset));
    const uint64_t list = in.Varint();
    goes_on = (list & 1) != 0;
    uint64_t at = list & 2 ? in.Varint() : 0;
    uint64_t column = 0;
    for (uint64_t left = list >> 2; left > 0; --left) {
      PartBlock& block = out->emplace_back(kNoBlock);
      column = left == list >> 2 ? in.Varint() : column + static_cast<uint64_t>(in.Signed());
      const uint64_t bytes = in.Varint();
      if (!in.ok() || at + bytes > UINT32_MAX) return std::unexpected(Corrupt("bad block head"));
      PHAROS_TRY(const TimeColumn* const times, Column(column));
      block.summary.count = times->count;
      block.summary.first_ms = times->first_ms;
      block.summary.last_ms = times->last_ms;
      const char* const head = in.position();
      if (!SkimSummary(in, &block.flags, &block.one_start, &block.summary))
        return std::unexpected(Corrupt("bad block head"));
      block.head = {head, static_cast<size_t>(in.position() - head)};
      block.column = column;
      block.page = page;
      block.offset = static_cast<uint32_t>(at);
      block.bytes = static_cast<uint32_t>(bytes);
      at += bytes;
      if (times->first_ms > end_ms || times->last_ms < start_ms) out->pop_back();
    }
  }
  return {};
}

base::Result<std::string_view> PartSeriesReader::Body(const PartBlock& block) {
  if (block.bytes == 0) return std::string_view();
  if (data_ == nullptr || data_page_ != block.page) {
    PHAROS_TRY(data_, part_->ReadPage(kDataSection, block.page, cached_));
    data_page_ = block.page;
  }
  if (block.offset > data_->size() || block.bytes > data_->size() - block.offset)
    return std::unexpected(Corrupt("block beyond its page"));
  return std::string_view(*data_).substr(block.offset, block.bytes);
}

base::Result<codec::ByteReader> PartSeriesReader::AfterStarts(const PartBlock& block) {
  PHAROS_TRY(const std::string_view body, Body(block));
  codec::ByteReader in(body);
  if (block.flags & kHeadStarts) {
    starts_.resize(block.summary.count);
    if (!codec::DecodeInts(in, starts_)) return std::unexpected(Corrupt("bad start times"));
  }
  return in;
}

base::Result<std::string_view> PartSeriesReader::ValueBlock(const PartBlock& block) {
  PHAROS_TRY(const codec::ByteReader in, AfterStarts(block));
  return in.rest();
}

base::Result<void> PartSeriesReader::Values(const PartBlock& block, std::span<double> out) {
  if (block.summary.histograms) return std::unexpected(Corrupt("histograms for floats"));
  if (block.summary.constant) {
    std::fill(out.begin(), out.end(), block.summary.first);
    return {};
  }
  PHAROS_TRY(codec::ByteReader in, AfterStarts(block));
  if (!codec::DecodeValues(in, out, &block.summary.first))
    return std::unexpected(Corrupt("bad block"));
  return {};
}

base::Result<void> PartSeriesReader::Starts(const PartBlock& block, std::span<int64_t> out) {
  if ((block.flags & kHeadStarts) == 0) {
    std::fill(out.begin(), out.end(), block.one_start);
    return {};
  }
  PHAROS_TRY(const std::string_view body, Body(block));
  codec::ByteReader in(body);
  if (!codec::DecodeInts(in, out)) return std::unexpected(Corrupt("bad start times"));
  return {};
}

base::Result<void> PartSeriesReader::Decode(const PartBlock& block, int64_t start_ms,
                                            int64_t end_ms, store::SeriesColumns* out) {
  PHAROS_TRY(const std::span<const int64_t> times, Times(block.column));
  if (block.summary.histograms) return DecodeHistograms(block, times, start_ms, end_ms, out);
  size_t begin = 0, end = times.size();
  if (block.summary.first_ms < start_ms || block.summary.last_ms > end_ms) {
    begin =
        static_cast<size_t>(std::lower_bound(times.begin(), times.end(), start_ms) - times.begin());
    end = static_cast<size_t>(std::upper_bound(times.begin(), times.end(), end_ms) - times.begin());
    if (begin >= end) return {};
  }
  return DecodeFloats(block, times, begin, end, out);
}

base::Result<void> PartSeriesReader::DecodeFloats(const PartBlock& block,
                                                  std::span<const int64_t> times, size_t begin,
                                                  size_t end, store::SeriesColumns* out) {
  const size_t at = out->times_ms.size(), taken = end - begin;
  const auto from = [&](const auto& column) { return column.begin() + static_cast<long>(begin); };
  const auto to = [&](const auto& column) { return column.begin() + static_cast<long>(end); };
  if (taken == times.size()) {
    out->values.resize(at + taken);
    PHAROS_TRY_VOID(Values(block, {out->values.data() + at, taken}));
  } else {
    values_.resize(times.size());
    PHAROS_TRY_VOID(Values(block, values_));
    out->values.insert(out->values.end(), from(values_), to(values_));
  }
  out->times_ms.insert(out->times_ms.end(), from(times), to(times));
  if (!block.summary.has_starts) {
    if (!out->starts_ms.empty()) out->starts_ms.resize(at + taken, 0);
    return {};
  }
  out->starts_ms.resize(at, 0);
  starts_.resize(times.size());
  PHAROS_TRY_VOID(Starts(block, starts_));
  out->starts_ms.insert(out->starts_ms.end(), from(starts_), to(starts_));
  return {};
}

base::Result<void> PartSeriesReader::DecodeHistograms(const PartBlock& block,
                                                      std::span<const int64_t> times,
                                                      int64_t start_ms, int64_t end_ms,
                                                      store::SeriesColumns* out) {
  starts_.assign(times.size(), block.one_start);
  PHAROS_TRY(codec::ByteReader in, AfterStarts(block));
  std::vector<std::shared_ptr<model::Histogram>> histograms;
  if (!samples::DecodeHistograms(in, times.size(), &histograms))
    return std::unexpected(Corrupt("bad histogram"));
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] >= start_ms && times[i] <= end_ms)
      out->histograms.push_back({times[i], std::move(histograms[i]), starts_[i]});
  }
  return {};
}

base::Result<void> PartSeriesReader::Read(uint32_t series, const SeriesPlace& place,
                                          int64_t start_ms, int64_t end_ms,
                                          store::SeriesColumns* out) {
  const size_t floats = out->times_ms.size(), histograms = out->histograms.size();
  PHAROS_TRY_VOID(Blocks(place, start_ms, end_ms, &blocks_));
  for (const PartBlock& block : blocks_) PHAROS_TRY_VOID(Decode(block, start_ms, end_ms, out));
  if (hidden_ != nullptr) hidden_->Filter(series, floats, histograms, out);
  return {};
}

}  // namespace pharos::samples
