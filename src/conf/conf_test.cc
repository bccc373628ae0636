#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "conf/prometheus_config.h"
#include "conf/relabel.h"
#include "conf/rule_file.h"
#include "conf/yaml.h"

namespace pharos::conf {
namespace {

const std::string kLab = "../shared/lab/";
const std::string kRelabelTable = "../shared/data/prometheus/relabel/relabel.json";

std::string Fault(std::string_view text) {
  const auto config = ParsePrometheusConfig(text, "f.yml");
  return config ? "" : config.error().message;
}

TEST(Yaml, KnowsLinesAliasesAndMerges) {
  const auto node = ParseYaml("a: 1\nb: &x {c: 2}\nd:\n  <<: *x\n  e: \"3\"\n", "f");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->Find("d")->Find("c")->scalar, "2");
  EXPECT_EQ(node->Find("d")->line, 4);
  EXPECT_TRUE(node->Find("d")->Find("e")->quoted);
}

TEST(Yaml, FaultsNameFileAndLine) {
  EXPECT_EQ(ParseYaml("a: 1\nb: [", "f").error().message.substr(0, 2), "f:");
  EXPECT_EQ(ParseYaml("a: 1\na: 2\n", "f").error().message,
            "f:2: mapping key \"a\" already defined at line 1");
}

TEST(Yaml, ReaderNotesWhatBecomesOfEachKey) {
  const Node node = ParseYaml("a: 1\nring:\n  store: x\nold: 2\nbad: 3\n", "f").value();
  Faults faults("f");
  MapReader map(node, "T", faults);
  int64_t number = 0;
  EXPECT_TRUE(map.Int("a", &number));
  map.Moot({"ring", "absent"}, "one process has no ring");
  EXPECT_TRUE(map.Int("old", &number));
  map.Warn("old", "gone since 3.0");
  map.Done();
  std::string notes;
  for (const KeyNote& note : faults.notes())
    notes += std::to_string(note.line) + note.key + std::to_string(static_cast<int>(note.verdict)) +
             note.text + "|";
  EXPECT_EQ(notes, "1a0|2ring1one process has no ring|4old0|4old2gone since 3.0|");
  EXPECT_EQ(faults.Text(), "f:5: field bad not found in type T");
}

TEST(Yaml, BombsAndDepthEnd) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) bomb += (k > 0 ? "," : "") + before;
    bomb += "]\n";
  }
  EXPECT_FALSE(ParseYaml(bomb, "f"));
  EXPECT_FALSE(ParseYaml("]", "f")) << "must end";
  EXPECT_FALSE(ParseYaml("[1]]", "f"));
  EXPECT_FALSE(ParseYaml(std::string_view(",\7\0\0\0\0a]", 8), "f"));
  // A small one already: what aliases may add is little.
  EXPECT_FALSE(ParseYaml(bomb.substr(0, bomb.find("a6:")), "f"));
  EXPECT_TRUE(ParseYaml(bomb.substr(0, bomb.find("a3:")), "f"));
  EXPECT_FALSE(ParseYaml(std::string(5000, '[') + std::string(5000, ']'), "f"));
  EXPECT_FALSE(ParseYaml(std::string(200, '[') + std::string(200, ']'), "f"));
}

TEST(Bytes, UnitsOf1024) {
  EXPECT_EQ(*ParseBytes("10"), 10);
  EXPECT_EQ(*ParseBytes("1KB"), 1024);
  EXPECT_EQ(*ParseBytes("3GiB"), 3LL << 30);
  EXPECT_FALSE(ParseBytes("5x"));
  EXPECT_FALSE(ParseBytes("9999999999EB"));
}

