// io.prometheus.client.MetricFamily with untyped values and native histograms: what federation
// gives to scrapers that read protobuf. Text cannot carry native histograms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/sample.h"

namespace pharos::wire {

struct FamilyMetric {
  std::vector<std::pair<std::string, std::string>> labels;
  int64_t time_ms = 0;
  double value = 0;
  std::shared_ptr<const model::Histogram> histogram;  ///< null: an untyped value
};

/// Metrics of one name and one kind.
struct MetricFamily {
  std::string name;
  bool histogram = false;
  bool gauge_histogram = false;
  std::vector<FamilyMetric> metrics;
};

/// Appends the message with its length in front ("delimited").
void AppendDelimitedFamily(std::string& out, const MetricFamily& family);

/// The cumulative buckets of a histogram with custom bounds: bound and count, +Inf last.
std::vector<std::pair<double, double>> ClassicBuckets(const model::Histogram& histogram);

}  // namespace pharos::wire
