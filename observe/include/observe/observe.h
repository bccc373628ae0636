// The single module that turns on all three pillars: metrics on /metrics (or pushed), traces
// and logs over OTLP. Call Start once in main; keep the Session until the end.
//
//     auto session = observe::Start({.service_name = "sample-app"});
//     observe::Middleware observed({"/hello", "/products/{id}"});
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace observe {

/// What the environment does not say. Each field is overruled by the OpenTelemetry variable
/// that is named beside it.
struct Options {
  std::string service_name = "unknown_service";    ///< OTEL_SERVICE_NAME
  std::string service_version;                     ///< service.version in OTEL_RESOURCE_ATTRIBUTES
  std::string environment;                         ///< deployment.environment, likewise
  std::string endpoint = "http://localhost:4317";  ///< OTEL_EXPORTER_OTLP_ENDPOINT
  /// OTEL_METRICS_EXPORTER: "prometheus" serves /metrics, "otlp" pushes, "none". One of
  /// them, never two, so that no request is counted twice.
  std::string metrics_exporter = "prometheus";
  bool log_to_stdout = true;
  /// Upper bounds in seconds of http_request_duration_seconds. The SLO's threshold must be one.
  std::vector<double> latency_buckets = {0.05, 0.1, 0.2, 0.3, 0.5, 1, 2};
};
// Read as well: OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf), OTEL_TRACES_EXPORTER and
// OTEL_LOGS_EXPORTER (otlp, none), OTEL_TRACES_SAMPLER with _ARG, OTEL_METRIC_EXPORT_INTERVAL
// (ms), OTEL_SDK_DISABLED.

/// Owns: the exporters and their threads; flushes and stops them when destroyed. Threads: one
/// Session a process. Errors: a backend that is down never fails the application; spans and
/// logs beyond the queue are dropped.
class Session {
 public:
  virtual ~Session() = default;
  /// Sends what is queued, waiting at most five seconds.
  virtual void Flush() = 0;
};

[[nodiscard]] std::unique_ptr<Session> Start(Options options);

/// The text for GET /metrics; empty unless the metrics exporter is "prometheus".
std::string MetricsText();

/// A counter of the application's own: made on first use, `labels` in any order.
/// Cost: one map look-up under a lock.
void Count(const std::string& name, const std::string& help,
           const std::vector<std::pair<std::string, std::string>>& labels, double by = 1);
/// A gauge of the application's own that goes up and down, made on first use.
void Add(const std::string& name, const std::string& help,
         const std::vector<std::pair<std::string, std::string>>& labels, double by);
/// An observation in a histogram of the application's own; `bounds` count on first use.
void Record(const std::string& name, const std::string& help,
            const std::vector<std::pair<std::string, std::string>>& labels, double value,
            const std::vector<double>& bounds);

}  // namespace observe
