// The series of OTLP data points, named by the bytes that decide their labels: job and instance,
// metric and attributes. Labels are made of these only where a series is not known yet.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"
#include "base/result.h"
#include "ingest/receive/otlp_labels.h"
#include "model/labels.h"
#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {

/// Which of a data point's series.
enum class OtlpRole : uint32_t { kItself, kSum, kCount, kBucket, kQuantile, kTargetInfo };

/// One request's points, one after the other.
///
/// Owns: raw names and labels of the request's series; borrows the decoded request. Threads: one.
/// Errors: a name that cannot be had is its point's fault, counted once; malformed attributes are
/// the request's. Cost: a hash a resource, a metric and a point; labels as OtlpLabels where asked.
class OtlpSeries {
 public:
  explicit OtlpSeries(base::Arena& arena) : reader_(&arena) {}
  OtlpSeries(const OtlpSeries&) = delete;
  OtlpSeries& operator=(const OtlpSeries&) = delete;

  /// The next resource, metric, point.
  void SetResource(const wire::OtlpResourceMetrics& resource);
  void SetMetric(const wire::OtlpMetric& metric);
  void SetPoint(wire::OtlpPoint& point);

  /// A name for a series of the point (or resource) at hand, for SampleBatch: equal names are
  /// equal labels. `number` is the bucket's bound or the quantile. Lives as long as this.
  std::string_view NameOf(OtlpRole role, double number = 0);
  /// A name by the labels themselves, for points whose labels are needed anyway.
  std::string_view NameOf(const model::Labels& labels);
  /// The labels behind a name that NameOf gave.
  base::Result<model::Labels> Read(std::string_view name);

  /// Labels of a series of the point at hand.
  base::Result<model::Labels> LabelsOf(OtlpRole role, double number = 0);
  /// Decodes the attributes of a point that was decoded without; an error is the request's.
  base::Result<void> ReadAttributes(wire::OtlpPoint& point);

  /// Prometheus's name of a metric; "" where nothing but underscores is left.
  const std::string& MetricName(const wire::OtlpMetric& metric);
  /// What is at hand: what the metric's hash, its family's metadata go by.
  base::Hash128 metric_hash() const { return metric_hash_; }
  /// True when the resource at hand has a target_info.
  bool HasTargetInfo() const { return has_target_info_; }

  /// Points that cannot be series, and why the first cannot.
  uint64_t faults() const { return faults_; }
  const std::string& fault() const { return fault_; }
  /// Malformed attributes were met: the request is to be refused.
  const base::Result<void>& malformed() const { return malformed_; }

 private:
  struct Context {  ///< of a point
    base::Hash128 metric_hash, point_hash;
    const wire::OtlpResourceMetrics* resource;
    const wire::OtlpMetric* metric;
    wire::OtlpPoint* point;
    bool at_fault = false;
  };
  struct Name;  ///< the bytes of a name

  Context* Find(const Name& name);
  base::Result<model::Labels> Make(const Context& context, OtlpRole role, double number);
  base::Result<model::Labels> TargetInfo(base::Hash128 resource);

  wire::AttributeReader reader_;
  base::Arena names_;
  std::deque<std::string> label_names_;
  const wire::OtlpResourceMetrics* resource_ = nullptr;
  const wire::OtlpMetric* metric_ = nullptr;
  base::Hash128 resource_hash_, metric_hash_;
  bool has_target_info_ = false;
  std::vector<Context> points_;
  std::vector<std::pair<base::Hash128, const wire::OtlpResourceMetrics*>> resources_;
  std::unordered_map<base::Hash128, size_t, base::Hash128Hasher> found_;  ///< the first so many:
  size_t indexed_ = 0;

  OtlpLabels labels_;  ///< of these:
  const wire::OtlpResourceMetrics* labels_resource_ = nullptr;
  const wire::OtlpPoint* labels_point_ = nullptr;
  const wire::OtlpMetric* named_ = nullptr;
  std::string metric_name_;
  std::string scratch_;
  uint64_t faults_ = 0;
  std::string fault_;
  base::Result<void> malformed_;
};

}  // namespace pharos::ingest::receive
