// Samples: what a series is made of.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/labels.h"

namespace pharos::model {

/// The NaN that says "this series ended here" (Prometheus's bits).
inline constexpr uint64_t kStaleNanBits = 0x7FF0000000000002;
inline double StaleNan() { return std::bit_cast<double>(kStaleNanBits); }
inline bool IsStaleNan(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }

struct Sample {
  int64_t time_ms = 0;
  double value = 0;
};

struct BucketSpan {
  int32_t offset = 0;   ///< gap to the previous span (first span: the first bucket's index)
  uint32_t length = 0;  ///< buckets in a row
  bool operator==(const BucketSpan&) const = default;
};

/// A native histogram as Prometheus has it, integer or float counts alike: counts are kept
/// as absolute doubles (exact below 2^53), `float_counts` remembers which kind came in.
struct Histogram {
  enum class Reset : uint8_t { kUnknown, kYes, kNo, kGauge };
  static constexpr int32_t kCustomBuckets = -53;  ///< schema of custom bucket bounds

  int32_t schema = 0;
  bool float_counts = false;
  Reset reset = Reset::kUnknown;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<BucketSpan> positive_spans, negative_spans;
  std::vector<double> positive_counts, negative_counts;  ///< absolute, not deltas
  std::vector<double> custom_bounds;                     ///< upper bounds, schema kCustomBuckets
  bool operator==(const Histogram&) const = default;
};

struct HistogramSample {
  int64_t time_ms = 0;
  std::shared_ptr<const Histogram> histogram;
  int64_t start_ms = 0;  ///< when the count began; 0: not known
};

struct Exemplar {
  Labels labels;
  double value = 0;
  int64_t time_ms = 0;
  bool has_time = true;  ///< false: time_ms is that of the scrape, not what the target said
};

enum class MetricType : uint8_t {
  kUnknown,
  kCounter,
  kGauge,
  kHistogram,
  kGaugeHistogram,
  kSummary,
  kInfo,
  kStateSet
};

/// What the exposition says about a metric family.
struct Metadata {
  MetricType type = MetricType::kUnknown;
  std::string help;
  std::string unit;
  bool operator==(const Metadata&) const = default;
};

/// "counter", "gauge", … as Prometheus's API names them ("unknown" for none).
std::string_view MetricTypeName(MetricType type);

}  // namespace pharos::model
