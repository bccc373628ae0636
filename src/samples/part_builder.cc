#include "samples/part_builder.h"

#include <algorithm>

#include "codec/int_block.h"
#include "codec/time_block.h"
#include "samples/block_summary.h"
#include "samples/histogram_block.h"
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

void PartBuilder::NumberLabels(std::string_view labels) {
  numbers_.clear();
  ForEachLabel(labels, [&](model::LabelView, std::string_view pair) {
    numbers_.push_back(table_.NumberOf(pair));
  });
}

base::Result<void> PartBuilder::AddSeries(std::string_view labels,
                                          const store::SeriesColumns& columns) {
  PHAROS_TRY_VOID(BeginSeries(labels));
  return AddColumns(columns);
}

base::Result<void> PartBuilder::AddSeries(std::span<const uint32_t> pairs,
                                          const store::SeriesColumns& columns) {
  labels_ = {};
  numbers_.assign(pairs.begin(), pairs.end());
  PHAROS_TRY_VOID(StartSeries());
  return AddColumns(columns);
}

base::Result<void> PartBuilder::AddColumns(const store::SeriesColumns& columns) {
  PHAROS_TRY_VOID(AddFloats(columns));
  PHAROS_TRY_VOID(AddHistograms(columns.histograms));
  return EndSeries();
}

base::Result<void> PartBuilder::BeginSeries(std::string_view labels) {
  labels_ = labels;
  return StartSeries();
}

base::Result<void> PartBuilder::StartSeries() {
  if (bodies_.size() >= kPageBytes || heads_.size() >= kPageBytes) PHAROS_TRY_VOID(FlushData());
  place_ = {data_page_, static_cast<uint32_t>(heads_.size()), INT64_MAX, INT64_MIN};
  list_begin_ = bodies_.size();
  return {};
}

base::Result<void> PartBuilder::EndSeries() {
  if (list_count_ == 0) return {};
  PutList(false);
  if (given_pairs_.empty()) NumberLabels(labels_);
  if (pair_used_.size() < Pairs().size()) pair_used_.resize(Pairs().size());
  for (const uint32_t number : numbers_) pair_used_[number] = 1;
  series_.Add(numbers_, place_);
  Widen(place_.min_ms, place_.max_ms);
  ++info_.series;
  return {};
}

base::Result<void> PartBuilder::AddFloats(const store::SeriesColumns& columns) {
  return ForEachBlock(columns.times_ms.size(), [&](size_t begin, size_t size) {
    const std::span values(columns.values.data() + begin, size);
    const std::span times(columns.times_ms.data() + begin, size);
    head_.clear();
    body_.clear();
    if (hint_.exponent == codec::ValueHint::kXor) hint_ = {};  // of another series, maybe
    codec::EncodeValues(values, body_, &hint_, values.data());
    if (body_[0] == static_cast<char>(codec::ValueForm::kConstant)) body_.clear();
    EncodeSummary(values, body_, head_);
    if (!columns.starts_ms.empty())
      PutStarts({columns.starts_ms.data() + begin, size}, times.front());
    return PutBlock(times);
  });
}

base::Result<void> PartBuilder::AddHistograms(std::span<const model::HistogramSample> histograms) {
  return ForEachBlock(histograms.size(), [&](size_t begin, size_t size) {
    head_.assign(1, static_cast<char>(kHeadHistograms));
    body_.clear();
    histogram_times_.clear();
    starts_.clear();
    EncodeHistograms(histograms.subspan(begin, size), body_);
    for (const model::HistogramSample& sample : histograms.subspan(begin, size)) {
      histogram_times_.push_back(sample.time_ms);
      starts_.push_back(sample.start_ms);
    }
    PutStarts(starts_, histogram_times_.front());
    return PutBlock(histogram_times_);
  });
}

void PartBuilder::PutStarts(std::span<const int64_t> starts, int64_t first_ms) {
  const bool same = std::all_of(starts.begin(), starts.end(),
                                [&](int64_t start) { return start == starts.front(); });
  if (same && starts.front() == 0) return;
  head_[0] = static_cast<char>(head_[0] | (same ? kHeadOneStart : kHeadStarts));
  if (same) {
    codec::PutSigned(head_, static_cast<int64_t>(static_cast<uint64_t>(first_ms) -
                                                 static_cast<uint64_t>(starts.front())));
  } else {
    std::string encoded;
    codec::EncodeInts(starts, encoded);
    body_.insert(0, encoded);
  }
}

base::Result<void> PartBuilder::CopyBlock(std::span<const int64_t> times, std::string_view head,
                                          std::string_view body) {
  head_ = head;
  body_ = body;
  return PutBlock(times);
}

base::Result<void> PartBuilder::PutBlock(std::span<const int64_t> times) {
  if (list_count_ > 0 && bodies_.size() - list_begin_ + body_.size() > kSeriesPageBytes) {
    PutList(true);
    PHAROS_TRY_VOID(FlushData());
  }
  PHAROS_TRY(const uint64_t column, TimeColumn(times));
  if (list_count_ == 0) {
    codec::PutVarint(list_, column);
  } else {
    codec::PutSigned(list_, static_cast<int64_t>(column - list_column_));
  }
  codec::PutVarint(list_, body_.size());
  list_ += head_;
  bodies_ += body_;
  list_column_ = column;
  ++list_count_;
  place_.min_ms = std::min(place_.min_ms, times.front());
  place_.max_ms = std::max(place_.max_ms, times.back());
  info_.samples += times.size();
  return {};
}

