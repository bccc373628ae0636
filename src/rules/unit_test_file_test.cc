#include "rules/unit_test_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "conf/prometheus_config.h"
#include "rules/rule.h"

namespace pharos::rules {
namespace {

const std::string kPromtool = "../shared/data/prometheus/promtool/";
const std::string kKube = "../shared/data/kube_state_metrics/";
const std::string kCorpus = "../shared/data/rules_corpus/";

std::string RunFile(const std::string& file) {
  std::vector<std::string> warnings;
  const auto failures = RunUnitTests(file, &warnings);
  if (!failures) return failures.error().message;
  std::string out;
  for (const std::string& failure : *failures) out += failure + "\n";
  return out;
}

class RuleTests : public ::testing::Test {
 protected:
  RuleTests() : folder_(std::filesystem::path(::testing::TempDir()) / "pharos_rule_tests") {
    std::filesystem::create_directories(folder_);
  }
  ~RuleTests() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::filesystem::path folder_;
};

TEST_F(RuleTests, PassAndFail) {
  Write("r.yml",
        "groups:\n- name: g\n  rules:\n  - {record: twice, expr: x * 2}\n"
        "  - {alert: High, expr: twice > 4, for: 2m, labels: {s: p}, annotations: {v: '{{ $value "
        "}}'}}\n");
  const std::string head =
      "rule_files: [r.yml]\nevaluation_interval: 1m\ntests:\n- input_series: [{series: x, values: "
      "'1+1x9'}]\n";
  EXPECT_EQ(
      RunFile(Write(
          "good.yml",
          head + "  alert_rule_test:\n"
                 "  - {eval_time: 3m, alertname: High}\n"
                 "  - eval_time: 4m\n    alertname: High\n    exp_alerts: [{exp_labels: {s: p}, "
                 "exp_annotations: {v: '10'}}]\n"
                 "  promql_expr_test: [{expr: twice, eval_time: 5m, exp_samples: [{labels: "
                 "twice, value: 12}]}]\n")),
      "");
  EXPECT_EQ(
      RunFile(Write("bad.yml",
                    head +
                        "  name: t\n  alert_rule_test: [{eval_time: 4m, alertname: High}]\n"
                        "  promql_expr_test: [{expr: twice, eval_time: 5m, exp_samples: [{labels: "
                        "twice, value: 13}]}]\n")),
      "    name: t,\n    alertname: High, time: 4m, \n        exp:[], \n        got:[\n"
      "            0:\n              Labels:{alertname=\"High\", s=\"p\"}\n"
      "              Annotations:{v=\"10\"}\n            ]\n"
      "    expr: \"twice\", time: 5m,\n        exp: twice 1.3e+01\n        got: twice 1.2e+01\n");
}

TEST_F(RuleTests, FaultsNameTheLine) {
  const std::string file =
      Write("f.yml", "tests:\n- input_series: [{series: 'x{', values: 1}]\n  foo: 1\n");
  const std::string error = RunFile(file);
  EXPECT_NE(error.find("f.yml:2: "), std::string::npos) << error;
  EXPECT_NE(error.find("f.yml:3: field foo not found in type main.testGroup"), std::string::npos);
}

TEST(RuleTestCorpora, Promtool) {
  if (!std::filesystem::exists(kPromtool)) GTEST_SKIP() << kPromtool << " is not here";
  const std::pair<const char*, bool> files[] = {{"unittest.yml", true},
                                                {"long-period.yml", true},
                                                {"bad-input-series.yml", false},
                                                {"bad-promql.yml", false},
                                                {"bad-rules-syntax-test.yml", false},
                                                {"bad-rules-error-test.yml", false},
                                                {"failing.yml", false},
                                                {"at-modifier-test.yml", true},
                                                {"negative-offset-test.yml", true},
                                                {"no-test-group-interval.yml", true},
                                                {"start-time-test.yml", true}};
  int run = 0;
  for (const auto& [name, passes] : files) {
    if (!std::filesystem::exists(kPromtool + name)) continue;
    const std::string out = RunFile(kPromtool + name);
    EXPECT_EQ(out.empty(), passes) << name << "\n" << out;
    ++run;
  }
  EXPECT_GE(run, 8);
}

/// A rule file, or the spec of a PrometheusRule; "" for other files.
std::string RuleFileText(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  if (extension != ".yml" && extension != ".yaml") return "";
  const std::string text = conf::ReadTextFile(path).value_or("");
  if (text.starts_with("groups:")) return text;
  const size_t spec = text.find("kind: PrometheusRule") != std::string::npos
                          ? text.find("\n  groups:\n")
                          : std::string::npos;
  return spec == std::string::npos ? "" : text.substr(spec + 1);
}

/// Every rule file of the corpora loads: expressions and templates parse.
TEST(RuleTestCorpora, RuleFilesLoad) {
  if (!std::filesystem::exists(kCorpus)) GTEST_SKIP() << kCorpus << " is not here";
  int files = 0;
  size_t rules = 0;
  for (const std::string& root : {kCorpus, kKube + "alerts"}) {
    if (!std::filesystem::exists(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string text = RuleFileText(entry.path());
      if (text.empty()) continue;
      const auto groups =
          conf::ParseRuleFile(text, entry.path(), CheckExpression, nullptr, CheckTemplate);
      ASSERT_TRUE(groups) << groups.error().message;
      ++files;
      for (const auto& group : *groups) rules += group.rules.size();
    }
  }
  EXPECT_GT(files, 20);
  EXPECT_GT(rules, 400u);
}

/// `query` of every entry below `node`.
void CheckQueries(const conf::Node& node, int* checked) {
  for (const conf::Field& field : node.fields) {
    if (field.name == "query" && field.value.kind == conf::Node::Kind::kScalar) {
      const std::string error = CheckExpression(field.value.scalar);
      // One has "\\." in quotes, which Prometheus refuses in these words too.
      EXPECT_TRUE(error.empty() || error.find("unknown escape sequence") != std::string::npos)
          << field.value.scalar << ": " << error;
      ++*checked;
    }
    CheckQueries(field.value, checked);
  }
  for (const conf::Node& item : node.items) CheckQueries(item, checked);
}

TEST(RuleTestCorpora, AwesomeAlertsParse) {
  const std::string file = kCorpus + "awesome_prometheus_alerts/rules.yml";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto root = conf::ParseYaml(*conf::ReadTextFile(file), file);
  ASSERT_TRUE(root) << root.error().message;
  int checked = 0;
  CheckQueries(*root, &checked);
  EXPECT_GT(checked, 500);
}

}  // namespace
}  // namespace pharos::rules
