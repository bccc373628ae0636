#include "samples/part_builder.h"

#include <algorithm>

#include "codec/time_block.h"
#include "codec/value_block.h"
#include "samples/histogram_codec.h"
#include "samples/label_bytes.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

constexpr int kZstdLevel = 1;

/// How many blocks `count` samples make, all of about the same size.
size_t BlockCount(size_t count) { return (count + kBlockSamples - 1) / kBlockSamples; }

/// Calls `on_block(begin, size)` for each block, until one fails.
template <class OnBlock>
base::Result<void> ForEachBlock(size_t count, OnBlock on_block) {
  const size_t blocks = BlockCount(count);
  for (size_t b = 0; b < blocks; ++b) {
    const size_t begin = count * b / blocks, end = count * (b + 1) / blocks;
    PHAROS_TRY_VOID(on_block(begin, end - begin));
  }
  return {};
}

bool PairLess(std::string_view a, std::string_view b) { return CompareLabels(a, b) < 0; }

}  // namespace

base::Result<std::unique_ptr<PartBuilder>> PartBuilder::Create(io::Fs& fs, const std::string& dir,
                                                               const PartInfo& info) {
  PartInfo start;
  start.generation_min = info.generation_min;
  start.generation_max = info.generation_max;
  start.level = info.level;
  start.min_ms = INT64_MAX;
  start.max_ms = INT64_MIN;
  std::unique_ptr<PartBuilder> builder(new PartBuilder(start));
  PHAROS_TRY(builder->file_, io::PartWriter::Create(fs, dir + "/" + std::string(kPartFile),
                                                    kPartKind, kPartVersion));
  return builder;
}

void PartBuilder::Widen(int64_t min_ms, int64_t max_ms) {
  info_.min_ms = std::min(info_.min_ms, min_ms);
  info_.max_ms = std::max(info_.max_ms, max_ms);
}

void PartBuilder::AddLabels(std::string_view labels) {
  ForEachLabel(labels, [&](model::LabelView, std::string_view pair) {
    auto found = pairs_.find(pair);
    if (found == pairs_.end()) {
      found = pairs_.emplace(std::string(pair), static_cast<uint32_t>(pairs_.size())).first;
    }
    series_pairs_.push_back(found->second);
  });
  pairs_end_.push_back(static_cast<uint32_t>(series_pairs_.size()));
}

base::Result<void> PartBuilder::AddSeries(std::string_view labels,
                                          const store::SeriesColumns& columns) {
  const auto& histograms = columns.histograms;
  const size_t floats = columns.times_ms.size();
  if (floats + histograms.size() == 0) return {};
  if (data_.size() >= kPageBytes) PHAROS_TRY_VOID(FlushData());
  AddLabels(labels);
  SeriesPlace place{data_page_, static_cast<uint32_t>(data_.size()), INT64_MAX, INT64_MIN};
  if (floats > 0) {
    place.min_ms = columns.times_ms.front();
    place.max_ms = columns.times_ms.back();
  }
  if (!histograms.empty()) {
    place.min_ms = std::min(place.min_ms, histograms.front().time_ms);
    place.max_ms = std::max(place.max_ms, histograms.back().time_ms);
  }
  places_.push_back(place);
  Widen(place.min_ms, place.max_ms);
  ++info_.series;
  info_.samples += floats + histograms.size();
  PHAROS_TRY_VOID(AddFloats(columns));
  PHAROS_TRY_VOID(AddHistograms(histograms));
  PutList(false);
  return {};
}

base::Result<void> PartBuilder::AddFloats(const store::SeriesColumns& columns) {
  codec::ValueHint hint;
  return ForEachBlock(columns.times_ms.size(), [&](size_t begin, size_t size) {
    if (hint.exponent == codec::ValueHint::kXor) hint = {};
    block_.clear();
    codec::EncodeValues({columns.values.data() + begin, size}, block_, &hint);
    return PutBlock(BlockKind::kFloats, columns.times_ms.data() + begin, size);
  });
}

base::Result<void> PartBuilder::AddHistograms(
    const std::vector<model::HistogramSample>& histograms) {
  std::vector<int64_t> times;
  return ForEachBlock(histograms.size(), [&](size_t begin, size_t size) {
    block_.clear();
    times.clear();
    const model::Histogram* previous = nullptr;
    for (size_t i = begin; i < begin + size; ++i) {
      EncodeHistogram(*histograms[i].histogram, previous, block_);
      previous = histograms[i].histogram.get();
      times.push_back(histograms[i].time_ms);
    }
    return PutBlock(BlockKind::kHistograms, times.data(), size);
  });
}

base::Result<void> PartBuilder::PutBlock(BlockKind kind, const int64_t* times, size_t count) {
  if (blocks_.size() + block_.size() > kSeriesPageBytes && block_count_ > 0) {
    PutList(true);
    PHAROS_TRY_VOID(FlushData());
  }
  PHAROS_TRY(const uint64_t column, TimeColumn(times, count));
  codec::PutVarint(blocks_, column << 1 | static_cast<uint64_t>(kind));
  codec::PutBytes(blocks_, block_);
  ++block_count_;
  return {};
}

void PartBuilder::PutList(bool goes_on) {
  codec::PutVarint(data_, block_count_ << 1 | (goes_on ? 1 : 0));
  data_ += blocks_;
  blocks_.clear();
  block_count_ = 0;
}