TEST(PrometheusConfig, DefaultsAreInherited) {
  const auto config = ParsePrometheusConfig(
      "global: {scrape_interval: 5s}\nstorage: {tsdb: {out_of_order_time_window: 10m}}\n"
      "scrape_configs:\n- job_name: a\n  params: {module: [x]}\n  static_configs: [{targets: "
      "['h:1'], labels: {k: v}}]\n"
      "- {job_name: b, scrape_interval: 1m, honor_labels: true}\n",
      "f.yml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->jobs[0].interval_ms, 5000);
  EXPECT_EQ(config->jobs[0].timeout_ms, 5000) << "the timeout is never longer than the interval";
  EXPECT_EQ(config->jobs[0].static_groups[0].labels.at("k"), "v");
  EXPECT_EQ(config->jobs[1].interval_ms, 60'000);
  EXPECT_EQ(config->out_of_order_window_ms, 600'000);
}

TEST(PrometheusConfig, FaultsInPrometheusWords) {
  EXPECT_EQ(Fault("foo: 1\n"), "f.yml:1: field foo not found in type config.plain");
  EXPECT_EQ(Fault("scrape_configs:\n- job_name: a\n- job_name: a\n"),
            "f.yml:3: found multiple scrape configs with job name \"a\"");
  EXPECT_EQ(
      Fault("scrape_configs:\n- job_name: a\n  scrape_timeout: 2m\n"),
      "f.yml:3: scrape timeout greater than scrape interval for scrape config with job name \"a\"");
  EXPECT_EQ(Fault("scrape_configs:\n- job_name: a\n  scrape_interval: 5\n"),
            "f.yml:3: scrape_interval: not a valid duration string: \"5\"");
  EXPECT_EQ(Fault("scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: bogus\n    "
                  "target_label: x\n"),
            "f.yml:4: unknown relabel action \"bogus\"");
  EXPECT_EQ(Fault("scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: []\n"),
            "f.yml:3: field kubernetes_sd_configs of config.plain is not supported yet");
  EXPECT_EQ(Fault("a: 1\nb: 2\n"),
            "f.yml:1: field a not found in type config.plain\n"
            "f.yml:2: field b not found in type config.plain");
}

TEST(PrometheusConfig, TheLabsFiles) {
  if (!std::filesystem::exists(kLab)) GTEST_SKIP() << kLab << " is not here";
  for (const char* name : {"config/prometheus.yml", "record-store-prometheus.yaml"}) {
    const auto config = ReadPrometheusConfig(kLab + name);
    EXPECT_TRUE(config) << config.error().message;
  }
  const auto refused = ReadPrometheusConfig(kLab + "checkout-prometheus.yml");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(
                "checkout-prometheus.yml:3: field scrape_interval not found in type config.plain"),
            std::string::npos)
      << refused.error().message;
  const auto accept = [](std::string_view) { return std::string(); };
  for (const char* name : {"config/alerts.yml", "config/recording_rules.yml"}) {
    const auto rules = ParseRuleFile(*ReadTextFile(kLab + name), name, accept);
    EXPECT_TRUE(rules) << rules.error().message;
  }
}

TEST(RuleFile, FaultsInPrometheusWords) {
  const auto check = [](std::string_view expr) {
    return std::string(expr == "sum(" ? "1:5: parse error" : "");
  };
  const auto rules = ParseRuleFile(
      "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: sum(\n  - record: y\n    expr: up\n   "
      " for: 3m\n"
      "  - record: bad name\n    expr: up\n  - expr: up\n  - {record: r, alert: s, expr: up}\n- "
      "name: a\n",
      "r.yml", check);
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().message,
            "r.yml:5: group \"a\", rule 1, \"x\": could not parse expression: 1:5: parse error\n"
            "r.yml:8: group \"a\", rule 2, \"y\": invalid field 'for' in recording rule\n"
            "r.yml:9: group \"a\", rule 3, \"bad name\": invalid recording rule name: bad name\n"
            "r.yml:11: group \"a\", rule 4, \"\": one of 'record' or 'alert' must be set\n"
            "r.yml:12: group \"a\", rule 5, \"s\": only one of 'record' and 'alert' must be set\n"
            "r.yml:13: groupname: \"a\" is repeated in the same file");
}

model::Labels LabelsOf(simdjson::dom::element object) {
  std::vector<model::LabelView> views;
  if (object.is_object()) {
    for (const auto& [key, value] : simdjson::dom::object(object))
      views.push_back({key, std::string_view(value)});
  }
  return model::Labels::FromPairs(std::move(views));
}

/// A rule as Prometheus's table has it: Go field names, missing ones with Prometheus's defaults.
RelabelRule RuleOf(simdjson::dom::element from) {
  RelabelRule rule;
  const auto text = [&](const char* key, std::string* out) {
    std::string_view value;
    if (from[key].get(value) == simdjson::SUCCESS) *out = value;
  };
  simdjson::dom::array sources;
  if (from["SourceLabels"].get(sources) == simdjson::SUCCESS) {
    for (auto source : sources) rule.source_labels.emplace_back(std::string_view(source));
  }
  text("Separator", &rule.separator);
  text("Regex", &rule.regex);
  text("TargetLabel", &rule.target_label);
  text("Replacement", &rule.replacement);
  int64_t modulus = 0;
  if (from["Modulus"].get(modulus) == simdjson::SUCCESS)
    rule.modulus = static_cast<uint64_t>(modulus);
  std::string_view action;
  if (from["Action"]["_src"].get(action) == simdjson::SUCCESS) {
    static const std::map<std::string_view, RelabelAction> kNames = {
        {"Replace", RelabelAction::kReplace},     {"Keep", RelabelAction::kKeep},
        {"Drop", RelabelAction::kDrop},           {"HashMod", RelabelAction::kHashMod},
        {"LabelMap", RelabelAction::kLabelMap},   {"LabelDrop", RelabelAction::kLabelDrop},
        {"LabelKeep", RelabelAction::kLabelKeep}, {"Lowercase", RelabelAction::kLowercase},
        {"Uppercase", RelabelAction::kUppercase}, {"KeepEqual", RelabelAction::kKeepEqual},
        {"DropEqual", RelabelAction::kDropEqual}};
    rule.action = kNames.at(action);
  }
  return rule;
}

TEST(Relabel, PrometheusTable) {
  if (!std::filesystem::exists(kRelabelTable)) GTEST_SKIP() << kRelabelTable << " is not here";
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(kRelabelTable);
  int cases = 0;
  for (auto table : root["tables"]) {
    if (std::string_view(table["test"]) != "TestRelabel") continue;
    for (auto one : simdjson::dom::array(table["cases"])) {
      std::vector<RelabelRule> rules;
      for (auto rule : simdjson::dom::array(one["relabel"])) rules.push_back(RuleOf(rule));
      const auto relabeller = Relabeller::Make(std::move(rules));
      ASSERT_TRUE(relabeller) << relabeller.error().message << simdjson::minify(one);
      const auto out = relabeller->Apply(LabelsOf(one["input"]));
      bool drop = false;
      if (one["drop"].get(drop) != simdjson::SUCCESS) drop = false;
      simdjson::dom::element expected;
      if (drop) {
        EXPECT_FALSE(out) << simdjson::minify(one);
      } else if (one["output"].get(expected) == simdjson::SUCCESS) {
        EXPECT_TRUE(out && *out == LabelsOf(expected))
            << simdjson::minify(one) << (out ? model::ToString(*out) : "dropped");
      }
      ++cases;
    }
  }
  EXPECT_GT(cases, 20);
}

}  // namespace
}  // namespace pharos::conf
