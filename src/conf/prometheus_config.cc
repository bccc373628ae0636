#include "conf/prometheus_config.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "conf/limits.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// What jobs inherit.
struct Global {
  int64_t scrape_interval_ms = 60'000;
  int64_t scrape_timeout_ms = 10'000;
  bool timeout_given = false;
  ScrapeJob limits;  ///< only these and what pages are asked for
  Global() { limits.protocols.clear(); }
};

void ReadLimits(MapReader& map, ScrapeJob& job) {
  map.Int("sample_limit", &job.sample_limit);
  map.Int("target_limit", &job.target_limit);
  map.Bytes("body_size_limit", &job.body_size_limit);
  map.Int("label_limit", &job.label_limit);
  map.Int("label_name_length_limit", &job.label_name_length_limit);
  map.Int("label_value_length_limit", &job.label_value_length_limit);
}

constexpr std::pair<std::string_view, ScrapeProtocol> kProtocols[] = {
    {"OpenMetricsText0.0.1", ScrapeProtocol::kOpenMetricsText001},
    {"OpenMetricsText1.0.0", ScrapeProtocol::kOpenMetricsText100},
    {"PrometheusProto", ScrapeProtocol::kPrometheusProto},
    {"PrometheusText0.0.4", ScrapeProtocol::kPrometheusText004},
    {"PrometheusText1.0.0", ScrapeProtocol::kPrometheusText100}};

std::optional<ScrapeProtocol> ProtocolOf(MapReader& map, std::string_view key,
                                         const std::string& name) {
  std::string supported;
  for (const auto& [known, protocol] : kProtocols) {
    if (known == name) return protocol;
    supported += (supported.empty() ? "" : " ") + std::string(known);
  }
  map.faults().Add(map.LineOf(key),
                   "unknown scrape protocol " + name + ", supported: [" + supported + "]");
  return std::nullopt;
}

void ReadProtocol(MapReader& map, std::string_view key, std::optional<ScrapeProtocol>* out) {
  std::string name;
  if (map.String(key, &name)) *out = ProtocolOf(map, key, name);
}

/// What pages are asked for, what is made of histograms and told of scrapes; jobs inherit it.
void ReadFormats(MapReader& map, ScrapeJob& job) {
  std::vector<std::string> names;
  if (map.Strings("scrape_protocols", &names)) {
    job.protocols.clear();
    if (names.empty())
      map.faults().Add(map.LineOf("scrape_protocols"), "scrape_protocols cannot be empty");
    for (const std::string& name : names) {
      const auto protocol = ProtocolOf(map, "scrape_protocols", name);
      if (!protocol) continue;
      if (std::find(job.protocols.begin(), job.protocols.end(), *protocol) != job.protocols.end()) {
        map.faults().Add(map.LineOf("scrape_protocols"),
                         "duplicated protocol in scrape_protocols: " + name);
      }
      job.protocols.push_back(*protocol);
    }
  }
  map.Bool("scrape_native_histograms", &job.scrape_native_histograms);
  map.Bool("scrape_classic_histograms", &job.always_scrape_classic_histograms);  // its old name
  map.Bool("always_scrape_classic_histograms", &job.always_scrape_classic_histograms);
  map.Bool("extra_scrape_metrics", &job.extra_scrape_metrics);
}

/// Only protobuf has native histograms.
std::vector<ScrapeProtocol> DefaultProtocols(bool native_histograms) {
  std::vector<ScrapeProtocol> out = ScrapeJob().protocols;
  if (native_histograms) out.insert(out.begin(), ScrapeProtocol::kPrometheusProto);
  return out;
}

/// Names are UTF-8 here, as in Prometheus 3; the other scheme would change what is taken.
void ReadNameScheme(MapReader& map) {
  std::string scheme;
  if (map.String("metric_name_validation_scheme", &scheme) && scheme != "utf8") {
    map.faults().Add(map.LineOf("metric_name_validation_scheme"),
                     "metric_name_validation_scheme \"" + scheme +
                         "\" is not supported yet; names are \"utf8\"");
  }
  if (map.String("metric_name_escaping_scheme", &scheme) && scheme != "allow-utf-8") {
    map.faults().Add(map.LineOf("metric_name_escaping_scheme"),
                     "metric_name_escaping_scheme \"" + scheme +
                         "\" is not supported yet; names are asked for as \"allow-utf-8\"");
  }
}