base::Result<uint64_t> PartBuilder::TimeColumn(const int64_t* times, size_t count) {
  column_.clear();
  codec::PutVarint(column_, count);
  codec::EncodeTimes({times, count}, column_);
  const base::Hash128 hash = base::HashBytes128(column_);
  const auto known = shared_columns_.find(hash);
  if (known != shared_columns_.end()) return known->second;
  if (times_.size() >= kPageBytes || time_slots_.size() == kTimeSlots) {
    PHAROS_TRY_VOID(FlushTimes());
  }
  const uint64_t column = uint64_t{time_page_} * kTimeSlots + time_slots_.size();
  time_slots_.push_back(static_cast<uint32_t>(times_.size()));
  times_ += column_;
  if (shared_columns_.size() >= kSharedTimeColumns) shared_columns_.clear();
  shared_columns_.emplace(hash, column);
  return column;
}

base::Result<void> PartBuilder::FlushData() {
  if (data_.empty()) return {};
  PHAROS_TRY_VOID(file_->AddPage(kDataSection, data_, io::kPageZstd, kZstdLevel));
  data_.clear();
  ++data_page_;
  return {};
}

base::Result<void> PartBuilder::FlushTimes() {
  if (time_slots_.empty()) return {};
  const auto put = [&](uint32_t n) {
    for (int shift = 0; shift < 32; shift += 8) times_ += static_cast<char>(n >> shift);
  };
  for (const uint32_t slot : time_slots_) put(slot);
  put(static_cast<uint32_t>(time_slots_.size()));
  PHAROS_TRY_VOID(file_->AddPage(kTimeSection, times_, io::kPageZstd, kZstdLevel));
  times_.clear();
  time_slots_.clear();
  ++time_page_;
  return {};
}

base::Result<void> PartBuilder::AddExemplar(const model::Labels& series,
                                            const model::Exemplar& exemplar) {
  codec::PutBytes(exemplars_, series.bytes());
  EncodeExemplar(exemplar, exemplars_);
  Widen(exemplar.time_ms, exemplar.time_ms);
  return exemplars_.size() >= kIndexPageBytes ? WriteBytes(kExemplarSection, &exemplars_)
                                              : base::Result<void>();
}

base::Result<void> PartBuilder::AddMetadata(std::string_view metric,
                                            const model::Metadata& metadata) {
  codec::PutBytes(metadata_, metric);
  EncodeMetadata(metadata, metadata_);
  return metadata_.size() >= kIndexPageBytes ? WriteBytes(kMetadataSection, &metadata_)
                                             : base::Result<void>();
}

base::Result<void> PartBuilder::WritePairs(std::vector<uint32_t>* rank) {
  std::vector<std::pair<std::string_view, uint32_t>> sorted;
  sorted.reserve(pairs_.size());
  for (const auto& [pair, number] : pairs_) sorted.emplace_back(pair, number);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return PairLess(a.first, b.first); });
  rank->resize(sorted.size());
  std::string page;
  std::string_view previous;
  for (uint32_t i = 0; i < sorted.size(); ++i) {
    (*rank)[sorted[i].second] = i;
    const std::string_view pair = sorted[i].first;
    const auto differ = std::mismatch(pair.begin(), pair.end(), previous.begin(), previous.end());
    const auto shared = static_cast<size_t>(differ.first - pair.begin());
    codec::PutVarint(page, shared);
    codec::PutBytes(page, pair.substr(shared));
    previous = pair;
    if (page.size() < kPageBytes && i + 1 < sorted.size()) continue;
    PHAROS_TRY_VOID(WriteBytes(kPairSection, &page));
    previous = {};
  }
  return {};
}

base::Result<void> PartBuilder::WriteSeries(const std::vector<uint32_t>& rank) {
  std::string page;
  std::vector<uint32_t> previous, pairs;
  SeriesPlace before;
  for (size_t s = 0; s < places_.size(); ++s) {
    const uint32_t begin = s == 0 ? 0 : pairs_end_[s - 1];
    pairs.clear();
    for (uint32_t p = begin; p < pairs_end_[s]; ++p) pairs.push_back(rank[series_pairs_[p]]);
    const auto differ = std::mismatch(pairs.begin(), pairs.end(), previous.begin(), previous.end());
    const auto shared = static_cast<size_t>(differ.first - pairs.begin());
    codec::PutVarint(page, shared);
    codec::PutVarint(page, pairs.size() - shared);
    for (size_t i = shared; i < pairs.size(); ++i) {
      codec::PutVarint(page, pairs[i] - (i > 0 ? pairs[i - 1] : 0));
    }
    const SeriesPlace& place = places_[s];
    codec::PutVarint(page, place.page - before.page);
    codec::PutVarint(page, place.offset - (place.page == before.page ? before.offset : 0));
    codec::PutSigned(page, place.min_ms - before.min_ms);
    codec::PutSigned(page, place.max_ms - before.max_ms);
    before = place;
    previous.swap(pairs);
    if (page.size() < kIndexPageBytes && s + 1 < places_.size()) continue;
    PHAROS_TRY_VOID(WriteBytes(kSeriesSection, &page));
    previous.clear();
    before = {};
  }
  return {};
}

base::Result<void> PartBuilder::WriteBytes(std::string_view section, std::string* bytes) {
  if (bytes->empty()) return {};
  PHAROS_TRY_VOID(file_->AddPage(section, *bytes, io::kPageZstd, kZstdLevel));
  bytes->clear();
  return {};
}

base::Result<uint64_t> PartBuilder::Finish() {
  PHAROS_TRY_VOID(FlushData());
  PHAROS_TRY_VOID(FlushTimes());
  std::vector<uint32_t> rank;
  PHAROS_TRY_VOID(WritePairs(&rank));
  PHAROS_TRY_VOID(WriteSeries(rank));
  PHAROS_TRY_VOID(WriteBytes(kExemplarSection, &exemplars_));
  PHAROS_TRY_VOID(WriteBytes(kMetadataSection, &metadata_));
  PHAROS_TRY_VOID(file_->AddPage(kHeadSection, EncodeInfo(info_)));
  return file_->Finish();
}

}  // namespace pharos::samples
