#include "samples/memtable.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "base/result.h"
#include "samples/sample_stream.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

/// Bytes of a histogram in memory, for the budget.
size_t SizeOf(const model::Histogram& h) {
  return sizeof h + 64 +
         (h.positive_spans.size() + h.negative_spans.size()) * sizeof(model::BucketSpan) +
         (h.positive_counts.size() + h.negative_counts.size() + h.custom_bounds.size()) * 8;
}

/// Where the piece starts that `tail` is in, or at whose end it is.
template <class Pointer>
auto PieceOf(Pointer* tail) {
  const auto address = reinterpret_cast<uintptr_t>(tail - 1);
  return tail - 1 - address % kMemChunkBytes;
}

/// Fetches a piece: all of its two cache lines.
void Prefetch(const void* piece) {
  __builtin_prefetch(piece);
  __builtin_prefetch(static_cast<const char*>(piece) + 64);
}

/// Puts a sample behind the series' newest, of which the stream must know.
char* Put(char* at, Series& to, bool first, int64_t time_ms, double value) {
  StreamPoint point{to.last_ms, to.last_bits, to.last_step_ms};
  if (first) point = {.time_ms = time_ms};
  char* end = PutSample(at, point, to.exponent, first, time_ms, value);
  to.last_ms = point.time_ms;
  to.last_bits = point.bits;
  to.last_step_ms = point.step_ms;
  to.last_is_histogram = false;
  return end;
}

}  // namespace

void* Memtable::NewChunk() {
  if (free_ == free_end_) {
    block_bytes_ = std::min(block_bytes_ * 2, base::kHugePageBytes);
    free_ = blocks_.emplace_back(block_bytes_).data();
    free_end_ = free_ + block_bytes_;
    reserved_ += block_bytes_;
  }
  return std::exchange(free_, free_ + kMemChunkBytes);
}

MemSeries* Memtable::AddSeries(Series& series) {
  auto* made = new (NewChunk()) MemSeries;
  made->series = &series;
  made->older = series.mem;
  made->older_generation = series.mem_generation;
  made->place = static_cast<uint32_t>(series_.size());
  series_.push_back(made);
  series.mem = made;
  series.mem_generation = generation_;
  series.tail = made->stream;
  series.stream_open = false;
  series.has_starts = false;
  return made;
}

void Memtable::Replace(Series& series, MemSeries& mem, const store::SeriesColumns& columns,
                       size_t removed) {
  auto* made = new (NewChunk()) MemSeries;
  made->series = &series;
  made->older = mem.older;
  made->older_generation = mem.older_generation;
  made->place = mem.place;
  series_[mem.place] = made;
  if (mem.extra != nullptr) {
    made->extra = mem.extra;
    *made->extra = {};
  }
  // The stream is written as that of a series that has nothing else.
  Series alone;
  alone.mem = made;
  alone.tail = made->stream;
  const uint64_t samples = samples_;
  for (size_t i = 0; i < columns.times_ms.size(); ++i) {
    AddStarted(alone, columns.times_ms[i], columns.values[i],
               columns.starts_ms.empty() ? 0 : columns.starts_ms[i]);
  }
  for (const model::HistogramSample& sample : columns.histograms) AddHistogram(alone, sample);
  samples_ = samples - std::min<uint64_t>(samples, removed);
  if (series.mem == &mem) {
    series.mem = made;
    series.tail = alone.tail;
    series.stream_open = false;
    series.has_starts = alone.has_starts;
  } else {
    PHAROS_CHECK(series.mem->older == &mem, "a series has more than two generations");
    series.mem->older = made;
  }
}

void Memtable::Add(Series& to, int64_t time_ms, double value) {
  ++samples_;
  char* tail = to.tail;
  char* end = PieceOf(tail) + kMemChunkBytes;
  if (!to.stream_open || end - tail < static_cast<long>(kStreamSampleBytes)) [[unlikely]] {
    return AddSlowly(to, time_ms, value);
  }
  to.tail = Put(tail, to, false, time_ms, value);
}

void Memtable::AddSlowly(Series& to, int64_t time_ms, double value) {
  if (!to.stream_open) {
    to.tail = Put(StartStream(to, time_ms), to, true, time_ms, value);
    to.stream_open = true;
    return;
  }
  // Near the end of a piece: what fits exactly still goes in.
  char sample[kStreamSampleBytes];
  const auto bytes = static_cast<size_t>(Put(sample, to, false, time_ms, value) - sample);
  const auto room = static_cast<size_t>(PieceOf(to.tail) + kMemChunkBytes - to.tail);
  if (bytes <= room) {
    std::memcpy(to.tail, sample, bytes);
    to.tail += bytes;
    return;
  }
  to.tail = Put(StartStream(to, time_ms), to, true, time_ms, value);
}

/// A fresh piece at the end of the series; where its stream starts.
char* Memtable::StartStream(Series& to, int64_t time_ms) {
  MemSeries& mem = *to.mem;
  if (time_ms < mem.min_ms) mem.min_ms = time_ms;
  if (to.tail == mem.stream) {  // nothing in it yet
    mem.first_ms = time_ms;
    return mem.stream;
  }
  auto* chunk = new (NewChunk()) MemChunk;
  chunk->first_ms = time_ms;
  char* piece = PieceOf(to.tail);
  if (piece == reinterpret_cast<char*>(&mem)) {
    mem.next = chunk;
  } else {
    reinterpret_cast<MemChunk*>(piece)->next = chunk;
  }
  return chunk->stream;
}

