// An OpenTelemetry Collector file (0.95 to the newest): its components with their settings and
// the pipelines that join them. What Pharos does not do is refused by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

enum class OtelcolSignal : uint8_t { kTraces, kMetrics, kLogs };
/// "traces", "metrics", "logs".
std::string_view OtelcolSignalName(OtelcolSignal signal);

/// What every component has: "otlp/tempo" has type "otlp" and name "tempo".
struct OtelcolId {
  std::string text;
  std::string type;
  int line = 0;
};

struct OtelcolGrpcServer {
  std::string endpoint = "localhost:4317";
  int64_t max_message_bytes = 4 << 20;
  int64_t max_concurrent_streams = 0;  ///< 0: no limit
  bool include_metadata = false;       ///< keep the request's headers for from_context
};
struct OtelcolHttpServer {
  std::string endpoint = "localhost:4318";
  std::string traces_path = "/v1/traces";
  std::string metrics_path = "/v1/metrics";
  std::string logs_path = "/v1/logs";
  int64_t max_body_bytes = 20 << 20;
  std::vector<std::string> cors_origins;
  bool include_metadata = false;
};
/// An `otlp` receiver; a protocol that is not listed does not listen.
struct OtelcolReceiver {
  OtelcolId id;
  std::optional<OtelcolGrpcServer> grpc;
  std::optional<OtelcolHttpServer> http;
};

/// One action of `resource` or `attributes`, checked.
struct OtelcolAction {
  enum class Kind : uint8_t { kInsert, kUpdate, kUpsert, kDelete, kHash, kExtract, kConvert };
  Kind kind = Kind::kInsert;
  std::string key;
  std::optional<Node> value;
  std::string from_attribute, from_context;
  std::string pattern;         ///< valid RE2; extract: all groups named
  std::string converted_type;  ///< "int", "double", "string"
};

/// `include` and `exclude` of `attributes`: every property that is given must match, any entry
/// of a list is enough, but all attributes and resources.
struct OtelcolMatch {
  struct Pair {
    std::string key;
    std::optional<Node> value;  ///< absent: the key is enough
  };
  struct Library {
    std::string name;
    std::optional<std::string> version;
  };
  bool regexp = false;
  std::vector<std::string> services, span_names, span_kinds, log_bodies, log_severity_texts,
      metric_names;
  std::vector<Pair> attributes, resources;
  std::vector<Library> libraries;
  std::optional<int32_t> min_severity;  ///< OTLP's number
  bool match_undefined_severity = false;
};

struct OtelcolMemoryLimiter {
  int64_t check_interval_ms = 0;
  int64_t limit_bytes = 0;  ///< 0 where it is a percentage
  int64_t spike_bytes = 0;  ///< 0: a fifth of the limit
  int64_t limit_percent = 0, spike_percent = 0;
};
struct OtelcolBatch {
  int64_t timeout_ms = 200;
  int64_t send_batch_size = 8192;
  int64_t send_batch_max_size = 0;  ///< 0: no limit
};
struct OtelcolResource {
  std::vector<OtelcolAction> actions;
};
struct OtelcolAttributes {
  std::vector<OtelcolAction> actions;
  std::optional<OtelcolMatch> include, exclude;
};
struct OtelcolProcessor {
  OtelcolId id;
  std::variant<OtelcolMemoryLimiter, OtelcolBatch, OtelcolResource, OtelcolAttributes> settings;
};

struct OtelcolRetry {
  bool enabled = true;
  int64_t initial_ms = 5'000, max_interval_ms = 30'000;
  int64_t max_elapsed_ms = 300'000;  ///< 0: for ever
  double randomization = 0.5, multiplier = 1.5;
};
struct OtelcolQueue {
  bool enabled = true;
  int64_t consumers = 10;
  int64_t size = 1000;  ///< requests
  bool block_on_overflow = false;
};
/// What exporters over the network share.
struct OtelcolClient {
  std::string endpoint;
  std::map<std::string, std::string> headers;
  std::string compression = "gzip";  ///< "gzip", "zstd", "none"
  bool plaintext = false;            ///< tls.insecure
  std::string ca_file;
  int64_t timeout_ms = 5'000;
  OtelcolRetry retry;
  OtelcolQueue queue;
};

struct OtelcolOtlpExporter {
  OtelcolClient client;  ///< endpoint as host:port
};
struct OtelcolOtlpHttpExporter {
  OtelcolClient client;  ///< endpoint as a URL without the signal's path; may be empty
  std::string traces_url, metrics_url, logs_url;  ///< whole; never empty where it is used
  bool json = false;
};
struct OtelcolLokiExporter {
  OtelcolClient client;  ///< endpoint as the push URL
  bool label_exporter = true, label_job = true, label_instance = true, label_level = true;
};
struct OtelcolPrometheusExporter {
  std::string endpoint;
  std::string name_space;
  std::map<std::string, std::string> const_labels;
  bool send_timestamps = false;
  int64_t metric_expiration_ms = 300'000;
  bool resource_to_telemetry = false;
  bool open_metrics = false;
  bool add_metric_suffixes = true;
};
struct OtelcolDebugExporter {
  enum class Verbosity : uint8_t { kBasic, kNormal, kDetailed };
  Verbosity verbosity = Verbosity::kBasic;
  int64_t sampling_initial = 2, sampling_thereafter = 1;
};
struct OtelcolExporter {
  OtelcolId id;
  std::variant<OtelcolOtlpExporter, OtelcolOtlpHttpExporter, OtelcolLokiExporter,
               OtelcolPrometheusExporter, OtelcolDebugExporter>
      settings;
};

/// Indexes point into the lists of OtelcolConfig, in the order of the file.
struct OtelcolPipeline {
  std::string id;  ///< "traces/2"
  OtelcolSignal signal = OtelcolSignal::kTraces;
  std::vector<size_t> receivers, processors, exporters;
};

struct OtelcolConfig {
  std::vector<OtelcolReceiver> receivers;
  std::vector<OtelcolProcessor> processors;
  std::vector<OtelcolExporter> exporters;
  std::vector<OtelcolPipeline> pipelines;
  std::string metrics_address = "localhost:8888";  ///< of the Collector's own page
  bool metrics_enabled = true;
  std::string log_level = "info";
  std::string health_check_endpoint;  ///< "" when the extension is not in service.extensions
};

/// The value of an environment variable; nothing when it is not set.
using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> SystemEnv(const std::string& name);

/// kBadInput holds every fault, one a line, as `FILE:LINE: …`, in the Collector's words where
/// it has some. `notes`, where given, gets what becomes of each key.
base::Result<OtelcolConfig> ParseOtelcolConfig(std::string_view text, const std::string& file,
                                               std::vector<KeyNote>* notes = nullptr,
                                               const EnvLookup& env = SystemEnv);
base::Result<OtelcolConfig> ReadOtelcolConfig(const std::string& file,
                                              std::vector<KeyNote>* notes = nullptr);

}  // namespace pharos::conf
