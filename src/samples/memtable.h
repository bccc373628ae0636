// What one shard took since the last seal: a stream of bytes a series (sample_stream.h) in
// chunks of two cache lines. A generation ends when the seal rotates it; from then on it does
// not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/budget.h"
#include "base/pages.h"
#include "model/sample.h"
#include "samples/limits.h"
#include "store/samples.h"

namespace pharos::samples {

struct Series;

/// A piece of a series' stream, readable by itself. Zero behind what is written.
struct alignas(kMemChunkBytes) MemChunk {
  MemChunk* next = nullptr;
  int64_t first_ms = 0;
  char stream[kMemChunkBytes - 16] = {};
};

/// A sample that was not newer than its series' newest.
struct LateSample {
  int64_t time_ms = 0;
  double value = 0;
  int64_t start_ms = 0;  ///< 0: not known
};

/// From a time on, the counts began at `start_ms`.
struct StartFrom {
  int64_t time_ms = 0;
  int64_t start_ms = 0;
};

/// What few series have: late samples and histograms in the order of arrival, and when the
/// counts of the stream began.
struct MemExtra {
  std::vector<LateSample> late;
  std::vector<model::HistogramSample> histograms;
  std::vector<StartFrom> starts;  ///< rising times; samples before the first have none
};

/// One series within one generation, with the first piece of its stream. The stream's end is
/// in Series::tail while the generation is active.
struct alignas(kMemChunkBytes) MemSeries {
  const Series* series = nullptr;
  MemSeries* older = nullptr;  ///< the series' previous generation; valid only while it lives
  MemExtra* extra = nullptr;
  MemChunk* next = nullptr;
  int64_t first_ms = 0;        ///< of the stream
  int64_t min_ms = INT64_MAX;  ///< over everything of the series in this generation
  uint32_t older_generation = 0;
  uint32_t place = 0;  ///< in Memtable::series()
  char stream[kMemChunkBytes - 56] = {};
};
static_assert(sizeof(MemSeries) == kMemChunkBytes && sizeof(MemChunk) == kMemChunkBytes);

/// The series of a generation in order of their first sample. Grows without moving, and goes away
/// as a whole: a vector that doubles would take as much again while it grows.
class SeriesList {
 public:
  size_t size() const { return size_; }
  size_t bytes() const { return blocks_.size() * kBlockBytes; }
  MemSeries*& operator[](size_t at) const {
    return reinterpret_cast<MemSeries**>(blocks_[at / kInBlock].data())[at % kInBlock];
  }
  void push_back(MemSeries* series) {
    if (size_ % kInBlock == 0) blocks_.emplace_back(kBlockBytes);
    (*this)[size_++] = series;
  }

 private:
  static constexpr size_t kBlockBytes = 32 * 1024, kInBlock = kBlockBytes / sizeof(MemSeries*);

  std::vector<base::Pages> blocks_;
  size_t size_ = 0;
};

/// One generation of one shard.
///
/// Owns: its series' streams. Threads: writes under the shard's lock; a stream up to a `tail`
/// that was read under that lock may be read without. Errors: none. Cost: an append writes to
/// one or two cache lines.
class Memtable {
 public:
  Memtable(uint32_t generation, base::MemoryBudget& budget)
      : generation_(generation), budget_(budget) {}
  ~Memtable() { budget_.Release(accounted_); }
  Memtable(const Memtable&) = delete;
  Memtable& operator=(const Memtable&) = delete;

  uint32_t generation() const { return generation_; }
  uint64_t samples() const { return samples_; }
  size_t bytes() const { return accounted_; }
  const SeriesList& series() const { return series_; }

  /// Makes the series' place in this generation and lets it point there.
  MemSeries* AddSeries(Series& series);
  /// `time_ms` is after all that Add got for this series. The series' newest sample becomes
  /// this one.
  void Add(Series& to, int64_t time_ms, double value);
  /// As Add, where the count began at `start_ms`; 0: not known.
  void AddStarted(Series& to, int64_t time_ms, double value, int64_t start_ms);
  /// Any time; wins over what came before at the same time.
  void AddLate(Series& to, const LateSample& sample);
  void AddHistogram(Series& to, model::HistogramSample sample);
  /// The series holds these samples in this generation from now on and no other, `removed` less
  /// than before. `mem` is its newest or the one before. What readers look at stays as it is.
  void Replace(Series& series, MemSeries& mem, const store::SeriesColumns& columns, size_t removed);
  /// Takes what has grown since the last call from the budget; whether anything has.
  bool Account();

 private:
  void* NewChunk();
  void AddSlowly(Series& to, int64_t time_ms, double value);
  char* StartStream(Series& to, int64_t time_ms);
  MemExtra& ExtraOf(MemSeries& series);

  const uint32_t generation_;
  base::MemoryBudget& budget_;
  std::vector<base::Pages> blocks_;  // 64 KiB to a huge page
  char* free_ = nullptr;
  char* free_end_ = nullptr;
  size_t block_bytes_ = 32 * 1024;  // of the newest
  size_t reserved_ = 0;
  SeriesList series_;
  std::vector<std::unique_ptr<MemExtra>> extras_;
  uint64_t samples_ = 0;
  size_t extra_bytes_ = 0;
  size_t accounted_ = 0;
};

/// Reads one generation of a series, piece by piece.
/// Owns: nothing. Threads: any, while the generation lives.
class MemStreamReader {
 public:
  /// `tail`: where the stream ended under the shard's lock; null when the generation is frozen.
  MemStreamReader(const MemSeries& series, const char* tail);
  /// The next piece that may have samples within [start_ms, end_ms], all of its samples; false
  /// at the end. Times and values are appended.
  bool Next(int64_t start_ms, int64_t end_ms, std::vector<int64_t>* times,
            std::vector<double>* values);

 private:
  void Advance();

  const char* at_;  // stream of the piece; null: no more
  const char* end_;
  int64_t first_ms_;
  const MemChunk* next_;
  const char* tail_;
};

/// Gives the columns' samples from `from` on, all of one stream, the starts that are known.
void FillStarts(std::span<const StartFrom> starts, size_t from, store::SeriesColumns* columns);
/// Appends a late sample.
void PutLate(const LateSample& late, store::SeriesColumns* columns);

}  // namespace pharos::samples
