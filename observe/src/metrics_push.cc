#include "metrics_push.h"

#include <opentelemetry/exporters/otlp/otlp_grpc_metric_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_metric_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_metric_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_metric_exporter_options.h>
#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/metrics/export/metric_producer.h>
#include <opentelemetry/sdk/metrics/push_metric_exporter.h>

#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "state.h"

namespace observe {
namespace {

namespace otlp = opentelemetry::exporter::otlp;
namespace sdk = opentelemetry::sdk::metrics;

sdk::InstrumentType TypeOf(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter: return sdk::InstrumentType::kCounter;
    case prometheus::MetricType::Histogram: return sdk::InstrumentType::kHistogram;
    default: return sdk::InstrumentType::kUpDownCounter;
  }
}

sdk::PointType PointOf(prometheus::MetricType type, const prometheus::ClientMetric& metric) {
  if (type == prometheus::MetricType::Histogram) {
    sdk::HistogramPointData point;
    uint64_t below = 0;
    for (const auto& bucket : metric.histogram.bucket) {
      if (std::isfinite(bucket.upper_bound)) point.boundaries_.push_back(bucket.upper_bound);
      point.counts_.push_back(bucket.cumulative_count - below);
      below = bucket.cumulative_count;
    }
    point.sum_ = metric.histogram.sample_sum;
    point.count_ = metric.histogram.sample_count;
    point.record_min_max_ = false;
    return point;
  }
  sdk::SumPointData point;
  const bool counter = type == prometheus::MetricType::Counter;
  point.value_ = counter ? metric.counter.value : metric.gauge.value;
  point.is_monotonic_ = counter;
  return point;
}

class Push final : public MetricsPush {
 public:
  Push(const opentelemetry::sdk::resource::Resource& resource,
       std::unique_ptr<sdk::PushMetricExporter> exporter)
      : resource_(resource),
        scope_(opentelemetry::sdk::instrumentationscope::InstrumentationScope::Create("observe")),
        exporter_(std::move(exporter)) {
    const char* set = std::getenv("OTEL_METRIC_EXPORT_INTERVAL");
    const int ms = set != nullptr ? std::atoi(set) : 0;
    interval_ = std::chrono::milliseconds(ms > 0 ? ms : 10'000);
    thread_ = std::thread([this] { Run(); });
  }
  ~Push() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void Flush() override {
    std::lock_guard lock(export_mutex_);
    sdk::ScopeMetrics scope;
    scope.scope_ = scope_.get();
    const auto now = std::chrono::system_clock::now();
    for (const prometheus::MetricFamily& family : TheShared().registry->Collect()) {
      sdk::MetricData data;
      data.instrument_descriptor = {family.name, family.help,
                                    family.name.ends_with("_seconds") ? "s" : "",
                                    TypeOf(family.type), sdk::InstrumentValueType::kDouble};
      data.aggregation_temporality = sdk::AggregationTemporality::kCumulative;
      data.start_ts = opentelemetry::common::SystemTimestamp(start_);
      data.end_ts = opentelemetry::common::SystemTimestamp(now);
      for (const prometheus::ClientMetric& metric : family.metric) {
        sdk::PointDataAttributes point;
        for (const auto& label : metric.label)
          point.attributes.SetAttribute(label.name, label.value);
        point.point_data = PointOf(family.type, metric);
        data.point_data_attr_.push_back(std::move(point));
      }
      scope.metric_data_.push_back(std::move(data));
    }
    sdk::ResourceMetrics all;
    all.resource_ = &resource_;
    all.scope_metric_data_.push_back(std::move(scope));
    exporter_->Export(all);
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, interval_, [this] { return stop_; })) {
      lock.unlock();
      Flush();
      lock.lock();
    }
  }

  opentelemetry::sdk::resource::Resource resource_;
  std::unique_ptr<opentelemetry::sdk::instrumentationscope::InstrumentationScope> scope_;
  std::unique_ptr<sdk::PushMetricExporter> exporter_;
  const std::chrono::system_clock::time_point start_ = std::chrono::system_clock::now();
  std::chrono::milliseconds interval_{};
  std::mutex export_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<MetricsPush> StartMetricsPush(
    const opentelemetry::sdk::resource::Resource& resource, const std::string& endpoint,
    bool http) {
  std::unique_ptr<sdk::PushMetricExporter> exporter;
  if (http) {
    otlp::OtlpHttpMetricExporterOptions options;
    options.url = endpoint + "/v1/metrics";
    exporter = otlp::OtlpHttpMetricExporterFactory::Create(options);
  } else {
    otlp::OtlpGrpcMetricExporterOptions options;
    options.endpoint = endpoint;
    exporter = otlp::OtlpGrpcMetricExporterFactory::Create(options);
  }
  return std::make_unique<Push>(resource, std::move(exporter));
}

}  // namespace observe
