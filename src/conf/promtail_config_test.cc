#include "conf/promtail_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace pharos::conf {
namespace {

std::string Faults(const std::string& text) {
  const auto config = ParsePromtailConfig(text, "p.yaml");
  return config ? "" : config.error().message;
}

constexpr const char* kClient = "clients: [{url: 'http://loki:3100/loki/api/v1/push'}]\n";

TEST(PromtailConfig, TheLabsFile) {
  const std::string path = "../shared/lab/config/promtail-config.yaml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing";
  std::vector<KeyNote> notes;
  const auto config = ReadPromtailConfig(path, &notes);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->positions_file, "/tmp/positions.yaml");
  ASSERT_EQ(config->clients.size(), 1u);
  EXPECT_EQ(config->clients[0].url, "http://loki:3100/loki/api/v1/push");
  ASSERT_EQ(config->jobs.size(), 1u);
  ASSERT_EQ(config->jobs[0].docker.size(), 1u);
  EXPECT_EQ(config->jobs[0].docker[0].host, "unix:///var/run/docker.sock");
  EXPECT_EQ(config->jobs[0].docker[0].refresh_ms, 5000);
  EXPECT_EQ(
      config->jobs[0].docker[0].filters,
      (std::vector<std::pair<std::string, std::vector<std::string>>>{{"status", {"running"}}}));
  EXPECT_EQ(config->jobs[0].relabel.size(), 2u);
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const KeyNote& note) {
    return note.key == "server" && note.verdict == Verdict::kMoot;
  }));
}

TEST(PromtailConfig, TheOriginalsExamples) {
  const std::string dir = "../shared/data/loki/promtail_configs";
  if (!std::filesystem::exists(dir)) GTEST_SKIP() << dir << " is missing";
  const auto message = [&](const std::string& name) {
    const auto config = ReadPromtailConfig(dir + "/" + name);
    return config ? "" : config.error().message;
  };
  EXPECT_EQ(message("promtail-local-config.yaml"), "");
  EXPECT_NE(message("promtail-journal.yaml")
                .find("field journal of scrapeconfig.Config is not "
                      "supported yet"),
            std::string::npos);
  EXPECT_NE(message("promtail-kafka.yaml").find("field kafka of"), std::string::npos);
  EXPECT_NE(message("promtail-kubernetes-outside.yaml").find("kubernetes_sd_configs"),
            std::string::npos);
}

TEST(PromtailConfig, ClientsAndLimits) {
  const auto config = ParsePromtailConfig(R"(
client: {url: 'http://old/loki/api/v1/push'}
clients:
- name: a
  url: https://user@loki.example/loki/api/v1/push
  tenant_id: t
  external_labels: {cluster: x}
  batchwait: 1s
  batchsize: 1000
  timeout: 5s
  basic_auth: {username: u, password: p}
  backoff_config: {min_period: 100ms, max_period: 1m, max_retries: 3}
positions: {filename: /p.yaml, sync_period: 1s, ignore_invalid_yaml: true}
limits_config: {max_line_size: 10KB, max_line_size_truncate: true, readline_rate: 10}
target_config: {sync_period: 10s}
scrape_configs:
- job_name: files
  encoding: UTF-16
  static_configs:
  - targets: [localhost]
    labels: {__path__: /var/log/**/*.log, __path_exclude__: /var/log/x.log}
)",
                                          "p.yaml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->clients.size(), 2u);
  EXPECT_EQ(config->clients[1].tenant_id, "t");
  EXPECT_EQ(config->clients[1].batch_size_bytes, 1000);
  EXPECT_EQ(config->clients[1].timeout_ms, 5000);
  EXPECT_EQ(config->clients[1].max_backoff_ms, 60'000);
  EXPECT_EQ(config->clients[1].basic_user, "u");
  EXPECT_EQ(config->positions_sync_ms, 1000);
  EXPECT_EQ(config->max_line_bytes, 10 << 10);
  EXPECT_TRUE(config->truncate_long_lines);
  EXPECT_EQ(config->jobs[0].static_groups[0].labels.at("__path__"), "/var/log/**/*.log");
}

TEST(PromtailConfig, FaultsNameFileLineAndKey) {
  EXPECT_EQ(Faults("scrape_configs: []\n"),
            "p.yaml:1: at least one client config must be provided");
  EXPECT_EQ(Faults("clients: [{url: ''}]\n"), "p.yaml:1: client needs target URL");
  EXPECT_EQ(Faults("clients: [{url: 'ftp://x/y'}]\n"),
            "p.yaml:1: url: must be http://HOST:PORT/loki/api/v1/push, not \"ftp://x/y\"");
  EXPECT_EQ(Faults(std::string(kClient) + "nonsense: 1\n"),
            "p.yaml:2: field nonsense not found in type config.Config");
  EXPECT_EQ(Faults(std::string(kClient) + "scrape_configs:\n- job_name: a\n- job_name: a\n"),
            "p.yaml:4: `job_name` must be unique in Promtail `scrape_configs`, duplicate: a");
  EXPECT_EQ(Faults(std::string(kClient) +
                   "scrape_configs:\n- job_name: a\n  docker_sd_configs:\n  - host: ssh://x\n"),
            "p.yaml:5: host: must be unix:///PATH, tcp://HOST:PORT or http://HOST:PORT, not "
            "\"ssh://x\"");
  EXPECT_EQ(Faults(std::string(kClient) + "limits_config:\n  readline_rate_enabled: true\n"),
            "p.yaml:3: field readline_rate_enabled of limit.Config is not supported yet");
  for (const char* kind : {"journal", "syslog", "kafka", "gelf", "loki_push_api", "windows_events",
                           "kubernetes_sd_configs", "file_sd_configs"}) {
    EXPECT_EQ(
        Faults(std::string(kClient) + "scrape_configs:\n- job_name: a\n  " + kind + ": {}\n"),
        "p.yaml:4: field " + std::string(kind) + " of scrapeconfig.Config is not supported yet");
  }
}

TEST(PromtailConfig, StagesAreCheckedWhereTheyStand) {
  const auto config = ParsePromtailConfig(
      std::string(kClient) + "scrape_configs:\n- job_name: a\n  pipeline_stages:\n  - json: {}\n",
      "p.yaml", nullptr, [](const std::vector<Node>& stages, class Faults& faults) {
        faults.Add(stages.at(0).line, "no");
      });
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "p.yaml:5: no");
}

}  // namespace
}  // namespace pharos::conf
