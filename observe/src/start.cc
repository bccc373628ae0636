#include <opentelemetry/baggage/propagation/baggage_propagator.h>
#include <opentelemetry/context/propagation/composite_propagator.h>
#include <opentelemetry/context/propagation/global_propagator.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_log_record_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_log_record_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_log_record_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_log_record_exporter_options.h>
#include <opentelemetry/logs/provider.h>
#include <opentelemetry/sdk/logs/batch_log_record_processor_factory.h>
#include <opentelemetry/sdk/logs/batch_log_record_processor_options.h>
#include <opentelemetry/sdk/logs/logger_provider.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/resource/resource_detector.h>
#include <opentelemetry/sdk/trace/batch_span_processor_factory.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/sdk/trace/samplers/always_off.h>
#include <opentelemetry/sdk/trace/samplers/always_on.h>
#include <opentelemetry/sdk/trace/samplers/parent.h>
#include <opentelemetry/sdk/trace/samplers/trace_id_ratio.h>
#include <opentelemetry/sdk/trace/tracer_provider.h>
#include <opentelemetry/trace/propagation/http_trace_context.h>
#include <opentelemetry/trace/provider.h>

#include <cstdlib>

#include "metrics_push.h"
#include "observe/observe.h"
#include "state.h"

namespace observe {
namespace {

namespace otlp = opentelemetry::exporter::otlp;
namespace sdk_logs = opentelemetry::sdk::logs;
namespace sdk_trace = opentelemetry::sdk::trace;
namespace propagation = opentelemetry::context::propagation;
using opentelemetry::sdk::resource::Resource;

std::string Env(const char* name, std::string fallback = "") {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

bool UsesHttp() { return Env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").starts_with("http"); }

/// What the program gives, overruled by OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
Resource MakeResource(const Options& options) {
  opentelemetry::sdk::resource::ResourceAttributes attributes;
  attributes.SetAttribute("service.name", options.service_name);
  if (!options.service_version.empty()) {
    attributes.SetAttribute("service.version", options.service_version);
  }
  if (!options.environment.empty()) {
    attributes.SetAttribute("deployment.environment", options.environment);
  }
  // Create lets the given attributes win, so the environment's go on top once more.
  return Resource::Create(attributes)
      .Merge(opentelemetry::sdk::resource::OTELResourceDetector().Detect());
}

std::unique_ptr<sdk_trace::Sampler> MakeSampler() {
  const std::string name = Env("OTEL_TRACES_SAMPLER", "parentbased_always_on");
  const double ratio = std::atof(Env("OTEL_TRACES_SAMPLER_ARG", "1").c_str());
  std::shared_ptr<sdk_trace::Sampler> root = std::make_shared<sdk_trace::AlwaysOnSampler>();
  if (name.ends_with("always_off")) root = std::make_shared<sdk_trace::AlwaysOffSampler>();
  if (name.ends_with("traceidratio")) {
    root = std::make_shared<sdk_trace::TraceIdRatioBasedSampler>(ratio);
  }
  if (name.starts_with("parentbased_"))
    return std::make_unique<sdk_trace::ParentBasedSampler>(root);
  if (name == "always_off") return std::make_unique<sdk_trace::AlwaysOffSampler>();
  if (name == "traceidratio") return std::make_unique<sdk_trace::TraceIdRatioBasedSampler>(ratio);
  return std::make_unique<sdk_trace::AlwaysOnSampler>();
}

std::unique_ptr<sdk_trace::SpanExporter> MakeSpanExporter(const std::string& endpoint) {
  if (UsesHttp()) {
    otlp::OtlpHttpExporterOptions options;
    options.url = endpoint + "/v1/traces";
    return otlp::OtlpHttpExporterFactory::Create(options);
  }
  otlp::OtlpGrpcExporterOptions options;
  options.endpoint = endpoint;
  return otlp::OtlpGrpcExporterFactory::Create(options);
}

std::unique_ptr<sdk_logs::LogRecordExporter> MakeLogExporter(const std::string& endpoint) {
  if (UsesHttp()) {
    otlp::OtlpHttpLogRecordExporterOptions options;
    options.url = endpoint + "/v1/logs";
    return otlp::OtlpHttpLogRecordExporterFactory::Create(options);
  }
  otlp::OtlpGrpcLogRecordExporterOptions options;
  options.endpoint = endpoint;
  return otlp::OtlpGrpcLogRecordExporterFactory::Create(options);
}

void SetPropagators() {
  std::vector<std::unique_ptr<propagation::TextMapPropagator>> parts;
  parts.push_back(std::make_unique<opentelemetry::trace::propagation::HttpTraceContext>());
  parts.push_back(std::make_unique<opentelemetry::baggage::propagation::BaggagePropagator>());
  propagation::GlobalTextMapPropagator::SetGlobalPropagator(
      opentelemetry::nostd::shared_ptr<propagation::TextMapPropagator>(
          new propagation::CompositePropagator(std::move(parts))));
}

class RunningSession final : public Session {
 public:
  RunningSession(const Options& options, const std::string& endpoint) {
    const Resource resource = MakeResource(options);
    if (Env("OTEL_TRACES_EXPORTER", "otlp") == "otlp") StartTraces(resource, endpoint);
    if (Env("OTEL_LOGS_EXPORTER", "otlp") == "otlp") StartLogs(resource, endpoint);
    if (Env("OTEL_METRICS_EXPORTER", options.metrics_exporter) == "otlp") {
      push_ = StartMetricsPush(resource, endpoint, UsesHttp());
    }
  }
  ~RunningSession() override {
    Flush();
    opentelemetry::trace::Provider::SetTracerProvider(
        opentelemetry::nostd::shared_ptr<opentelemetry::trace::TracerProvider>(
            new opentelemetry::trace::NoopTracerProvider));
    opentelemetry::logs::Provider::SetLoggerProvider(
        opentelemetry::nostd::shared_ptr<opentelemetry::logs::LoggerProvider>(
            new opentelemetry::logs::NoopLoggerProvider));
  }

  void Flush() override {
    constexpr std::chrono::microseconds kPatience = std::chrono::seconds(5);
    if (traces_) traces_->ForceFlush(kPatience);
    if (logs_) logs_->ForceFlush(kPatience);
    if (push_) push_->Flush();
  }

 private:
  void StartTraces(const Resource& resource, const std::string& endpoint) {
    sdk_trace::BatchSpanProcessorOptions batch;
    batch.schedule_delay_millis = std::chrono::milliseconds(1000);
    traces_ = std::make_shared<sdk_trace::TracerProvider>(
        sdk_trace::BatchSpanProcessorFactory::Create(MakeSpanExporter(endpoint), batch), resource,
        MakeSampler());
    opentelemetry::trace::Provider::SetTracerProvider(
        opentelemetry::nostd::shared_ptr<opentelemetry::trace::TracerProvider>(traces_));
  }
  void StartLogs(const Resource& resource, const std::string& endpoint) {
    sdk_logs::BatchLogRecordProcessorOptions batch;
    batch.schedule_delay_millis = std::chrono::milliseconds(1000);
    logs_ = std::make_shared<sdk_logs::LoggerProvider>(
        sdk_logs::BatchLogRecordProcessorFactory::Create(MakeLogExporter(endpoint), batch),
        resource);
    opentelemetry::logs::Provider::SetLoggerProvider(
        opentelemetry::nostd::shared_ptr<opentelemetry::logs::LoggerProvider>(logs_));
  }

  std::shared_ptr<sdk_trace::TracerProvider> traces_;
  std::shared_ptr<sdk_logs::LoggerProvider> logs_;
  std::unique_ptr<MetricsPush> push_;
};

class DisabledSession final : public Session {
 public:
  void Flush() override {}
};

}  // namespace

std::unique_ptr<Session> Start(Options options) {
  Shared& shared = TheShared();
  shared.service_name = Env("OTEL_SERVICE_NAME", options.service_name);
  shared.latency_buckets = options.latency_buckets;
  shared.log_to_stdout = options.log_to_stdout;
  shared.serve_metrics = Env("OTEL_METRICS_EXPORTER", options.metrics_exporter) == "prometheus";
  SetPropagators();
  if (Env("OTEL_SDK_DISABLED") == "true") return std::make_unique<DisabledSession>();
  std::string endpoint = Env("OTEL_EXPORTER_OTLP_ENDPOINT", options.endpoint);
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return std::make_unique<RunningSession>(options, endpoint);
}

}  // namespace observe
