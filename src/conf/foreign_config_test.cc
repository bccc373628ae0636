// Loki's and Tempo's files: the lab's, the originals' own examples, and what must be refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "conf/key_table.h"
#include "conf/loki_config.h"
#include "conf/tempo_config.h"

namespace pharos::conf {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::vector<KeyNote>& notes, Verdict verdict) {
  std::vector<std::string> out;
  for (const KeyNote& note : notes) {
    if (note.verdict == verdict) out.push_back(std::to_string(note.line) + ":" + note.key);
  }
  return out;
}

template <class Parse>
std::string ErrorOf(Parse parse, std::string_view text) {
  const auto config = parse(text, "f.yaml", nullptr);
  return config ? std::string() : config.error().message;
}

TEST(LokiConfig, TheLabsFileLoads) {
  const std::string file = "../shared/lab/config/loki.yaml";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  std::vector<KeyNote> notes;
  const auto config = ParseLokiConfig(ReadAll(file), file, &notes);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->reject_old_samples);
  EXPECT_EQ(config->retention_ms, std::nullopt);
  EXPECT_EQ(config->alertmanager_urls, std::vector<std::string>{"http://localhost:9093"});
  EXPECT_EQ(config->http_port, 3100);
  EXPECT_EQ(Lines(notes, Verdict::kHonoured),
            (std::vector<std::string>{"1:auth_enabled", "40:limits_config.reject_old_samples"}));
  EXPECT_THAT(Lines(notes, Verdict::kMoot), Contains("15:common.ring"));
  EXPECT_TRUE(Lines(notes, Verdict::kWarning).empty());
}

TEST(LokiConfig, RetentionNeedsTheSwitch) {
  std::vector<KeyNote> notes;
  auto config = ParseLokiConfig("limits_config: {retention_period: 744h}\n", "f", &notes);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->retention_ms, std::nullopt);
  EXPECT_THAT(Lines(notes, Verdict::kWarning), Contains("1:limits_config.retention_period"));
  config = ParseLokiConfig(
      "limits_config: {retention_period: 31d}\ncompactor: {retention_enabled: true}\n", "f");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->retention_ms, 31LL * 24 * 3600 * 1000);
}

TEST(LokiConfig, LimitsOfAPush) {
  const auto config = ParseLokiConfig(
      "limits_config:\n  max_line_size: 1mb\n  max_label_names_per_series: 30\n"
      "  creation_grace_period: 1h\n  reject_old_samples_max_age: 1w\n"
      "  max_structured_metadata_entries_count: 0\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->max_line_bytes, 1 << 20);
  EXPECT_EQ(config->max_label_names, 30);
  EXPECT_EQ(config->creation_grace_period_ms, 3'600'000);
  EXPECT_EQ(config->reject_old_samples_max_age_ms, 7LL * 24 * 3'600'000);
  EXPECT_EQ(config->max_metadata_count, 0);
  EXPECT_EQ(config->max_metadata_bytes, 64 << 10);
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "limits_config: {max_line_size: wide}\n"),
              HasSubstr("f.yaml:1: limits_config.max_line_size: \"wide\" is not a size"));
}

TEST(LokiConfig, WhatChangesResultsIsRefusedByName) {
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "auth_enabled: true\n"),
              HasSubstr("f.yaml:1: field auth_enabled is not supported yet"));
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "limits_config:\n  blocked_queries: [{pattern: x}]\n"),
              HasSubstr("f.yaml:2: field limits_config.blocked_queries is not supported yet"));
  EXPECT_EQ(ErrorOf(ParseLokiConfig, "limits_config: {discover_log_levels: true}\n"), "");
}

TEST(LokiConfig, RetentionOfStreamsAndDeletions) {
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "limits_config:\n  retention_stream: [{period: 1h}]\n"),
              HasSubstr("f.yaml:2: retention_stream: selector is missing\n"
                        "f.yaml:2: retention period must be >= 24h was 1h0m0s"));
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "limits_config: {deletion_mode: later}\n"),
              HasSubstr("f.yaml:1: unknown deletion mode: later"));
  std::vector<KeyNote> notes;
  const auto off = ParseLokiConfig(
      "limits_config: {retention_stream: [{selector: '{a=\"b\"}', period: 2d}]}\n", "f", &notes);
  ASSERT_TRUE(off.has_value()) << off.error().message;
  EXPECT_TRUE(off->retention_stream.empty());
  EXPECT_FALSE(off->deletes);
  EXPECT_EQ(off->tenant_rate_bytes, 0);
  const auto warned = [&](const KeyNote& note) {
    return note.verdict == Verdict::kWarning && note.key == "limits_config.retention_stream";
  };
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), warned));
}

