#include "conf/alerting.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "conf/prometheus_config.h"
#include "conf/rule_file.h"
#include "conf/slo_config.h"

namespace pharos::conf {
namespace {

const std::string kRuleFormat = "../shared/data/prometheus/rulefmt/";

std::string Fault(std::string_view text) {
  const auto config = ParsePrometheusConfig(text, "f.yml");
  return config ? "" : config.error().message;
}

TEST(Alerting, SectionIsRead) {
  const auto config = ParsePrometheusConfig(
      "global: {rule_query_offset: 30s, sample_limit: 7, external_labels: {dc: x}}\n"
      "alerting:\n"
      "  alert_relabel_configs: [{action: labeldrop, regex: replica}]\n"
      "  alertmanagers:\n"
      "  - {scheme: https, path_prefix: /am, timeout: 3s, api_version: v2,\n"
      "     basic_auth: {username: u, password: p}, enable_http2: true,\n"
      "     static_configs: [{targets: ['a:9093', 'b:9093'], labels: {k: v}}]}\n"
      "scrape_configs: [{job_name: a}, {job_name: b, sample_limit: 9}]\n",
      "f.yml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->rule_query_offset_ms, 30'000);
  ASSERT_EQ(config->alerting.alertmanagers.size(), 1u);
  const AlertmanagerGroup& one = config->alerting.alertmanagers[0];
  EXPECT_EQ(one.scheme + one.path_prefix, "https/am");
  EXPECT_EQ(one.timeout_ms, 3000);
  EXPECT_EQ(one.credentials.Header(), "Basic dTpw");
  EXPECT_EQ(one.static_groups[0].targets[1], "b:9093");
  EXPECT_EQ(config->alerting.alert_relabel.size(), 1u);
  EXPECT_EQ(config->jobs[0].sample_limit, 7) << "global limits are inherited";
  EXPECT_EQ(config->jobs[1].sample_limit, 9);
}

TEST(Alerting, FaultsAndNotes) {
  EXPECT_EQ(Fault("alerting: {alertmanagers: [{api_version: v1}]}\n"),
            "f.yml:1: expected Alertmanager api version to be one of [v2] but got v1");
  EXPECT_EQ(Fault("alerting: {alertmanagers: [{static_configs: [{targets: ['http://a']}]}]}\n"),
            "f.yml:1: \"http://a\" is not a valid hostname");
  EXPECT_EQ(Fault("alerting: {alertmanagers: [{dns_sd_configs: []}]}\n"),
            "f.yml:1: field dns_sd_configs of config.plain is not supported yet");
  EXPECT_EQ(Fault("global: {metric_name_validation_scheme: legacy}\n"),
            "f.yml:1: metric_name_validation_scheme \"legacy\" is not supported yet; names are "
            "\"utf8\"");
  std::vector<KeyNote> notes;
  ASSERT_TRUE(ParsePrometheusConfig("runtime: {gogc: 50}\nrule_files: [x]\n", "f.yml", &notes));
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].key, "rule_files");
  EXPECT_EQ(notes[1].verdict, Verdict::kMoot);
}

TEST(RuleFileFormat, PrometheusFixtures) {
  if (!std::filesystem::exists(kRuleFormat)) GTEST_SKIP() << kRuleFormat << " is not here";
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(kRuleFormat + "rulefmt_expectations.json");
  const auto check = [](std::string_view expression) {
    return std::string(expression.find("***") != std::string_view::npos || expression.find("=") == 0
                           ? "parse error"
                           : "");
  };
  int cases = 0;
  for (auto one : simdjson::dom::array(root["tables"].at(0)["cases"])) {
    const std::string file = kRuleFormat + std::string(std::string_view(one["filename"]));
    // Expressions belong to a higher layer, the legacy scheme is not offered.
    if (file.find("bad_expr") != std::string::npos || file.find("legacy") != std::string::npos ||
        !std::filesystem::exists(file)) {
      continue;
    }
    const auto rules = ParseRuleFile(*ReadTextFile(file), file, check);
    ASSERT_FALSE(rules) << file;
    EXPECT_NE(rules.error().message.find(std::string_view(one["errMsg"])), std::string::npos)
        << rules.error().message;
    ++cases;
  }
  EXPECT_GE(cases, 5);
  EXPECT_TRUE(ParseRuleFile(*ReadTextFile(kRuleFormat + "test.yaml"), "test.yaml", check));
  EXPECT_TRUE(ParseRuleFile(*ReadTextFile(kRuleFormat + "test_aliases.yaml"), "test.yaml", check));
}

std::vector<SloConfig> Slos(const std::string& text, std::string* faults) {
  Faults found("p.yaml");
  const Node root = ParseYaml(text, "p.yaml").value();
  auto slos = ReadSlos(*root.Find("slo"), found);
  *faults = found.Text();
  return slos;
}

TEST(SloConfig, OneLine) {
  std::string faults;
  const auto slos = Slos(
      "slo:\n- {name: a, service: s, objective: 99.9%, latency: 300ms, window: 28d}\n"
      "- {name: b, service: s, objective: 0.95}\n",
      &faults);
  EXPECT_EQ(faults, "");
  ASSERT_EQ(slos.size(), 2u);
  EXPECT_EQ(slos[0].objective, 0.999);
  EXPECT_EQ(slos[0].latency_seconds, 0.3);
  EXPECT_EQ(slos[0].window_ms, 28 * 86'400'000LL);
  EXPECT_FALSE(slos[1].latency_seconds);
  EXPECT_EQ(slos[1].metric, "http_request_duration_seconds");
}

TEST(SloConfig, FaultsAreSentences) {
  std::string faults;
  Slos(
      "slo:\n- {name: a, objective: 101%, latency: 0s, window: 1d, foo: 1}\n"
      "- {name: a, service: s, objective: fine, latency: 1s, metric: x_total}\n",
      &faults);
  EXPECT_EQ(faults,
            "p.yaml:2: an SLO needs a service, or a selector of its series\n"
            "p.yaml:2: objective: \"101%\" must be above 0% and below 100%; write 99.5% or 0.995\n"
            "p.yaml:2: latency must be above zero\n"
            "p.yaml:2: window must be from 7d to 366d: its alerts look at up to 3d\n"
            "p.yaml:2: field foo not found in type slo\n"
            "p.yaml:3: objective: \"fine\" is not a share; write 99.5% or 0.995\n"
            "p.yaml:3: a latency needs a histogram; x_total is a counter\n"
            "p.yaml:3: the SLO \"a\" is there twice");
}

}  // namespace
}  // namespace pharos::conf
