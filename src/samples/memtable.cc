#include "samples/memtable.h"

#include <cstring>
#include <new>

#include "base/result.h"
#include "codec/time_block.h"

namespace pharos::samples {
namespace {

/// Bytes of a histogram in memory, for the budget.
size_t SizeOf(const model::Histogram& h) {
  return sizeof h + 64 +
         (h.positive_spans.size() + h.negative_spans.size()) * sizeof(model::BucketSpan) +
         (h.positive_counts.size() + h.negative_counts.size() + h.custom_bounds.size()) * 8;
}

void Widen(MemSeries& series, int64_t time_ms) {
  if (time_ms < series.min_ms) series.min_ms = time_ms;
  if (time_ms > series.max_ms) series.max_ms = time_ms;
}

}  // namespace

MemSeries* Memtable::AddSeries(const Series* series, MemSeries* older, uint32_t older_generation) {
  auto* made = new (arena_.Allocate(sizeof(MemSeries))) MemSeries;
  made->series = series;
  made->older = older;
  made->older_generation = older_generation;
  series_.push_back(made);
  return made;
}

void Memtable::Add(MemSeries& to, int64_t time_ms, double value) {
  if (to.open > 0 &&
      static_cast<uint64_t>(time_ms) - static_cast<uint64_t>(to.base_ms) > UINT32_MAX) {
    CloseCell(to);
  }
  if (to.open == 0) to.base_ms = time_ms;
  to.offsets_ms[to.open] = static_cast<uint32_t>(time_ms - to.base_ms);
  to.values[to.open] = value;
  ++to.open;
  ++to.samples;
  ++samples_;
  Widen(to, time_ms);
  if (to.open == kCellSamples) CloseCell(to);
}

void Memtable::AddLate(MemSeries& to, int64_t time_ms, double value) {
  ExtraOf(to).late.push_back({time_ms, value});
  extra_bytes_ += 2 * sizeof(model::Sample);
  ++to.samples;
  ++samples_;
  Widen(to, time_ms);
}

void Memtable::AddHistogram(MemSeries& to, model::HistogramSample sample) {
  extra_bytes_ += SizeOf(*sample.histogram);
  Widen(to, sample.time_ms);
  ExtraOf(to).histograms.push_back(std::move(sample));
  ++to.samples;
  ++samples_;
}

void Memtable::Account() {
  const size_t now =
      arena_.ReservedBytes() + extra_bytes_ + series_.capacity() * sizeof(MemSeries*);
  if (now > accounted_) budget_.Reserve(now - accounted_), accounted_ = now;
}

void Memtable::CloseCell(MemSeries& series) {
  std::array<int64_t, kCellSamples> times;
  for (size_t i = 0; i < series.open; ++i) times[i] = series.base_ms + series.offsets_ms[i];
  scratch_.clear();
  codec::EncodeTimes({times.data(), series.open}, scratch_);
  codec::EncodeValues({series.values.data(), series.open}, scratch_, &series.hint);
  auto* chunk = new (arena_.Allocate(sizeof(MemChunk) + scratch_.size(), 1)) MemChunk;
  chunk->bytes = static_cast<uint16_t>(scratch_.size());
  chunk->count = series.open;
  std::memcpy(reinterpret_cast<char*>(chunk + 1), scratch_.data(), scratch_.size());
  (series.last != nullptr ? series.last->next : series.first) = chunk;
  series.last = chunk;
  series.open = 0;
}

MemExtra& Memtable::ExtraOf(MemSeries& series) {
  if (series.extra == nullptr) {
    extras_.push_back(std::make_unique<MemExtra>());
    series.extra = extras_.back().get();
    extra_bytes_ += sizeof(MemExtra) + 64;
  }
  return *series.extra;
}

void DecodeChunk(const MemChunk& chunk, std::vector<int64_t>* times, std::vector<double>* values) {
  const size_t at = times->size();
  times->resize(at + chunk.count);
  values->resize(at + chunk.count);
  codec::ByteReader in(chunk.data());
  const bool ok = codec::DecodeTimes(in, {times->data() + at, chunk.count}) &&
                  codec::DecodeValues(in, {values->data() + at, chunk.count});
  PHAROS_CHECK(ok, "a chunk in memory does not decode");
}

}  // namespace pharos::samples
