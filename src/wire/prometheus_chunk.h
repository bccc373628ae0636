// Chunks as Prometheus's storage has them: what a remote read streams. Floats as differences of
// differences and XOR, native histograms one a chunk (valid, and few are read this way).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/sample.h"

namespace pharos::wire {

/// prometheus.Chunk.Encoding.
enum class ChunkEncoding : uint8_t { kXor = 1, kHistogram = 2, kFloatHistogram = 3 };

struct PrometheusChunk {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  ChunkEncoding encoding = ChunkEncoding::kXor;
  std::string data;
};

/// Samples that a chunk of floats holds at most, as Prometheus cuts them.
inline constexpr size_t kChunkSamples = 120;

/// `times` and `values` of equal length, 1 … kChunkSamples.
PrometheusChunk EncodeXorChunk(std::span<const int64_t> times, std::span<const double> values);
PrometheusChunk EncodeHistogramChunk(const model::HistogramSample& sample);

}  // namespace pharos::wire