TEST(LokiConfig, UnknownAndDroppedKeysAreNamed) {
  EXPECT_EQ(ErrorOf(ParseLokiConfig, "limits_config:\n  rejct_old_samples: false\n"),
            "f.yaml:2: field rejct_old_samples not found in limits_config of Loki's configuration");
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "storage_config:\n  tsdb_shipper:\n    activ: x\n"),
              HasSubstr("f.yaml:3: field activ not found in storage_config.tsdb_shipper"));
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "limits_config: {reject_old_samples: maybe}\n"),
              HasSubstr("into bool"));
  EXPECT_THAT(ErrorOf(ParseLokiConfig, "- a\n"), HasSubstr("must be a map"));
  std::vector<KeyNote> notes;
  ASSERT_TRUE(ParseLokiConfig("auth_enabled: false\ncompactor:\n  shared_store: filesystem\n", "f",
                              &notes));
  EXPECT_EQ(Lines(notes, Verdict::kWarning), std::vector<std::string>{"3:compactor.shared_store"});
}

TEST(TempoConfig, TheLabsFileLoads) {
  const std::string file = "../shared/lab/config/tempo.yaml";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  std::vector<KeyNote> notes;
  const auto config = ParseTempoConfig(ReadAll(file), file, &notes);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->retention_ms, 3'600'000);
  ASSERT_EQ(config->receivers.size(), 1u);
  EXPECT_EQ(config->receivers[0].endpoint, "0.0.0.0:4317");
  EXPECT_EQ(config->receivers[0].line, 9);
  EXPECT_EQ(config->http_port, 3200);
  EXPECT_EQ(
      Lines(notes, Verdict::kWarning),
      (std::vector<std::string>{"11:ingester", "14:compactor", "33:metrics_generator.processors"}));
}

TEST(TempoConfig, ReceiversAndTheirDefaults) {
  const auto config = ParseTempoConfig(
      "distributor:\n  receivers:\n    otlp:\n      protocols:\n        grpc:\n        http:\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->receivers.size(), 2u);
  EXPECT_EQ(config->receivers[0].endpoint, "0.0.0.0:4317");
  EXPECT_EQ(config->receivers[1].endpoint, "0.0.0.0:4318");
  EXPECT_THAT(ErrorOf(ParseTempoConfig, "distributor: {receivers: {zipkin: {}}}\n"),
              HasSubstr("field zipkin of distributor.receivers is not supported yet"));
  EXPECT_THAT(ErrorOf(ParseTempoConfig, "distributor: {receivers: {otpl: {}}}\n"),
              HasSubstr("field otpl not found"));
}

TEST(TempoConfig, GeneratorsAndTenantsAreRefusedByName) {
  EXPECT_THAT(ErrorOf(ParseTempoConfig,
                      "overrides:\n  defaults:\n    metrics_generator:\n"
                      "      processors: [service-graphs]\n"),
              HasSubstr("f.yaml:4: field overrides.defaults.metrics_generator.processors"));
  EXPECT_THAT(ErrorOf(ParseTempoConfig, "multitenancy_enabled: true\n"),
              HasSubstr("not supported yet"));
  EXPECT_THAT(ErrorOf(ParseTempoConfig, "compactor: {compaction: {block_retention: soon}}\n"),
              HasSubstr("invalid duration"));
  EXPECT_THAT(ErrorOf(ParseTempoConfig, "storage: {trace: {bakend: local}}\n"),
              HasSubstr("field bakend not found in storage.trace"));
}

/// A file is understood when each fault names something that Pharos knows and does not do.
std::string Misunderstood(const std::string& message) {
  std::istringstream in(message);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.find("not supported yet") == std::string::npos) out += line + "\n";
  }
  return out;
}

