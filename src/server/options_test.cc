#include "server/options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace pharos::server {
namespace {

class OptionsTest : public testing::Test {
 protected:
  std::string File(const std::string& text) {
    const std::string path = testing::TempDir() + "pharos_options_test.yaml";
    std::ofstream(path) << text;
    return path;
  }
  base::Result<ServeOptions> Make(ServeArguments arguments) {
    arguments.data_dir = "d";
    return MakeServeOptions(arguments);
  }
};

TEST_F(OptionsTest, Defaults) {
  const auto options = Make({});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->main.address, "127.0.0.1:3000");
  EXPECT_EQ(options->listeners.size(), 1u);
  EXPECT_EQ(options->listeners.at("otlp-grpc").address, "127.0.0.1:4317");
  EXPECT_FALSE(options->listeners.at("otlp-grpc").explicitly);
}

TEST_F(OptionsTest, CompatPortsAndSingleOnes) {
  const auto options =
      Make({.compat_ports = "on", .listeners = {{"loki", "off"}, {"tempo", "127.0.0.1:7"}}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->listeners.size(), std::size(kListeners) - 1);
  EXPECT_FALSE(options->listeners.contains("loki"));
  EXPECT_TRUE(options->listeners.at("tempo").explicitly);
}

TEST_F(OptionsTest, OpenBindsNeedInsecure) {
  EXPECT_EQ(Make({.listen = "0.0.0.0:3000"}).error().kind, base::ErrorKind::kForbidden);
  EXPECT_TRUE(Make({.listen = "0.0.0.0:3000", .insecure = true}));
  EXPECT_TRUE(Make({.listen = "[::1]:3000"}));
  EXPECT_EQ(Make({.listeners = {{"loki", "10.0.0.1:1"}}}).error().kind,
            base::ErrorKind::kForbidden);
}

TEST_F(OptionsTest, FeaturesOfPrometheus) {
  const auto options =
      Make({.config = File("enable_feature: [promql-per-step-stats, old-ui, what]\n")});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_TRUE(options->features.per_step_stats);
  EXPECT_EQ(options->feature_notes.size(), 3u);
  const auto over = Make({.config = File("enable_feature: [promql-per-step-stats]\n"),
                          .features = {"use-start-timestamps"}});
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->features.per_step_stats) << "the command line counts over the file";
  EXPECT_TRUE(over->features.use_start_timestamps);
  EXPECT_EQ(Make({.features = {"search-api"}}).error().kind, base::ErrorKind::kUnsupported);
}

TEST_F(OptionsTest, WhatIsKeptAndRefused) {
  const auto options = Make(
      {.config = File("storage: {retention_size: {metrics: 50GiB, logs: 2GiB}, min_free: 1GiB}\n"
                      "limits: {series: 1000, series_per_metric: 100, label_values: 50, "
                      "labels_per_series: 30, label_name_length: 64, "
                      "label_value_length: 256, query_samples: 5, query_memory: 200MiB}\n"),
       .enable_admin = true});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->metrics_retention_bytes, 50LL << 30);
  EXPECT_TRUE(options->metrics_retention_bytes_given);
  EXPECT_EQ(options->logs_retention_bytes, 2LL << 30);
  EXPECT_EQ(options->traces_retention_bytes, 0);
  EXPECT_FALSE(options->metrics_retention_given);
  EXPECT_EQ(options->min_free_bytes, 1LL << 30);
  EXPECT_EQ(options->series_limits.series, 1000);
  EXPECT_EQ(options->series_limits.label_value_length, 256);
  EXPECT_EQ(options->query_samples, 5);
  EXPECT_EQ(options->query_memory_bytes, 200 << 20);
  EXPECT_TRUE(options->enable_admin);
  const auto negative = Make({.config = File("limits: {series: -1}\n")});
  ASSERT_FALSE(negative);
  EXPECT_NE(negative.error().message.find("limits.series must not be negative"), std::string::npos);
  EXPECT_FALSE(Make({.config = File("limits: {query_samples: 0}\n")}));
  EXPECT_FALSE(Make({.config = File("limits: {query_memory: 1KiB}\n")}));
}

TEST_F(OptionsTest, FileThenCommandLine) {
  const std::string file = File(
      "storage: {durability: relaxed, retention: {metrics: 30d, logs: 2d}}\n"
      "listen: {main: '127.0.0.1:1', loki: '127.0.0.1:2', otlp-grpc: off}\nlimits: {memory: "
      "1GiB}\nprometheus: p.yml\n");
  const auto options = Make({.listen = "127.0.0.1:9", .config = file});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->main.address, "127.0.0.1:9");
  EXPECT_TRUE(options->relaxed_durability);
  EXPECT_EQ(options->metrics_retention_ms, 30LL * 86'400'000);
  EXPECT_EQ(options->listeners.size(), 1u);
  EXPECT_EQ(options->memory_limit_bytes, 1LL << 30);
  EXPECT_EQ(options->files.at("prometheus").path,
            std::filesystem::path(file).parent_path() / "p.yml");
}

TEST_F(OptionsTest, ForeignFilesInPlaceKeepTheirLineNumbers) {
  const std::string file = File(
      "limits: {memory: 1GiB}\nprometheus:\n  global:\n    scrape_interval: 5s\n# a comment\n\n"
      "  rule_files: [a.yml]\nlisten: {main: '127.0.0.1:1'}\nslo:\n- {name: a, service: b, "
      "objective: 99.5%}\nrules: {for_grace_period: 1s}\n");
  const auto options = Make({.config = file});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(*options->files.at("prometheus").Text(),
            "\n\n  global:\n    scrape_interval: 5s\n# a comment\n\n  rule_files: [a.yml]\n\n");
  ASSERT_EQ(options->slos.size(), 1u);
  EXPECT_EQ(options->slos[0].objective, 0.995);
  EXPECT_EQ(options->for_grace_period_ms, 1000);
}

TEST_F(OptionsTest, WhatCannotStandInPlaceIsNamed) {
  const std::string file = File("alertmanager: {route: {}}\ngrafana:\n  providers: []\n");
  EXPECT_EQ(Make({.config = file}).error().message,
            file +
                ":1: alertmanager must be a path, or a file's text in the lines below the key\n" +
                file + ":2: grafana must be the path of a file or folder");
}

TEST_F(OptionsTest, FaultsNameFileLineAndKey) {
  const std::string file = File("storage:\n  durability: maybe\n  x: 1\nauth: {}\n");
  EXPECT_EQ(Make({.config = file}).error().message,
            file + ":2: storage.durability must be full or relaxed, not \"maybe\"\n" + file +
                ":3: field x not found in type pharos.storage\n" + file +
                ":4: field auth of pharos is not supported yet");
  EXPECT_EQ(Make({.config_files = {{"statsd", "s.yaml"}}}).error().kind,
            base::ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace pharos::server
