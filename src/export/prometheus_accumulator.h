// The last value of every series that the prometheus exporter has been given, with delta
// temporality added up. What the page is rendered from.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "conf/otelcol_config.h"
#include "wire/otlp_metrics.h"

namespace pharos::exporting {

using TextLabels = std::vector<std::pair<std::string, std::string>>;

struct PageExemplar {
  TextLabels labels;
  double value = 0;
  int64_t time_ns = 0;
};

/// One series as it stands.
struct PageSeries {
  std::string name;  ///< of the family
  std::string help;
  wire::OtlpMetricType type = wire::OtlpMetricType::kNone;
  bool monotonic = false;
  TextLabels labels;  ///< sorted by name, constant ones among them
  /// job and instance ("" where the resource does not say) and the labels of its target_info.
  std::shared_ptr<const struct PageTarget> target;
  uint64_t order = 0;  ///< when it was first seen
  int64_t start_ns = 0, time_ns = 0;
  int64_t updated_ns = 0;  ///< by the clock of Pharos
  double value = 0;
  uint64_t count = 0;
  double sum = 0;
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
  std::vector<wire::OtlpQuantile> quantiles;
  std::vector<PageExemplar> exemplars;
};

struct PageTarget {
  std::string job, instance;
  bool has_job = false, has_instance = false;
  TextLabels labels;  ///< of target_info, sorted by name
};

/// Owns: the series. Threads: any, one at a time inside. Errors: points that the page cannot
/// show are counted and explained, the others are taken. Cost: a hash look-up a point; names
/// and labels are made once a series.
class PrometheusAccumulator {
 public:
  explicit PrometheusAccumulator(const conf::OtelcolPrometheusExporter& settings);

  struct Outcome {
    uint64_t rejected = 0;
    std::string reason;  ///< of the first
  };
  Outcome Add(wire::OtlpMetrics& metrics, int64_t now_ns);

  /// Drops what was not updated for metric_expiration.
  void Expire(int64_t now_ns);
  /// Expires, and gives copies of the rest in the
  /// order of their first appearance.
  std::vector<PageSeries> Collect(int64_t now_ns);
  size_t size() const;
  /// Names of histograms in seconds with the bounds that SDKs have for milliseconds.
  std::set<std::string, std::less<>> suspects() const;

 private:
  class Adding;
  conf::OtelcolPrometheusExporter settings_;
  std::string name_space_;
  TextLabels const_labels_;
  mutable std::mutex mutex_;
  std::unordered_map<base::Hash128, PageSeries, base::Hash128Hasher> series_;  // mutex_
  uint64_t next_order_ = 0;                                                    // mutex_
  std::set<std::string, std::less<>> warned_;                                  // mutex_
};

}  // namespace pharos::exporting
