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

struct Global {
  int64_t scrape_interval_ms = 60'000;
  int64_t scrape_timeout_ms = 10'000;
  bool timeout_given = false;
};

bool ValidLabelName(std::string_view name) {
  return !name.empty() && !name.starts_with("__reserved");
}

Global ReadGlobal(const Node* node, PrometheusConfig& config, Faults& faults) {
  Global global;
  if (node == nullptr) return global;
  MapReader map(*node, "config.plain", faults);
  map.DurationMs("scrape_interval", &global.scrape_interval_ms);
  global.timeout_given = map.DurationMs("scrape_timeout", &global.scrape_timeout_ms);
  if (!map.DurationMs("evaluation_interval", &config.evaluation_interval_ms)) {
    config.evaluation_interval_ms = 60'000;
  }
  map.StringMap("external_labels", &config.external_labels);
  if (global.timeout_given && global.scrape_timeout_ms > global.scrape_interval_ms) {
    faults.Add(map.LineOf("scrape_timeout"), "global scrape timeout greater than scrape interval");
  }
  global.scrape_timeout_ms = std::min(global.scrape_timeout_ms, global.scrape_interval_ms);
  map.NotSupported({"query_log_file", "scrape_failure_log_file", "rule_query_offset",
                    "body_size_limit", "sample_limit", "target_limit", "label_limit",
                    "label_name_length_limit", "label_value_length_limit", "keep_dropped_targets",
                    "metric_name_validation_scheme", "metric_name_escaping_scheme",
                    "scrape_protocols", "scrape_native_histograms",
                    "convert_classic_histograms_to_nhcb", "always_scrape_classic_histograms",
                    "extra_scrape_metrics", "runtime"});
  map.Done();
  return global;
}

void ReadStaticGroups(MapReader& map, ScrapeJob& job) {
  for (const Node& node : map.List("static_configs")) {
    if (node.kind == Node::Kind::kNull) {
      map.faults().Add(node.line, "empty or null section in static_configs");
      continue;
    }
    MapReader group(node,
                    "struct { Targets []string \"yaml:\\\"targets\\\"\"; Labels model.LabelSet "
                    "\"yaml:\\\"labels\\\"\" }",
                    map.faults());
    StaticGroup out;
    group.Strings("targets", &out.targets);
    group.StringMap("labels", &out.labels);
    for (const std::string& target : out.targets) {
      if (target.find("://") != std::string::npos || target.find('/') != std::string::npos) {
        const bool relabelled =
            std::any_of(job.relabel.begin(), job.relabel.end(),
                        [](const RelabelRule& rule) { return rule.target_label == "__address__"; });
        if (!relabelled) map.faults().Add(node.line, "\"" + target + "\" is not a valid hostname");
      }
    }
    for (const auto& [name, value] : out.labels) {
      if (!ValidLabelName(name))
        map.faults().Add(node.line, "\"" + name + "\" is not a valid label name");
    }
    group.Done();
    job.static_groups.push_back(std::move(out));
  }
}

