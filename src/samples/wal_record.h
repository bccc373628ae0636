// One request's accepted writes as a WAL payload. Self-contained: every series that a record
// names was declared in a record at or before it and not yet released. Replay needs nothing
// but these bytes.
// Format: docs/format/samples.md, "WAL record".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/varint.h"
#include "model/sample.h"
#include "store/samples.h"

namespace pharos::samples {

/// The frame's codec. 1 was this without starts.
inline constexpr uint8_t kWalRecord = 4;
inline constexpr uint8_t kWalTombstone = 2;  ///< see tombstones.h

/// Owns: the record in the making. Threads: one. Errors: none. Cost: an append of ten or so
/// bytes a sample.
class RecordWriter {
 public:
  void DeclareSeries(uint32_t ref, std::string_view labels);
  /// Makes room for so many samples more.
  void Reserve(size_t samples);
  /// `start_ms`: since when it counts; 0: not known.
  void AddSample(uint32_t ref, int64_t time_ms, double value, int64_t start_ms = 0) {
    if (start_ms != 0 || started_) [[unlikely]]
      return AddStarted(ref, time_ms, value, start_ms);
    if (room_ - used_ < kMostSampleBytes) [[unlikely]]
      Reserve(1);
    char* at = runs_.get() + used_;
    at = codec::PutVarintAt(at, codec::ZigZag(static_cast<int64_t>(ref) - last_ref_));
    at = codec::PutVarintAt(
        at, codec::ZigZag(static_cast<int64_t>(static_cast<uint64_t>(time_ms) -
                                               static_cast<uint64_t>(last_time_ms_))));
    std::memcpy(at, &value, 8);
    used_ = static_cast<size_t>(at + 8 - runs_.get());
    last_ref_ = ref;
    last_time_ms_ = time_ms;
    ++samples_;
  }
  void AddHistogram(uint32_t ref, int64_t time_ms, int64_t start_ms,
                    const model::Histogram& histogram);
  void AddMetadata(std::string_view metric, const model::Metadata& metadata);

  bool empty() const { return samples_ + entries_ == 0; }
  size_t bytes() const { return used_ + rest_.size(); }
  /// The payload; the writer is empty afterwards and keeps its memory.
  std::string Finish();
  /// Every series that the samples and histograms name; some more than once.
  std::vector<uint32_t> Refs() const;

 private:
  static constexpr size_t kMostSampleBytes = 28;

  void AddStarted(uint32_t ref, int64_t time_ms, double value, int64_t start_ms);
  std::string Payload() const;

  std::string declared_, rest_;
  std::unique_ptr<char[]> runs_;
  size_t used_ = 0, room_ = 0;  // bytes of runs_
  size_t series_ = 0, samples_ = 0, entries_ = 0;
  bool started_ = false;  // some sample came with its start
  uint32_t last_ref_ = 0;
  int64_t last_time_ms_ = 0;
};

/// What a record says, in its order.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  virtual base::Result<void> OnSeries(uint32_t ref, model::Labels labels) = 0;
  virtual base::Result<void> OnSample(uint32_t ref, int64_t time_ms, double value,
                                      int64_t start_ms) = 0;
  virtual base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample sample) = 0;
  virtual base::Result<void> OnMetadata(std::string_view metric, model::Metadata metadata) = 0;
};

/// kCorrupt when the bytes are no record; what came before was visited.
base::Result<void> ReadRecord(std::string_view payload, RecordVisitor& visitor);

}  // namespace pharos::samples
