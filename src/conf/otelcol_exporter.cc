#include <algorithm>

#include "conf/otelcol_parts.h"
#include "text/url.h"

namespace pharos::conf {
namespace {

constexpr std::string_view kOurs[] = {"debug", "logging", "loki", "otlp", "otlphttp", "prometheus"};

void ReadRetry(MapReader& map, OtelcolRetry& retry) {
  const Node* node = map.Take("retry_on_failure");
  if (node == nullptr) return;
  MapReader reader(*node, "retry_on_failure", map.faults());
  reader.Bool("enabled", &retry.enabled);
  ReadGoDurationMs(reader, "initial_interval", &retry.initial_ms);
  ReadGoDurationMs(reader, "max_interval", &retry.max_interval_ms);
  ReadGoDurationMs(reader, "max_elapsed_time", &retry.max_elapsed_ms);
  reader.Double("randomization_factor", &retry.randomization);
  reader.Double("multiplier", &retry.multiplier);
  reader.Done();
  Faults& faults = map.faults();
  if (retry.initial_ms < 0) faults.Add(node->line, "'initial_interval' must be non-negative");
  if (!(retry.randomization >= 0 && retry.randomization <= 1)) {
    faults.Add(node->line, "'randomization_factor' must be within [0, 1]");
  }
  if (!(retry.multiplier >= 0)) faults.Add(node->line, "'multiplier' must be non-negative");
  if (retry.max_interval_ms < 0) faults.Add(node->line, "'max_interval' must be non-negative");
  if (retry.max_elapsed_ms < 0) faults.Add(node->line, "'max_elapsed_time' must be non-negative");
}

void ReadQueue(MapReader& map, OtelcolQueue& queue) {
  const Node* node = map.Take("sending_queue");
  if (node == nullptr) return;
  MapReader reader(*node, "sending_queue", map.faults());
  reader.Bool("enabled", &queue.enabled);
  reader.Int("num_consumers", &queue.consumers);
  reader.Int("queue_size", &queue.size);
  reader.Bool("block_on_overflow", &queue.block_on_overflow);
  std::string sizer = "requests";
  if (reader.String("sizer", &sizer) && sizer != "requests") {
    map.faults().Add(reader.LineOf("sizer"), "sizer \"" + sizer + "\" is not supported yet");
  }
  if (queue.block_on_overflow) {
    map.faults().Add(reader.LineOf("block_on_overflow"), "block_on_overflow is not supported yet");
  }
  reader.NotSupported({"storage", "batch", "wait_for_result"});
  reader.Done();
  if (queue.enabled && queue.size <= 0)
    map.faults().Add(node->line, "`queue_size` must be positive");
  if (queue.enabled && (queue.consumers <= 0 || queue.consumers > 1000)) {
    map.faults().Add(node->line, "`num_consumers` must be positive (and at most 1000)");
  }
}

void ReadTls(MapReader& map, OtelcolClient& client) {
  const Node* node = map.Take("tls");
  if (node == nullptr) return;
  MapReader reader(*node, "tls", map.faults());
  reader.Bool("insecure", &client.plaintext);
  reader.String("ca_file", &client.ca_file);
  reader.NotSupported({"ca_pem", "cert_file", "cert_pem", "key_file", "key_pem",
                       "insecure_skip_verify", "server_name_override", "min_version", "max_version",
                       "cipher_suites", "reload_interval", "tpm", "include_system_ca_certs_pool",
                       "curve_preferences"});
  reader.Done();
}

void ReadClient(MapReader& map, OtelcolClient& client) {
  map.String("endpoint", &client.endpoint);
  map.StringMap("headers", &client.headers);
  ReadTls(map, client);
  if (ReadGoDurationMs(map, "timeout", &client.timeout_ms) && client.timeout_ms < 0) {
    map.faults().Add(map.LineOf("timeout"), "'timeout' must be non-negative");
  }
  if (map.String("compression", &client.compression) && client.compression != "gzip" &&
      client.compression != "none" && client.compression != "zstd" && !client.compression.empty()) {
    map.faults().Add(map.LineOf("compression"),
                     "compression \"" + client.compression + "\" is not supported yet");
  }
  if (client.compression.empty()) client.compression = "none";
  ReadRetry(map, client.retry);
  ReadQueue(map, client.queue);
  map.Moot(
      {"read_buffer_size", "write_buffer_size", "keepalive", "max_idle_conns",
       "max_idle_conns_per_host", "max_conns_per_host", "idle_conn_timeout", "disable_keep_alives",
       "http2_read_idle_timeout", "http2_ping_timeout", "compression_params"},
      "connections are pooled by Pharos");
  map.NotSupported({"auth", "proxy_url", "cookies", "middlewares"});
}

/// host:port of a gRPC endpoint, without the schemes that the Collector takes off.
void CheckGrpcEndpoint(MapReader& map, OtelcolClient& client, int line) {
  std::string& endpoint = client.endpoint;
  if (endpoint.starts_with("http://")) client.plaintext = true;
  for (const std::string_view scheme : {"http://", "https://", "dns:///", "dns://"}) {
    if (endpoint.starts_with(scheme)) endpoint.erase(0, scheme.size());
  }
  Faults& faults = map.faults();
  if (endpoint.empty()) return faults.Add(line, R"(requires a non-empty "endpoint")");
  const size_t colon = endpoint.rfind(':');
  if (colon == endpoint.npos) {
    return faults.Add(map.LineOf("endpoint"), "address " + endpoint + ": missing port in address");
  }
  const std::string port = endpoint.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != port.npos || port.size() > 5 ||
      std::stoi(port) > 65535) {
    faults.Add(map.LineOf("endpoint"), "invalid port \"" + port + "\"");
  }
}

void CheckUrl(MapReader& map, const std::string& url, int line) {
  const auto parsed = text::ParseUrl(url);
  if (!parsed) return map.faults().Add(line, parsed.error().message);
  if ((parsed->scheme != "http" && parsed->scheme != "https") || parsed->host.empty()) {
    map.faults().Add(line, "endpoint \"" + url + "\" must be a URL with http or https");
  }
}

void RefuseCaOverHttp(MapReader& map, const OtelcolClient& client) {
  if (client.ca_file.empty()) return;
  map.faults().Add(map.LineOf("tls"), "tls.ca_file of an HTTP exporter is not supported yet");
}

OtelcolOtlpExporter ReadOtlp(MapReader& map, int line) {
  OtelcolOtlpExporter out;
  ReadClient(map, out.client);
  CheckGrpcEndpoint(map, out.client, line);
  if (out.client.compression == "zstd") {
    map.faults().Add(map.LineOf("compression"), "compression \"zstd\" is not supported yet");
  }
  map.Moot({"balancer_name", "authority", "wait_for_ready"}, "one connection to one address");
  map.NotSupported({"batcher"});
  return out;
}

OtelcolOtlpHttpExporter ReadOtlpHttp(MapReader& map, int line) {
  OtelcolOtlpHttpExporter out;
  out.client.timeout_ms = 30'000;
  ReadClient(map, out.client);
  RefuseCaOverHttp(map, out.client);
  std::string base = out.client.endpoint;
  if (!base.empty()) CheckUrl(map, base, map.LineOf("endpoint"));
  while (base.ends_with('/')) base.pop_back();
  bool any = !base.empty();
  const auto signal = [&](std::string_view key, const char* path, std::string* url) {
    if (!base.empty()) *url = base + path;
    if (!map.String(key, url)) return;
    any = true;
    CheckUrl(map, *url, map.LineOf(key));
  };
  signal("traces_endpoint", "/v1/traces", &out.traces_url);
  signal("metrics_endpoint", "/v1/metrics", &out.metrics_url);
  signal("logs_endpoint", "/v1/logs", &out.logs_url);
  map.Moot({"profiles_endpoint"}, "Pharos has no profiles");
  if (!any) map.faults().Add(line, "at least one endpoint must be specified");
  std::string encoding = "proto";
  if (map.String("encoding", &encoding) && encoding != "proto" && encoding != "json") {
    map.faults().Add(map.LineOf("encoding"), "invalid encoding type: " + encoding);
  }
  out.json = encoding == "json";
  return out;
}

OtelcolLokiExporter ReadLoki(MapReader& map, int line) {
  OtelcolLokiExporter out;
  out.client.timeout_ms = 30'000;
  out.client.compression = "none";  // bodies are snappy already
  ReadClient(map, out.client);
  RefuseCaOverHttp(map, out.client);
  if (out.client.endpoint.empty()) {
    map.faults().Add(line, R"("endpoint" must be a valid URL)");
  } else {
    CheckUrl(map, out.client.endpoint, map.LineOf("endpoint"));
  }
  if (const Node* labels = map.Take("default_labels_enabled")) {
    MapReader reader(*labels, "exporters::loki::default_labels_enabled", map.faults());
    reader.Bool("exporter", &out.label_exporter);
    reader.Bool("job", &out.label_job);
    reader.Bool("instance", &out.label_instance);
    reader.Bool("level", &out.label_level);
    reader.Done();
  }
  return out;
}

OtelcolPrometheusExporter ReadPrometheus(MapReader& map, int line) {
  OtelcolPrometheusExporter out;
  map.String("endpoint", &out.endpoint);
  if (out.endpoint.empty()) {
    map.faults().Add(line, "expecting a non-blank address to run the Prometheus metrics handler");
  }
  map.String("namespace", &out.name_space);
  map.StringMap("const_labels", &out.const_labels);
  map.Bool("send_timestamps", &out.send_timestamps);
  ReadGoDurationMs(map, "metric_expiration", &out.metric_expiration_ms);
  map.Bool("enable_open_metrics", &out.open_metrics);
  map.Bool("add_metric_suffixes", &out.add_metric_suffixes);
  if (const Node* node = map.Take("resource_to_telemetry_conversion")) {
    MapReader reader(*node, "resource_to_telemetry_conversion", map.faults());
    reader.Bool("enabled", &out.resource_to_telemetry);
    reader.NotSupported({"exclude_service_attributes", "clear_after_copy"});
    reader.Done();
  }
  std::string strategy;
  if (map.String("translation_strategy", &strategy)) {
    if (strategy == "UnderscoreEscapingWithSuffixes") {
      out.add_metric_suffixes = true;
    } else if (strategy == "UnderscoreEscapingWithoutSuffixes") {
      out.add_metric_suffixes = false;
    } else {
      map.faults().Add(map.LineOf("translation_strategy"),
                       "translation_strategy \"" + strategy + "\" is not supported yet");
    }
  }
  map.Moot({"cors", "read_timeout", "write_timeout", "idle_timeout", "read_header_timeout",
            "max_request_body_size", "include_metadata", "keep_alives_enabled"},
           "the page is served by Pharos's own listener");
  map.NotSupported({"tls", "auth", "response_headers", "without_scope_info"});
  return out;
}

OtelcolDebugExporter ReadDebug(MapReader& map, bool old_name) {
  OtelcolDebugExporter out;
  std::string verbosity;
  using Verbosity = OtelcolDebugExporter::Verbosity;
  if (old_name) out.verbosity = Verbosity::kNormal;
  if (map.String("verbosity", &verbosity)) {
    if (verbosity == "basic") {
      out.verbosity = Verbosity::kBasic;
    } else if (verbosity == "normal") {
      out.verbosity = Verbosity::kNormal;
    } else if (verbosity == "detailed") {
      out.verbosity = Verbosity::kDetailed;
    } else {
      map.faults().Add(map.LineOf("verbosity"),
                       "verbosity level \"" + verbosity + "\" is not supported");
    }
  }
  std::string level;
  if (old_name && map.String("loglevel", &level)) {
    map.Warn("loglevel", "gone since 0.95's successors: use verbosity of the debug exporter");
    if (level == "debug") out.verbosity = Verbosity::kDetailed;
    if (level == "warn" || level == "error") out.verbosity = Verbosity::kBasic;
  }
  map.Int("sampling_initial", &out.sampling_initial);
  map.Int("sampling_thereafter", &out.sampling_thereafter);
  map.Moot({"use_internal_logger", "sending_queue"}, "Pharos has one log");
  map.NotSupported({"output_paths"});
  return out;
}

}  // namespace

