// Prometheus remote read (prometheus.ReadRequest and its two kinds of answer): bytes ↔ model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/sample.h"
#include "wire/prometheus_chunk.h"

namespace pharos::wire {

struct ReadQuery {
  int64_t start_ms = 0;  ///< inclusive
  int64_t end_ms = 0;    ///< inclusive
  std::vector<model::Matcher> matchers;
};

struct ReadRequest {
  static constexpr int32_t kSamples = 0;
  static constexpr int32_t kStreamedChunks = 1;
  std::vector<ReadQuery> queries;
  std::vector<int32_t> accepted;  ///< answers that the client reads, the best first; may be empty
};

/// `body` decompressed. Hints are skipped: whatever they say, all samples in the range are a
/// right answer. kBadInput says what protobuf or a regex says.
base::Result<ReadRequest> ReadReadRequest(std::string_view body);

/// Appends a prometheus.TimeSeries as field `field` of the message that `out` is.
void AppendTimeSeries(std::string& out, uint32_t field, const model::Labels& labels,
                      std::span<const int64_t> times_ms, std::span<const double> values,
                      std::span<const model::HistogramSample> histograms);

/// Appends a frame of the stream: length, checksum, and a ChunkedReadResponse of one series.
void AppendChunkedFrame(std::string& out, const model::Labels& labels,
                        std::span<const PrometheusChunk> chunks, int64_t query_index);

}  // namespace pharos::wire
