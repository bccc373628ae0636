// OTLP metrics (protobuf) → a plain structure, all kinds of points in one shape. Meaning
// (names, temporality) is the receiver's business.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "model/event.h"
#include "wire/otlp_value.h"

namespace pharos::wire {

struct OtlpExemplar {
  int64_t time_ns = 0;
  double value = 0;
  model::TraceId trace_id;
  model::SpanId span_id;
  std::span<const model::KeyValue> attributes;
};

struct OtlpQuantile {
  double quantile = 0;
  double value = 0;
};

/// The buckets of an exponential histogram on one side: counts from index `offset` on.
struct OtlpBuckets {
  int32_t offset = 0;
  std::span<const uint64_t> counts;
};

/// One data point of any kind; what a kind does not have stays zero or empty.
struct OtlpPoint {
  std::span<const model::KeyValue> attributes;
  std::string_view raw_attributes;  ///< their KeyValue fields, one behind the other
  int64_t start_ns = 0;
  int64_t time_ns = 0;
  bool no_recorded_value = false;
  bool time_out_of_range = false;  ///< beyond i64: to be rejected
  double value = 0;                ///< gauge and sum
  uint64_t count = 0;              ///< histograms and summary, as the rest
  double sum = 0;
  bool has_sum = false;
  std::span<const uint64_t> bucket_counts;  ///< explicit histogram
  std::span<const double> bounds;
  int32_t scale = 0;  ///< exponential histogram
  uint64_t zero_count = 0;
  double zero_threshold = 0;
  OtlpBuckets positive, negative;
  std::span<const OtlpQuantile> quantiles;  ///< summary
  std::span<const OtlpExemplar> exemplars;
};

enum class OtlpMetricType : uint8_t {
  kNone,
  kGauge,
  kSum,
  kHistogram,
  kExponentialHistogram,
  kSummary
};
enum class OtlpTemporality : uint8_t { kUnspecified, kDelta, kCumulative };

struct OtlpMetric {
  std::string_view name, description, unit;
  OtlpMetricType type = OtlpMetricType::kNone;
  OtlpTemporality temporality = OtlpTemporality::kUnspecified;
  bool monotonic = false;
  std::vector<OtlpPoint> points;
};

struct OtlpScopeMetrics {
  model::Origin origin;
  std::vector<OtlpMetric> metrics;
};
struct OtlpResourceMetrics {
  model::Origin origin;           ///< the resource alone
  std::string_view raw_resource;  ///< the message that it was read from
  std::vector<OtlpScopeMetrics> scopes;
};

/// Views point into `arena` and into the body that was decoded.
struct OtlpMetrics {
  base::Arena arena;
  std::vector<OtlpResourceMetrics> resources;
  size_t points = 0;
};

/// Whether the attributes of points are decoded with the rest, or left as raw bytes for a reader
/// who knows most of these by their hash.
enum class OtlpAttributes : uint8_t { kRead, kRaw };

/// ExportMetricsServiceRequest. kBadInput for malformed protobuf, kTooLarge beyond limits.
base::Result<OtlpMetrics> DecodeOtlpMetrics(std::string_view body,
                                            OtlpAttributes attributes = OtlpAttributes::kRead);

/// What raw_attributes says, in the reader's arena; the same errors.
base::Result<std::span<const model::KeyValue>> ReadOtlpAttributes(std::string_view raw,
                                                                  AttributeReader& reader);

}  // namespace pharos::wire
