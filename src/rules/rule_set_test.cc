#include "rules/rule_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "rules/metrics.h"

namespace pharos::rules {
namespace {

const std::string kLab = "../shared/lab/";

TEST(RuleSet, FilesDefaultsAndSlos) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "pharos_rule_set";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.rules") << "groups: [{name: g, rules: [{record: r, expr: x}]}]\n";
  conf::PrometheusConfig config;
  config.rule_files = {(folder / "*.rules").string(), (folder / "a.rules").string(),
                       (folder / "none").string()};
  config.rule_query_offset_ms = 5;
  std::vector<std::string> warnings;
  const conf::SloConfig slo{.name = "s", .service = "s", .objective = 0.9};
  const auto set = MakeRuleSet(config, "http://p", {slo}, &warnings);
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->groups.size(), 2u) << "a file that two patterns name is read once";
  EXPECT_EQ(set->groups[1].file, "slo");
  EXPECT_EQ(set->defaults.query_offset_ms, 5);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0], "no file matches " + (folder / "none").string());
  EXPECT_NE(warnings[1].find("cannot fire"), std::string::npos);

  std::ofstream(folder / "b.rules")
      << "groups:\n- name: g\n  rules:\n  - {alert: A, expr: x, annotations: {a: '{{ $nope }}'}}\n";
  const auto bad = MakeRuleSet(config, "", {}, &warnings);
  ASSERT_FALSE(bad);
  EXPECT_EQ(
      bad.error().message,
      (folder / "b.rules").string() +
          ":4: group \"g\", rule 1, \"A\": annotation \"a\": template: __alert_A:1: undefined "
          "variable \"$nope\"");
  std::filesystem::remove_all(folder);
}

TEST(RuleSet, TheLabsFiles) {
  if (!std::filesystem::exists(kLab)) GTEST_SKIP() << kLab << " is not here";
  const auto config = conf::ReadPrometheusConfig(kLab + "config/prometheus.yml");
  ASSERT_TRUE(config) << config.error().message;
  std::vector<std::string> warnings;
  const auto set = MakeRuleSet(*config, "http://p", {}, &warnings);
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->groups.size(), 1u);
  EXPECT_EQ(set->groups[0].group.rules.size(), 3u);
  EXPECT_TRUE(ReadRuleFiles({kLab + "config/recording_rules.yml"}, &warnings));
}

TEST(RuleMetrics, PrometheusNames) {
  const std::string text =
      PrometheusMetrics({{.file = "f\"", .name = "g", .interval_ms = 15'000, .failures = 3}}, {});
  EXPECT_NE(text.find("\nprometheus_rule_evaluation_failures_total{rule_group=\"f\\\";g\"} 3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\nprometheus_rule_group_interval_seconds{rule_group=\"f\\\";g\"} 15\n"),
            std::string::npos);
}

}  // namespace
}  // namespace pharos::rules