void Memtable::AddStarted(Series& to, int64_t time_ms, double value, int64_t start_ms) {
  Add(to, time_ms, value);
  if (start_ms == 0 && !to.has_starts) return;
  std::vector<StartFrom>& starts = ExtraOf(*to.mem).starts;
  if (!starts.empty() && starts.back().start_ms == start_ms) return;
  starts.push_back({time_ms, start_ms});
  extra_bytes_ += 2 * sizeof(StartFrom);
  to.has_starts = true;
}

void Memtable::AddLate(Series& to, const LateSample& sample) {
  MemSeries& mem = *to.mem;
  ExtraOf(mem).late.push_back(sample);
  extra_bytes_ += 2 * sizeof(LateSample);
  ++samples_;
  mem.min_ms = std::min(mem.min_ms, sample.time_ms);
  if (sample.time_ms < to.last_ms) return;
  to.last_ms = sample.time_ms;
  to.last_bits = std::bit_cast<uint64_t>(sample.value);
  to.last_is_histogram = false;
  to.stream_open = false;  // the stream does not know this sample
}

void Memtable::AddHistogram(Series& to, model::HistogramSample sample) {
  MemSeries& mem = *to.mem;
  extra_bytes_ += SizeOf(*sample.histogram);
  ++samples_;
  mem.min_ms = std::min(mem.min_ms, sample.time_ms);
  if (sample.time_ms >= to.last_ms) {
    to.last_ms = sample.time_ms;
    to.last_is_histogram = true;
    to.stream_open = false;
  }
  ExtraOf(mem).histograms.push_back(std::move(sample));
}

bool Memtable::Account() {
  const size_t now = reserved_ + extra_bytes_ + series_.bytes();
  if (now <= accounted_) return false;
  budget_.Reserve(now - accounted_);
  accounted_ = now;
  return true;
}

MemExtra& Memtable::ExtraOf(MemSeries& series) {
  if (series.extra == nullptr) {
    extras_.push_back(std::make_unique<MemExtra>());
    series.extra = extras_.back().get();
    extra_bytes_ += sizeof(MemExtra) + 64;
  }
  return *series.extra;
}

MemStreamReader::MemStreamReader(const MemSeries& series, const char* tail)
    : at_(series.stream),
      end_(reinterpret_cast<const char*>(&series + 1)),
      first_ms_(series.first_ms),
      next_(nullptr),
      tail_(tail) {
  if (tail_ != nullptr && PieceOf(tail_) == reinterpret_cast<const char*>(&series)) {
    end_ = tail_;
  } else {
    next_ = series.next;
  }
}

bool MemStreamReader::Next(int64_t start_ms, int64_t end_ms, std::vector<int64_t>* times,
                           std::vector<double>* values) {
  while (at_ != nullptr && first_ms_ <= end_ms) {
    if (next_ != nullptr) Prefetch(next_);  // while this one is decoded
    const bool passed = start_ms > INT64_MIN && next_ != nullptr && next_->first_ms <= start_ms;
    size_t count = 0;
    if (!passed && at_ != end_ && *at_ != 0) {
      int64_t some_times[MostSamples(kMemChunkBytes)];
      double some_values[MostSamples(kMemChunkBytes)];
      count = ReadStream(at_, end_, first_ms_, some_times, some_values);
      times->insert(times->end(), some_times, some_times + count);
      values->insert(values->end(), some_values, some_values + count);
    }
    Advance();
    if (count > 0) return true;
  }
  return false;
}

void MemStreamReader::Advance() {
  at_ = nullptr;
  if (next_ == nullptr) return;
  at_ = next_->stream;
  first_ms_ = next_->first_ms;
  const bool last = tail_ != nullptr && PieceOf(tail_) == reinterpret_cast<const char*>(next_);
  end_ = last ? tail_ : reinterpret_cast<const char*>(next_ + 1);
  next_ = last ? nullptr : next_->next;
}

void FillStarts(std::span<const StartFrom> starts, size_t from, store::SeriesColumns* columns) {
  if (starts.empty() && columns->starts_ms.empty()) return;
  columns->starts_ms.resize(columns->times_ms.size(), 0);
  size_t next = 0;
  int64_t start_ms = 0;
  for (size_t i = from; i < columns->times_ms.size(); ++i) {
    for (; next < starts.size() && starts[next].time_ms <= columns->times_ms[i]; ++next)
      start_ms = starts[next].start_ms;
    columns->starts_ms[i] = start_ms;
  }
}

void PutLate(const LateSample& late, store::SeriesColumns* columns) {
  columns->times_ms.push_back(late.time_ms);
  columns->values.push_back(late.value);
  if (late.start_ms == 0 && columns->starts_ms.empty()) return;
  columns->starts_ms.resize(columns->times_ms.size(), 0);
  columns->starts_ms.back() = late.start_ms;
}

}  // namespace pharos::samples