void PartBuilder::PutList(bool goes_on) {
  const bool has_bodies = bodies_.size() > list_begin_;
  codec::PutVarint(heads_, list_count_ << 2 | (has_bodies ? 2 : 0) | (goes_on ? 1 : 0));
  if (has_bodies) codec::PutVarint(heads_, list_begin_);
  heads_ += list_;
  list_.clear();
  list_count_ = 0;
}

base::Result<uint64_t> PartBuilder::TimeColumn(std::span<const int64_t> times) {
  const base::Hash128 hash =
      base::HashBytes128({reinterpret_cast<const char*>(times.data()), times.size_bytes()});
  const auto known = shared_columns_.find(hash);
  if (known != shared_columns_.end()) return known->second;
  if (times_.size() >= kPageBytes || time_slots_.size() == kTimeSlots) {
    PHAROS_TRY_VOID(FlushTimes());
  }
  const uint64_t column = uint64_t{time_page_} * kTimeSlots + time_slots_.size();
  time_slots_.push_back(static_cast<uint32_t>(times_.size()));
  codec::PutVarint(times_, times.size());
  codec::EncodeTimes(times, times_);
  if (shared_columns_.size() >= kSharedTimeColumns) shared_columns_.clear();
  shared_columns_.emplace(hash, column);
  return column;
}

base::Result<void> PartBuilder::FlushData() {
  if (heads_.empty()) return {};
  PHAROS_TRY_VOID(file_->AddPage(kBlockSection, heads_, io::kPageZstd, kZstdLevel));
  PHAROS_TRY_VOID(file_->AddPage(kDataSection, bodies_, io::kPageZstd, kZstdLevel));
  heads_.clear();
  bodies_.clear();
  list_begin_ = 0;
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

base::Result<void> PartBuilder::AddMetadata(std::string_view metric,
                                            const model::Metadata& metadata) {
  codec::PutBytes(metadata_, metric);
  EncodeMetadata(metadata, metadata_);
  return metadata_.size() >= kIndexPageBytes ? WriteBytes(kMetadataSection, &metadata_)
                                             : base::Result<void>();
}

/// The numbers of the pairs that series have, in order of the pairs.
std::vector<uint32_t> PartBuilder::SortedPairs() const {
  const auto pairs = Pairs();
  std::vector<uint32_t> sorted;
  for (uint32_t number = 0; number < pair_used_.size(); ++number) {
    if (pair_used_[number] != 0) sorted.push_back(number);
  }
  if (!given_pairs_.empty()) return sorted;
  std::sort(sorted.begin(), sorted.end(),
            [&](uint32_t a, uint32_t b) { return CompareLabels(pairs[a], pairs[b]) < 0; });
  return sorted;
}

base::Result<void> PartBuilder::WritePairs(std::span<const uint32_t> sorted) {
  std::string page;
  std::string_view previous;
  for (uint32_t i = 0; i < sorted.size(); ++i) {
    const std::string_view pair = Pairs()[sorted[i]];
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

base::Result<void> PartBuilder::WriteSeries(std::span<const uint32_t> rank) {
  std::string page;
  std::vector<uint32_t> previous, pairs;
  SeriesPlace before;
  PHAROS_TRY_VOID(series_.ForEach([&](const std::vector<uint32_t>& numbers,
                                      const SeriesPlace& place) -> base::Result<void> {
    pairs.clear();
    for (const uint32_t number : numbers) pairs.push_back(rank[number]);
    const auto differ = std::mismatch(pairs.begin(), pairs.end(), previous.begin(), previous.end());
    const auto shared = static_cast<size_t>(differ.first - pairs.begin());
    codec::PutVarint(page, shared);
    codec::PutVarint(page, pairs.size() - shared);
    for (size_t i = shared; i < pairs.size(); ++i) {
      codec::PutVarint(page, pairs[i] - (i > 0 ? pairs[i - 1] : 0));
    }
    codec::PutVarint(page, place.page - before.page);
    codec::PutVarint(page, place.offset - (place.page == before.page ? before.offset : 0));
    codec::PutSigned(page, place.min_ms - before.min_ms);
    codec::PutSigned(page, place.max_ms - before.max_ms);
    before = place;
    previous.swap(pairs);
    if (page.size() < kIndexPageBytes) return {};
    PHAROS_TRY_VOID(WriteBytes(kSeriesSection, &page));
    previous.clear();
    before = {};
    return {};
  }));
  return WriteBytes(kSeriesSection, &page);
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
  shared_columns_ = {};
  const std::vector<uint32_t> sorted = SortedPairs();
  std::vector<uint32_t> rank(pair_used_.size());
  for (uint32_t i = 0; i < sorted.size(); ++i) rank[sorted[i]] = i;
  PHAROS_TRY_VOID(WritePairs(sorted));
  PHAROS_TRY_VOID(WriteSeries(rank));
  PHAROS_TRY_VOID(WriteBytes(kMetadataSection, &metadata_));
  PHAROS_TRY_VOID(file_->AddPage(kHeadSection, EncodeInfo(info_)));
  return file_->Finish();
}

}  // namespace pharos::samples
