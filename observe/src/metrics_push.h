// Pushes the registry over OTLP, for OTEL_METRICS_EXPORTER=otlp.
#pragma once

#include <opentelemetry/sdk/resource/resource.h>

#include <memory>
#include <string>

namespace observe {

/// Owns: a thread that exports every OTEL_METRIC_EXPORT_INTERVAL ms (10,000). Threads: any.
class MetricsPush {
 public:
  virtual ~MetricsPush() = default;
  virtual void Flush() = 0;
};

std::unique_ptr<MetricsPush> StartMetricsPush(
    const opentelemetry::sdk::resource::Resource& resource, const std::string& endpoint, bool http);

}  // namespace observe
