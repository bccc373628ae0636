// What one shard took since the last seal: an open cell a series, and the chunks that full
// cells were encoded into. A generation ends when the seal rotates it; from then on it does
// not change.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/budget.h"
#include "codec/value_block.h"
#include "model/sample.h"
#include "samples/limits.h"
#include "store/samples.h"

namespace pharos::samples {

struct Series;

/// Encoded samples in an arena: time block, then value block. Immutable once linked. Packed,
/// since there are very many of them.
struct [[gnu::packed]] MemChunk {
  MemChunk* next = nullptr;
  uint16_t bytes = 0;
  uint8_t count = 0;
  std::string_view data() const { return {reinterpret_cast<const char*>(this + 1), bytes}; }
};

/// What few series have: late samples and histograms, in the order of arrival.
struct MemExtra {
  std::vector<model::Sample> late;
  std::vector<model::HistogramSample> histograms;
};

/// One series within one generation. Lives in the generation's arena.
struct MemSeries {
  const Series* series = nullptr;
  MemSeries* older = nullptr;     ///< the series' previous generation; valid only while
  uint32_t older_generation = 0;  ///< that generation lives
  uint32_t samples = 0;
  MemChunk* first = nullptr;
  MemChunk* last = nullptr;
  MemExtra* extra = nullptr;
  int64_t min_ms = INT64_MAX;  ///< over everything of the series in this generation
  int64_t max_ms = INT64_MIN;
  codec::ValueHint hint;
  uint8_t open = 0;                               ///< samples in the cell
  int64_t base_ms = 0;                            ///< of the cell
  std::array<uint32_t, kCellSamples> offsets_ms;  ///< from base_ms
  std::array<double, kCellSamples> values;
};

/// One generation of one shard.
///
/// Owns: its series' cells and chunks. Threads: writes and reads of open cells under the
/// shard's lock; chunks up to a `last` that was read under that lock need none. Errors: none.
/// Cost: an append is a store into the cell; each sixteenth encodes.
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
  const std::vector<MemSeries*>& series() const { return series_; }

  MemSeries* AddSeries(const Series* series, MemSeries* older, uint32_t older_generation);
  /// `time_ms` is after all that Add got for this series.
  void Add(MemSeries& to, int64_t time_ms, double value);
  /// Any time; wins over what came before at the same time.
  void AddLate(MemSeries& to, int64_t time_ms, double value);
  void AddHistogram(MemSeries& to, model::HistogramSample sample);
  /// The series holds these samples from now on and no other. Chunks that readers look at stay.
  void Replace(MemSeries& series, const store::SeriesColumns& columns);
  /// Takes what has grown since the last call from the budget.
  void Account();

 private:
  void CloseCell(MemSeries& series);
  MemExtra& ExtraOf(MemSeries& series);

  const uint32_t generation_;
  base::MemoryBudget& budget_;
  base::Arena arena_{64 * 1024};
  std::vector<MemSeries*> series_;
  std::vector<std::unique_ptr<MemExtra>> extras_;
  std::string scratch_;
  uint64_t samples_ = 0;
  size_t extra_bytes_ = 0;
  size_t accounted_ = 0;
};

/// Decodes a chunk to the end of both vectors. The chunk is our own: a broken one aborts.
void DecodeChunk(const MemChunk& chunk, std::vector<int64_t>* times, std::vector<double>* values);

}  // namespace pharos::samples
