// One request's accepted writes as a WAL payload. Self-contained: every series that a record
// names was declared in a record at or before it and not yet released. Replay needs nothing
// but these bytes.
// Format: docs/format/samples.md, "WAL record".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/sample.h"
#include "store/samples.h"

namespace pharos::samples {

/// The frame's codec.
inline constexpr uint8_t kWalRecord = 1;
inline constexpr uint8_t kWalTombstone = 2;  ///< see tombstones.h

/// Owns: the record in the making. Threads: one. Errors: none. Cost: an append of ten or so
/// bytes a sample.
class RecordWriter {
 public:
  void DeclareSeries(uint32_t ref, std::string_view labels);
  void AddSample(uint32_t ref, int64_t time_ms, double value);
  void AddHistogram(uint32_t ref, int64_t time_ms, const model::Histogram& histogram);
  void AddExemplar(uint32_t ref, const model::Exemplar& exemplar);
  void AddMetadata(std::string_view metric, const model::Metadata& metadata);

  bool empty() const { return samples_ + histograms_ + exemplars_ + metadata_ == 0; }
  size_t bytes() const { return used_ + rest_.size(); }
  /// The payload; the writer is empty afterwards and keeps its memory.
  std::string Finish();
  /// Every series that the samples, histograms and exemplars name; some more than once.
  std::vector<uint32_t> Refs() const;

 private:
  void Room(size_t bytes);

  std::string declared_, runs_, rest_;
  size_t used_ = 0;  // bytes of runs_ in use
  size_t series_ = 0, samples_ = 0, histograms_ = 0, exemplars_ = 0, metadata_ = 0;
  uint32_t last_ref_ = 0;
  int64_t last_time_ms_ = 0;
};

/// What a record says, in its order.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  virtual base::Result<void> OnSeries(uint32_t ref, model::Labels labels) = 0;
  virtual base::Result<void> OnSample(uint32_t ref, int64_t time_ms, double value) = 0;
  virtual base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample sample) = 0;
  virtual base::Result<void> OnExemplar(uint32_t ref, model::Exemplar exemplar) = 0;
  virtual base::Result<void> OnMetadata(std::string_view metric, model::Metadata metadata) = 0;
};

/// kCorrupt when the bytes are no record; what came before was visited.
base::Result<void> ReadRecord(std::string_view payload, RecordVisitor& visitor);

}  // namespace pharos::samples