Global ReadGlobal(const Node* node, PrometheusConfig& config, Faults& faults) {
  Global global;
  if (node == nullptr) return global;
  MapReader map(*node, "config.plain", faults);
  map.DurationMs("scrape_interval", &global.scrape_interval_ms);
  global.timeout_given = map.DurationMs("scrape_timeout", &global.scrape_timeout_ms);
  map.DurationMs("evaluation_interval", &config.evaluation_interval_ms);
  if (config.evaluation_interval_ms == 0) config.evaluation_interval_ms = 60'000;
  map.StringMap("external_labels", &config.external_labels);
  if (global.timeout_given && global.scrape_timeout_ms > global.scrape_interval_ms) {
    faults.Add(map.LineOf("scrape_timeout"), "global scrape timeout greater than scrape interval");
  }
  global.scrape_timeout_ms = std::min(global.scrape_timeout_ms, global.scrape_interval_ms);
  map.DurationMs("rule_query_offset", &config.rule_query_offset_ms);
  ReadLimits(map, global.limits);
  ReadFormats(map, global.limits);
  ReadNameScheme(map);
  map.Moot({"keep_dropped_targets"}, "the first hundred dropped targets of a job are kept");
  map.Moot({"runtime"}, "there is no garbage collector to tune");
  map.String("query_log_file", &config.query_log_file);
  map.NotSupported({"scrape_failure_log_file", "convert_classic_histograms_to_nhcb"});
  map.Done();
  return global;
}

void ReadParams(MapReader& map, ScrapeJob& job) {
  const Node* params = map.Take("params");
  if (params == nullptr) return;
  for (const auto& [name, value, line] : params->fields) {
    std::vector<std::string>& list = job.params[name];
    if (value.kind == Node::Kind::kScalar) list.push_back(value.scalar);
    for (const Node& item : value.items) list.push_back(item.scalar);
  }
}

void RefuseOtherKeys(MapReader& map) {
  map.Moot({"keep_dropped_targets"}, "the first hundred dropped targets of a job are kept");
  map.Moot({"enable_compression"}, "targets are offered compression; they choose");
  map.Moot({"enable_http2"}, "targets are scraped over HTTP/1.1");
  RefuseOtherDiscoveries(map);
  map.NotSupported({"tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
                    "proxy_connect_header", "oauth2", "http_headers",
                    "native_histogram_bucket_limit", "native_histogram_min_bucket_factor",
                    "scrape_failure_log_file", "convert_classic_histograms_to_nhcb"});
}

ScrapeJob ReadJob(const Node& node, const Global& global, Faults& faults) {
  MapReader map(node, "config.plain", faults);
  ScrapeJob job = global.limits;
  if (!map.String("job_name", &job.name) || job.name.empty())
    faults.Add(node.line, "job_name is empty");
  job.interval_ms = global.scrape_interval_ms;
  map.DurationMs("scrape_interval", &job.interval_ms);
  job.timeout_ms = std::min(global.scrape_timeout_ms, job.interval_ms);
  if (map.DurationMs("scrape_timeout", &job.timeout_ms) && job.timeout_ms > job.interval_ms) {
    faults.Add(map.LineOf("scrape_timeout"),
               "scrape timeout greater than scrape interval for scrape config with job name \"" +
                   job.name + "\"");
  }
  if (job.interval_ms <= 0) faults.Add(node.line, "scrape_interval must be positive");
  map.String("metrics_path", &job.metrics_path);
  map.String("scheme", &job.scheme);
  if (job.scheme != "http" && job.scheme != "https")
    faults.Add(map.LineOf("scheme"), "unsupported scheme \"" + job.scheme + "\"");
  ReadParams(map, job);
  map.Bool("honor_labels", &job.honor_labels);
  map.Bool("honor_timestamps", &job.honor_timestamps);
  map.Bool("track_timestamps_staleness", &job.track_timestamps_staleness);
  map.Bool("follow_redirects", &job.follow_redirects);
  ReadLimits(map, job);
  ReadFormats(map, job);
  ReadProtocol(map, "fallback_scrape_protocol", &job.fallback_protocol);
  if (job.protocols.empty()) job.protocols = DefaultProtocols(job.scrape_native_histograms);
  ReadNameScheme(map);
  job.relabel = ReadRelabelRules(map.List("relabel_configs"), faults);
  job.metric_relabel = ReadRelabelRules(map.List("metric_relabel_configs"), faults);
  const bool relabelled =
      std::any_of(job.relabel.begin(), job.relabel.end(),
                  [](const RelabelRule& rule) { return rule.target_label == "__address__"; });
  job.static_groups = ReadStaticGroups(map, relabelled);
  const HttpCredentials credentials = ReadCredentials(map);
  job.basic_user = credentials.basic_user;
  job.basic_password = credentials.basic_password;
  job.authorization_type = credentials.type;
  job.authorization_credentials = credentials.credentials;
  RefuseOtherKeys(map);
  map.Done();
  return job;
}