TEST(LokiConfig, ExamplesOfTheOriginalAreUnderstood) {
  const std::filesystem::path folder = "../shared/data/loki";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  int files = 0;
  for (const char* below : {"config_cmd", "config_examples", "config_more"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / below)) {
      const std::string text = entry.is_regular_file() ? ReadAll(entry.path()) : "";
      // Pieces of text with placeholders, and files of other programs lie there as well.
      if (text.find("schema_config:") == std::string::npos || text.find("<") != std::string::npos ||
          text.find("---") != std::string::npos || text.find("{{") != std::string::npos)
        continue;
      ++files;
      const auto config = ParseLokiConfig(text, entry.path().filename().string());
      EXPECT_EQ(config ? "" : Misunderstood(config.error().message), "");
    }
  }
  EXPECT_GE(files, 10);
}

TEST(TempoConfig, ExamplesOfTheOriginalAreUnderstood) {
  const std::filesystem::path folder = "../shared/data/tempo";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  int files = 0;
  for (const char* below : {"example_configs", "integration_configs"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / below)) {
      const std::string name = entry.path().filename().string();
      if ((!name.starts_with("tempo") && !name.starts_with("config-")) ||
          name == "config-tempo-query.yaml")
        continue;
      ++files;
      const auto config = ParseTempoConfig(ReadAll(entry.path()), name);
      EXPECT_EQ(config ? "" : Misunderstood(config.error().message), "");
    }
  }
  EXPECT_GE(files, 20);
}

TEST(KeyTable, BlocksMergeAndRulesReachTheirKeys) {
  const KeyTable table(
      "$tls{cert key} $root{server{tls:tls port} gone@2.1{a} free* "
      "any{*{x}}}\n$root{server{tls{ca}}}");
  const auto walk = [&](std::string_view text, std::vector<KeyNote>* notes) {
    Faults faults("f");
    WalkKeys(*ParseYaml(text, "f"), table,
             {{"server", KeyRule::Does::kMoot, "ours", ""},
              {"server.tls", KeyRule::Does::kNotSupported, "no TLS", "off"},
              {"gone", KeyRule::Does::kMoot, "old", ""},
              {"extra", KeyRule::Does::kWarn, "misplaced", ""}},
             "Prog", faults);
    *notes = faults.notes();
    return faults.Text();
  };
  std::vector<KeyNote> notes;
  EXPECT_EQ(walk("server: {port: 1}\nfree: {a: {b: 1}}\nany: {k: {x: 1}}\n", &notes), "");
  EXPECT_EQ(Lines(notes, Verdict::kMoot), std::vector<std::string>{"1:server"});
  EXPECT_EQ(walk("server:\n  port: 1\n  tls: off\n", &notes), "");
  EXPECT_EQ(Lines(notes, Verdict::kMoot), std::vector<std::string>{"2:server.port"});
  EXPECT_EQ(Lines(notes, Verdict::kHonoured), std::vector<std::string>{"3:server.tls"});
  EXPECT_EQ(walk("server: {tls: {cert: a, ca: b}}\n", &notes),
            "f:1: field server.tls is not supported yet: no TLS");
  EXPECT_EQ(walk("server: [{prt: 1}]\nany: {k: {y: 1}}\n", &notes),
            "f:1: field prt not found in server of Prog's configuration\n"
            "f:2: field y not found in any.k of Prog's configuration");
  EXPECT_EQ(walk("gone: {a: 1}\nextra: 1\n", &notes), "");
  EXPECT_EQ(Lines(notes, Verdict::kWarning), (std::vector<std::string>{"1:gone", "2:extra"}));
}

/// No key of the tables is without a word: a leaf that no rule covers would pass in silence.
TEST(KeyTable, EveryKeyHasAVerdict) {
  const auto silent = [](const KeyTable& table, auto parse) {
    std::vector<std::string> out;
    for (const auto& [name, key] : table.root().named) {
      std::vector<KeyNote> notes;
      const auto config = parse(name + ": x\n", "f", &notes);
      bool told = !config;
      for (const KeyNote& note : notes) told = told || (note.key == name && note.line == 1);
      if (!told) out.push_back(name);
    }
    return out;
  };
  EXPECT_EQ(silent(LokiKeys(), ParseLokiConfig), std::vector<std::string>());
  EXPECT_EQ(silent(TempoKeys(), ParseTempoConfig), std::vector<std::string>());
}

}  // namespace
}  // namespace pharos::conf