std::optional<OtelcolExporter> ReadOtelcolExporter(OtelcolId id, const Node* node, Faults& faults) {
  OtelcolExporter out{.id = std::move(id), .settings = {}};
  if (out.id.type == "otlp_http") out.id.type = "otlphttp";  // their newest names
  if (out.id.type == "otlp_grpc") out.id.type = "otlp";
  if (std::ranges::find(kOurs, out.id.type) == std::end(kOurs)) {
    RefuseOtelcolType(out.id, "exporters", kOurs, faults);
    return std::nullopt;
  }
  Node section = SectionOf(node);
  if (section.line == 0) section.line = out.id.line;
  MapReader map(section, "exporters::" + out.id.type, faults);
  if (out.id.type == "otlp") {
    out.settings = ReadOtlp(map, out.id.line);
  } else if (out.id.type == "otlphttp") {
    out.settings = ReadOtlpHttp(map, out.id.line);
  } else if (out.id.type == "loki") {
    out.settings = ReadLoki(map, out.id.line);
    faults.Note({out.id.line, Verdict::kWarning, out.id.text,
                 "the loki exporter left the Collector in 0.131; Loki itself takes OTLP"});
  } else if (out.id.type == "prometheus") {
    out.settings = ReadPrometheus(map, out.id.line);
  } else {
    const bool old_name = out.id.type == "logging";
    if (old_name) {
      faults.Note({out.id.line, Verdict::kWarning, out.id.text,
                   "the logging exporter is gone since 0.111: its new name is debug"});
    }
    out.settings = ReadDebug(map, old_name);
  }
  map.Done();
  return out;
}

}  // namespace pharos::conf