void ReadRetention(const Node& node, MapReader& top, PrometheusConfig& config) {
  MapReader map(node, "config.plain", top.faults());
  int64_t time_ms = 0, bytes = 0;
  if (map.DurationMs("time", &time_ms)) config.retention_ms = time_ms;
  if (map.Bytes("size", &bytes)) config.retention_bytes = bytes;
  if (config.retention_ms && *config.retention_ms > 0 && *config.retention_ms < 3'600'000)
    top.faults().Add(map.LineOf("time"), "storage.tsdb.retention.time must be at least 1h");
  map.NotSupported({"percentage"});
  map.Done();
}

void ReadStorage(MapReader& top, PrometheusConfig& config) {
  const Node* storage = top.Take("storage");
  if (storage == nullptr) return;
  MapReader map(*storage, "config.plain", top.faults());
  if (const Node* tsdb = map.Take("tsdb")) {
    MapReader reader(*tsdb, "config.plain", top.faults());
    reader.DurationMs("out_of_order_time_window", &config.out_of_order_window_ms);
    if (const Node* retention = reader.Take("retention")) ReadRetention(*retention, top, config);
    reader.NotSupported({"stale_series_compaction_threshold"});
    reader.Done();
  }
  map.Moot({"exemplars"}, "exemplars are kept as long as logs are, without a ring of fixed size");
  map.Done();
}

void ReadJobs(MapReader& top, const Global& global, PrometheusConfig& config) {
  std::set<std::string> names;
  for (const Node& node : top.List("scrape_configs")) {
    if (node.kind == Node::Kind::kNull) {
      top.faults().Add(node.line, "empty or null scrape config section");
      continue;
    }
    ScrapeJob job = ReadJob(node, global, top.faults());
    if (!names.insert(job.name).second) {
      top.faults().Add(node.line,
                       "found multiple scrape configs with job name \"" + job.name + "\"");
    }
    config.jobs.push_back(std::move(job));
  }
}

}  // namespace

Result<PrometheusConfig> ParsePrometheusConfig(std::string_view text, const std::string& file,
                                               std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  PrometheusConfig config;
  MapReader top(root, "config.plain", faults);
  const Global global = ReadGlobal(top.Take("global"), config, faults);

  std::vector<std::string> patterns;
  top.Strings("rule_files", &patterns);
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  for (const std::string& pattern : patterns) {
    config.rule_files.push_back(
        std::filesystem::path(pattern).is_absolute() ? pattern : (folder / pattern).string());
  }
  if (const Node* alerting = top.Take("alerting"))
    config.alerting = ReadAlerting(*alerting, faults);
  ReadJobs(top, global, config);
  ReadStorage(top, config);
  top.Moot({"runtime"}, "there is no garbage collector to tune");
  top.NotSupported({"remote_write", "remote_read", "scrape_config_files", "tracing", "otlp"});
  top.Done();
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return config;
}

Result<std::string> ReadTextFile(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    return Fail(ErrorKind::kNotFound, file + ": no such file");
  if (std::filesystem::file_size(file, error) > kMaxFileBytes)
    return Fail(ErrorKind::kTooLarge, file + ": larger than 16 MiB");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return Fail(ErrorKind::kIo, file + ": cannot be read");
  return std::move(text).str();
}

Result<PrometheusConfig> ReadPrometheusConfig(const std::string& file,
                                              std::vector<KeyNote>* notes) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParsePrometheusConfig(text, file, notes);
}

std::vector<std::string> ExpandRuleFiles(const std::string& pattern) {
  std::vector<std::string> files;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return files;
}

}  // namespace pharos::conf
