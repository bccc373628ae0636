// The command line of `pharos serve`, before and after defaults.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/slo_config.h"
#include "rules/limits.h"
#include "server/prometheus_features.h"
#include "server/self_names.h"

namespace pharos::server {

/// Every listener that Pharos knows by name, with its classic address.
struct ListenerName {
  const char* name;
  const char* classic;
  bool on_by_default;  ///< without --compat-ports
};
inline constexpr ListenerName kListeners[] = {
    {"prometheus", "127.0.0.1:9090", false},      {"loki", "127.0.0.1:3100", false},
    {"tempo", "127.0.0.1:3200", false},           {"jaeger", "127.0.0.1:16686", false},
    {"otlp-http", "127.0.0.1:4318", false},       {"otlp-grpc", "127.0.0.1:4317", true},
    {"alertmanager", "127.0.0.1:9093", false},    {"fluent", "127.0.0.1:24224", false},
    {"otelcol-metrics", "127.0.0.1:8888", false}, {"otelcol-exporter", "127.0.0.1:8889", false},
};

/// The formats of `--config.FORMAT` and of the keys of pharos.yaml.
inline constexpr const char* kFormats[] = {"prometheus", "alertmanager", "otelcol",
                                           "loki",       "tempo",        "promtail",
                                           "blackbox",   "statsd",       "grafana"};

/// A foreign configuration file: a path, or the text that stands in pharos.yaml itself (with as
/// many empty lines before it as keep its line numbers right).
struct ForeignFile {
  std::string path;         ///< for messages; relative paths inside it start at its folder
  std::string inline_text;  ///< "" when `path` is to be read
  base::Result<std::string> Text() const;
};

struct ListenAddress {
  std::string address;
  bool explicitly = false;  ///< asked for by name: a taken address stops the start
};

/// `limits` of pharos.yaml on the series of a tenant; 0: none.
struct SeriesLimitKeys {
  int64_t series = 0;
  int64_t series_per_metric = 0;
  int64_t label_values = 0;
  int64_t labels_per_series = 0;
  int64_t label_name_length = 0;
  int64_t label_value_length = 0;
};

struct ServeOptions {
  std::string data_dir;
  ListenAddress main{"127.0.0.1:3000", false};
  std::map<std::string, ListenAddress> listeners;  ///< by name; what is off is not in it
  std::string config_file;                         ///< pharos.yaml, "" for none
  std::map<std::string, ForeignFile> files;        ///< by format; those that were given
  std::vector<conf::SloConfig> slos;
  /// Prometheus's flags rules.alert.for-outage-tolerance, .for-grace-period and .resend-delay.
  int64_t for_outage_tolerance_ms = rules::kOutageToleranceMs;
  int64_t for_grace_period_ms = rules::kForGracePeriodMs;
  int64_t resend_delay_ms = rules::kResendDelayMs;
  SelfNames self_names;
  bool insecure = false;  ///< allow binds beyond loopback
  std::vector<std::string> allowed_hosts;
  bool relaxed_durability = false;
  bool enable_lifecycle = false;   ///< POST /-/reload and /-/quit
  bool enable_admin = false;       ///< POST /api/v1/admin/tsdb/…
  int64_t memory_limit_bytes = 0;  ///< 0: half of the cgroup
  int64_t metrics_retention_ms = 15LL * 24 * 3600 * 1000;
  int64_t logs_retention_ms = 7LL * 24 * 3600 * 1000;
  int64_t traces_retention_ms = 7LL * 24 * 3600 * 1000;
  int64_t metrics_retention_bytes = 0;  ///< 0: no limit
  int64_t logs_retention_bytes = 0;     ///< likewise
  int64_t traces_retention_bytes = 0;
  int64_t min_free_bytes = 256LL << 20;  ///< on the disk, else metrics are refused; 0: no watch
  bool metrics_retention_given = false;  ///< by pharos.yaml: prometheus.yml then has no say
  bool metrics_retention_bytes_given = false;
  SeriesLimitKeys series_limits;
  int64_t query_samples = 50'000'000;  ///< Prometheus's query.max-samples
  int64_t query_memory_bytes = 0;      ///< of one PromQL query; 0: half of what all may have
  PrometheusFeatures features;
  std::vector<std::string> feature_names;  ///< as they were given
  std::vector<FeatureNote> feature_notes;  ///< to be told at the start
  bool logs_retention_given = false;       ///< by pharos.yaml: foreign files then have no say
  bool traces_retention_given = false;
};

/// What the command line says, as text, before pharos.yaml is read.
struct ServeArguments {
  std::string data_dir, listen, compat_ports = "off", config;
  std::map<std::string, std::string> config_files;  ///< FORMAT → path
  std::map<std::string, std::string> listeners;     ///< NAME → address or "off"
  bool insecure = false;
  bool enable_lifecycle = false;
  bool enable_admin = false;
  std::vector<std::string> features;  ///< --enable-feature
};

/// Command line over pharos.yaml over defaults. kBadInput names the flag or file, line and
/// key; kUnsupported names what Pharos knows but does not do yet.
base::Result<ServeOptions> MakeServeOptions(const ServeArguments& arguments);

/// True for 127.0.0.0/8, [::1] and localhost, any port.
bool IsLoopback(const std::string& address);

}  // namespace pharos::server
