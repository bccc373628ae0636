#include "conf/promtail_config.h"

#include <set>

#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

void ReadPositions(MapReader& top, PromtailConfig& config) {
  const Node* node = top.Take("positions");
  if (node == nullptr) return;
  MapReader map(*node, "positions.Config", top.faults());
  map.String("filename", &config.positions_file);
  map.DurationMs("sync_period", &config.positions_sync_ms);
  map.Bool("ignore_invalid_yaml", &config.ignore_invalid_positions);
  map.Done();
}

void ReadLimits(MapReader& top, PromtailConfig& config) {
  const Node* node = top.Take("limits_config");
  if (node == nullptr) return;
  MapReader map(*node, "limit.Config", top.faults());
  map.Bytes("max_line_size", &config.max_line_bytes);
  map.Bool("max_line_size_truncate", &config.truncate_long_lines);
  bool limited = false;
  map.Bool("readline_rate_enabled", &limited);
  if (limited) {
    map.faults().Add(map.LineOf("readline_rate_enabled"),
                     "field readline_rate_enabled of limit.Config is not supported yet");
  }
  map.Moot({"readline_rate", "readline_burst", "readline_rate_drop"},
           "readline_rate_enabled is off");
  int64_t streams = 0;
  map.Int("max_streams", &streams);
  if (streams > 0) {
    map.faults().Add(map.LineOf("max_streams"),
                     "field max_streams of limit.Config is not supported yet");
  }
  map.Done();
}

void ReadTargetConfig(MapReader& top) {
  const Node* node = top.Take("target_config");
  if (node == nullptr) return;
  MapReader map(*node, "file.Config", top.faults());
  map.Moot({"sync_period"}, "new files are found within a second");
  bool from_stdin = false;
  map.Bool("stdin", &from_stdin);
  if (from_stdin) {
    map.faults().Add(map.LineOf("stdin"), "field stdin of file.Config is not supported yet");
  }
  map.Done();
}

void ReadFilters(MapReader& map, DockerDiscovery& out) {
  for (const Node& node : map.List("filters")) {
    MapReader filter(node, "moby.Filter", map.faults());
    std::string name;
    std::vector<std::string> values;
    filter.String("name", &name);
    filter.Strings("values", &values);
    if (name.empty()) map.faults().Add(node.line, "filter needs a name");
    filter.Done();
    out.filters.emplace_back(std::move(name), std::move(values));
  }
}

DockerDiscovery ReadDocker(const Node& node, Faults& faults) {
  DockerDiscovery out;
  MapReader map(node, "moby.DockerSDConfig", faults);
  map.String("host", &out.host);
  map.DurationMs("refresh_interval", &out.refresh_ms);
  map.Int("port", &out.port);
  map.String("host_networking_host", &out.host_networking_host);
  map.Bool("match_first_network", &out.match_first_network);
  ReadFilters(map, out);
  ReadHttpAuth(map, &out.basic_user, &out.basic_password, &out.authorization_type,
               &out.authorization_credentials);
  map.Done();
  if (out.host.empty()) {
    faults.Add(node.line, "host missing");
  } else if (!out.host.starts_with("unix:///") && !out.host.starts_with("tcp://") &&
             !out.host.starts_with("http://")) {
    faults.Add(map.LineOf("host"),
               "host: must be unix:///PATH, tcp://HOST:PORT or http://HOST:PORT, not \"" +
                   out.host + "\"");
  }
  if (out.refresh_ms <= 0) {
    faults.Add(map.LineOf("refresh_interval"), "refresh_interval: must be more than 0");
  }
  return out;
}

void ReadStatic(MapReader& map, PromtailJob& job) {
  for (const Node& node : map.List("static_configs")) {
    MapReader group(node, "targetgroup.Group", map.faults());
    PromtailStatic out;
    group.Strings("targets", &out.targets);
    group.StringMap("labels", &out.labels);
    group.Done();
    job.static_groups.push_back(std::move(out));
  }
}

void RefuseOtherSources(MapReader& map) {
  map.NotSupported({"journal",
                    "syslog",
                    "gcplog",
                    "azure_event_hubs",
                    "loki_push_api",
                    "windows_events",
                    "kafka",
                    "gelf",
                    "cloudflare",
                    "heroku_drain",
                    "file_sd_configs",
                    "kubernetes_sd_configs",
                    "consul_sd_configs",
                    "consulagent_sd_configs",
                    "dns_sd_configs",
                    "digitalocean_sd_configs",
                    "dockerswarm_sd_configs",
                    "serverset_sd_configs",
                    "nerve_sd_configs",
                    "marathon_sd_configs",
                    "gce_sd_configs",
                    "ec2_sd_configs",
                    "openstack_sd_configs",
                    "azure_sd_configs",
                    "triton_sd_configs"});
}

void ReadDecompression(MapReader& map) {
  const Node* node = map.Take("decompression");
  if (node == nullptr) return;
  MapReader reader(*node, "scrapeconfig.DecompressionConfig", map.faults());
  bool enabled = false;
  reader.Bool("enabled", &enabled);
  if (enabled) {
    map.faults().Add(map.LineOf("decompression"),
                     "field decompression of scrapeconfig.Config is not supported yet");
  }
  reader.Moot({"initial_delay", "format"}, "decompression is off");
  reader.Done();
}

PromtailJob ReadJob(const Node& node, Faults& faults, const StageCheck& check) {
  PromtailJob job;
  job.line = node.line;
  MapReader map(node, "scrapeconfig.Config", faults);
  map.String("job_name", &job.name);
  if (job.name.empty()) faults.Add(node.line, "job_name is empty");
  ReadStatic(map, job);
  for (const Node& docker : map.List("docker_sd_configs")) {
    job.docker.push_back(ReadDocker(docker, faults));
  }
  job.relabel = ReadRelabelRules(map.List("relabel_configs"), faults);
  if (auto made = Relabeller::Make(job.relabel); !made) {
    faults.Add(map.LineOf("relabel_configs"), made.error().message);
  }
  job.stages = map.List("pipeline_stages");
  if (check) check(job.stages, faults);
  map.String("encoding", &job.encoding);
  ReadDecompression(map);
  RefuseOtherSources(map);
  map.Done();
  return job;
}

}  // namespace

Result<PromtailConfig> ParsePromtailConfig(std::string_view text, const std::string& file,
                                           std::vector<KeyNote>* notes, const StageCheck& check) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  PromtailConfig config;
  MapReader top(root, "config.Config", faults);
  ReadPromtailClients(top, config);
  ReadPositions(top, config);
  ReadLimits(top, config);
  ReadTargetConfig(top);
  std::set<std::string> names;
  for (const Node& node : top.List("scrape_configs")) {
    config.jobs.push_back(ReadJob(node, faults, check));
    if (!names.insert(config.jobs.back().name).second) {
      faults.Add(node.line, "`job_name` must be unique in Promtail `scrape_configs`, duplicate: " +
                                config.jobs.back().name);
    }
  }
  top.Moot({"server"}, "Pharos's own listeners serve");
  top.Moot({"tracing"}, "Promtail's own traces do not exist here");
  top.Moot({"options"}, "the lag metric does not exist here");
  top.Moot({"wal"}, "the files and their positions are the log");
  top.Moot({"global"}, "files are looked at four times a second");
  top.Done();
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return config;
}

Result<PromtailConfig> ReadPromtailConfig(const std::string& file, std::vector<KeyNote>* notes,
                                          const StageCheck& check) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParsePromtailConfig(text, file, notes, check);
}

}  // namespace pharos::conf
