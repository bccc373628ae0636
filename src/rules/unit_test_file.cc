#include "rules/unit_test_file.h"

#include <filesystem>
#include <set>
#include <utility>

#include "conf/yaml.h"
#include "query/promql/parser.h"
#include "text/go_float.h"
#include "text/rfc3339.h"

namespace pharos::rules {
namespace {

using base::Result;
using conf::Faults;
using conf::MapReader;
using conf::Node;

/// A float as YAML has it: `.inf` and `.nan` too.
bool ParseYamlFloat(std::string text, double* out) {
  if (text == ".inf" || text == "+.inf" || text == "-.inf" || text == ".nan") std::erase(text, '.');
  return text::ParseGoFloat(text, out);
}

class Reader {
 public:
  Reader(Faults& faults, const UnitTestFile& file) : faults_(faults), file_(file) {}

  UnitTest Test(const Node& node) {
    MapReader map(node, "main.testGroup", faults_);
    UnitTest test;
    map.String("name", &test.name);
    map.DurationMs("interval", &test.interval_ms);
    if (test.interval_ms <= 0) test.interval_ms = file_.interval_ms;
    map.StringMap("external_labels", &test.external_labels);
    map.String("external_url", &test.external_url);
    ReadStart(map, test);
    for (const Node& one : map.List("input_series")) ReadSeries(one, test);
    for (const Node& one : map.List("alert_rule_test")) test.alerts.push_back(Alert(one));
    for (const Node& one : map.List("promql_expr_test"))
      test.expressions.push_back(Expression(one));
    map.Done();
    return test;
  }

 private:
  /// Unix seconds or RFC 3339.
  void ReadStart(MapReader& map, UnitTest& test) {
    std::string text;
    if (!map.String("start_timestamp", &text)) return;
    double seconds = 0;
    if (text::ParseGoFloat(text, &seconds) && seconds > -1e11 && seconds < 1e11) {
      test.start_ms = static_cast<int64_t>(seconds * 1000);
    } else if (const auto ns = text::ParseRfc3339(text); ns) {
      test.start_ms = *ns / 1'000'000;
    } else {
      faults_.Add(map.LineOf("start_timestamp"),
                  "cannot parse \"" + text + "\" to a valid timestamp");
    }
  }

  void ReadSeries(const Node& node, UnitTest& test) {
    MapReader map(node, "main.series", faults_);
    std::string series, values;
    map.String("series", &series);
    map.String("values", &values);
    map.Done();
    auto parsed = query::promql::ParseSeriesDescription(series + " " + values);
    if (parsed) {
      test.series.push_back(*std::move(parsed));
    } else {
      faults_.Add(node.line, parsed.error().message);
    }
  }

  AlertCase Alert(const Node& node) {
    MapReader map(node, "main.alertTestCase", faults_);
    AlertCase out;
    map.DurationMs("eval_time", &out.time_ms);
    if (!map.String("alertname", &out.alert) || out.alert.empty()) {
      faults_.Add(node.line, "an item under alert_rule_test misses required attribute alertname");
    }
    for (const Node& one : map.List("exp_alerts")) {
      MapReader alert(one, "main.alert", faults_);
      AlertCase::Expected expected;
      alert.StringMap("exp_labels", &expected.labels);
      alert.StringMap("exp_annotations", &expected.annotations);
      alert.Done();
      expected.labels["alertname"] = out.alert;
      out.expected.push_back(std::move(expected));
    }
    map.Done();
    return out;
  }

  ExpressionCase Expression(const Node& node) {
    MapReader map(node, "main.promqlTestCase", faults_);
    ExpressionCase out;
    map.String("expr", &out.expression);
    map.DurationMs("eval_time", &out.time_ms);
    for (const Node& one : map.List("exp_samples")) out.expected.push_back(Sample(one));
    map.Done();
    return out;
  }

  VectorSample Sample(const Node& node) {
    MapReader map(node, "main.sample", faults_);
    VectorSample out;
    std::string labels, value, histogram;
    map.String("labels", &labels);
    if (map.String("value", &value) && !ParseYamlFloat(value, &out.value))
      faults_.Add(map.LineOf("value"), "cannot unmarshal `" + value + "` into float64 (value)");
    map.String("histogram", &histogram);
    map.Done();
    // A description with one value is what the grammar knows.
    auto parsed = query::promql::ParseSeriesDescription((labels.empty() ? "{}" : labels) + " " +
                                                        (histogram.empty() ? "0" : histogram));
    if (!parsed) {
      faults_.Add(node.line, "labels \"" + labels + "\": " + parsed.error().message);
      return out;
    }
    out.labels = std::move(parsed->labels);
    if (histogram.empty()) return out;
    if (parsed->values.size() != 1 || !parsed->values[0].histogram) {
      faults_.Add(node.line, "expected 1 histogram in \"" + histogram + "\"");
      return out;
    }
    out.histogram =
        std::make_shared<const model::Histogram>(*std::move(parsed->values[0].histogram));
    return out;
  }

  Faults& faults_;
  const UnitTestFile& file_;
};

}  // namespace

Result<UnitTestFile> ParseUnitTestFile(std::string_view text, const std::string& file) {
  PHAROS_TRY(const Node root, conf::ParseYaml(text, file));
  Faults faults(file);
  UnitTestFile out;
  MapReader top(root, "main.unitTestFile", faults);
  std::vector<std::string> patterns;
  top.Strings("rule_files", &patterns);
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  for (const std::string& pattern : patterns) {
    out.rule_files.push_back(std::filesystem::path(pattern).is_absolute()
                                 ? pattern
                                 : (folder / pattern).lexically_normal().string());
  }
  top.DurationMs("evaluation_interval", &out.interval_ms);
  if (out.interval_ms <= 0) out.interval_ms = 60'000;
  top.Bool("fuzzy_compare", &out.fuzzy_compare);
  top.Strings("group_eval_order", &out.group_order);
  std::set<std::string> seen;
  for (const std::string& group : out.group_order) {
    if (!seen.insert(group).second) {
      faults.Add(top.LineOf("group_eval_order"),
                 "group name repeated in evaluation order: " + group);
    }
  }
  Reader reader(faults, out);
  for (const Node& node : top.List("tests")) out.tests.push_back(reader.Test(node));
  top.Done();
  if (!faults.empty()) return base::Fail(base::ErrorKind::kBadInput, faults.Text());
  return out;
}

}  // namespace pharos::rules