/// A secret given as text or as a file that holds it.
void ReadSecret(MapReader& map, std::string_view key, std::string* out) {
  std::string file;
  map.String(key, out);
  const std::string file_key = std::string(key) + "_file";
  if (!map.String(file_key, &file)) return;
  if (!out->empty()) {
    map.faults().Add(map.LineOf(file_key), "at most one of " + std::string(key) + " & " + file_key +
                                               " must be configured");
    return;
  }
  auto text = ReadTextFile(file);
  if (!text) {
    map.faults().Add(map.LineOf(file_key), text.error().message);
    return;
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
  *out = *std::move(text);
}

void ReadAuthorization(MapReader& map, ScrapeJob& job) {
  const Node* basic = map.Take("basic_auth");
  const Node* authorization = map.Take("authorization");
  if (basic != nullptr) {
    MapReader reader(*basic, "config.plain", map.faults());
    reader.String("username", &job.basic_user);
    ReadSecret(reader, "password", &job.basic_password);
    reader.Done();
  }
  std::string token;
  ReadSecret(map, "bearer_token", &token);
  if (authorization != nullptr) {
    MapReader reader(*authorization, "config.plain", map.faults());
    job.authorization_type = "Bearer";
    reader.String("type", &job.authorization_type);
    ReadSecret(reader, "credentials", &job.authorization_credentials);
    reader.Done();
    if (job.authorization_type == "Basic" || job.authorization_type == "basic") {
      map.faults().Add(authorization->line,
                       "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    }
  } else if (!token.empty()) {
    job.authorization_type = "Bearer";
    job.authorization_credentials = token;
  }
  if (basic != nullptr && (authorization != nullptr || !token.empty())) {
    map.faults().Add(basic->line,
                     "at most one of basic_auth, oauth2 & authorization must be configured");
  }
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

void RefuseOtherDiscoveries(MapReader& map) {
  map.NotSupported({"azure_sd_configs",     "consul_sd_configs",     "digitalocean_sd_configs",
                    "dns_sd_configs",       "docker_sd_configs",     "dockerswarm_sd_configs",
                    "ec2_sd_configs",       "eureka_sd_configs",     "file_sd_configs",
                    "gce_sd_configs",       "hetzner_sd_configs",    "http_sd_configs",
                    "ionos_sd_configs",     "kubernetes_sd_configs", "kuma_sd_configs",
                    "lightsail_sd_configs", "linode_sd_configs",     "marathon_sd_configs",
                    "nerve_sd_configs",     "nomad_sd_configs",      "openstack_sd_configs",
                    "ovhcloud_sd_configs",  "puppetdb_sd_configs",   "scaleway_sd_configs",
                    "serverset_sd_configs", "stackit_sd_configs",    "triton_sd_configs",
                    "uyuni_sd_configs",     "vultr_sd_configs"});
  map.NotSupported({"tls_config",
                    "proxy_url",
                    "no_proxy",
                    "proxy_from_environment",
                    "proxy_connect_header",
                    "oauth2",
                    "http_headers",
                    "target_limit",
                    "native_histogram_bucket_limit",
                    "native_histogram_min_bucket_factor",
                    "keep_dropped_targets",
                    "scrape_classic_histograms",
                    "always_scrape_classic_histograms",
                    "scrape_native_histograms",
                    "scrape_protocols",
                    "scrape_fallback_protocol",
                    "scrape_failure_log_file",
                    "track_timestamps_staleness",
                    "enable_compression",
                    "enable_http2",
                    "metric_name_validation_scheme",
                    "metric_name_escaping_scheme",
                    "convert_classic_histograms_to_nhcb",
                    "extra_scrape_metrics"});
}

ScrapeJob ReadJob(const Node& node, const Global& global, Faults& faults) {
  MapReader map(node, "config.plain", faults);
  ScrapeJob job;
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
  map.Bool("follow_redirects", &job.follow_redirects);
  map.Int("sample_limit", &job.sample_limit);
  map.Bytes("body_size_limit", &job.body_size_limit);
  map.Int("label_limit", &job.label_limit);
  map.Int("label_name_length_limit", &job.label_name_length_limit);
  map.Int("label_value_length_limit", &job.label_value_length_limit);
  job.relabel = ReadRelabelRules(map.List("relabel_configs"), faults);
  job.metric_relabel = ReadRelabelRules(map.List("metric_relabel_configs"), faults);
  ReadStaticGroups(map, job);
  ReadAuthorization(map, job);
  RefuseOtherDiscoveries(map);
  map.Done();
  return job;
}

void ReadStorage(MapReader& top, PrometheusConfig& config) {
  const Node* storage = top.Take("storage");
  if (storage == nullptr) return;
  MapReader map(*storage, "config.plain", top.faults());
  if (const Node* tsdb = map.Take("tsdb")) {
    MapReader reader(*tsdb, "config.plain", top.faults());
    reader.DurationMs("out_of_order_time_window", &config.out_of_order_window_ms);
    reader.NotSupported({"retention", "stale_series_compaction_threshold"});
    reader.Done();
  }
  map.NotSupported({"exemplars"});
  map.Done();
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
  std::set<std::string> names;
  for (const Node& node : top.List("scrape_configs")) {
    if (node.kind == Node::Kind::kNull) {
      faults.Add(node.line, "empty or null scrape config section");
      continue;
    }
    ScrapeJob job = ReadJob(node, global, faults);
    if (!names.insert(job.name).second)
      faults.Add(node.line, "found multiple scrape configs with job name \"" + job.name + "\"");
    config.jobs.push_back(std::move(job));
  }
  ReadStorage(top, config);
  top.NotSupported({"alerting", "remote_write", "remote_read", "scrape_config_files", "tracing",
                    "otlp", "runtime"});
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

Result<PrometheusConfig> ReadPrometheusConfig(const std::string& file) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParsePrometheusConfig(text, file);
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
