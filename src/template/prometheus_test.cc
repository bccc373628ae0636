#include "template/prometheus.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "template/template.h"

namespace pharos::tmpl {
namespace {

const std::string kTable = "../shared/data/prometheus/template/template_expansion.json";

std::string Expand(const std::string& text, const Value& dot = {},
                   std::vector<std::pair<std::string, double>> answer = {}) {
  PrometheusSurroundings around;
  around.now_ms = 1'353'755'652'000;
  around.external_url = "http://testhost:9090/path/prefix";
  around.query = [&](std::string_view) -> base::Result<List> {
    List list;
    for (const auto& [instance, value] : answer) {
      Map labels{{"instance", Value(instance)}};
      list.push_back(Value::Of(Map{{"Labels", TextMap(labels)}, {"Value", Value(value)}}));
    }
    return list;
  };
  const FunctionMap functions = PrometheusFunctions(&around);
  auto parsed = Template::Parse("test", text, functions);
  if (!parsed) return "error parsing template test: " + parsed.error().message;
  std::string out;
  const auto ran = parsed->Run(dot, &out);
  return ran ? out : "error executing template test: " + ran.error().message;
}

TEST(PrometheusTemplate, LabelsThatAreNotThereAreEmpty) {
  Map labels{{"job", Value::Of("api")}};
  const Value dot = Value::Of(Map{{"Labels", TextMap(labels)}, {"Value", Value(0.25)}});
  EXPECT_EQ(Expand("{{$labels := .Labels}}{{$labels.job}}|{{$labels.nope}}|{{.Labels.nope}}|"
                   "{{index $labels \"nope\"}}|{{$labels}}",
                   dot),
            "api||||map[job:api]");
  EXPECT_EQ(Expand("{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", dot), "job=api;");
  EXPECT_EQ(Expand("{{ .Value | humanizePercentage }} {{ .Nope }}", dot), "25% <no value>");
}

TEST(PrometheusTemplate, TimesAndDurationsHaveMethods) {
  EXPECT_EQ(Expand("{{ (now | toTime).Year }} {{ (now | toTime).Weekday }}"), "2012 Saturday");
  EXPECT_EQ(Expand("{{ (90 | toDuration).Minutes }} {{ 90 | toDuration }}"), "1.5 1m30s");
  const std::string at =
      "error executing template test: template: test:1:3: executing \"test\" at <";
  EXPECT_EQ(Expand("{{ (now | toTime).Format 3 }}"),
            at + "(now | toTime).Format>: error calling Format: Format wants a layout");
  EXPECT_EQ(Expand("{{ (now | toTime).Nope 3 }}"),
            at + "(now | toTime).Nope>: Nope is not a method but has arguments");
}

TEST(PrometheusTemplate, QueriesAndTheirFaults) {
  EXPECT_EQ(Expand("{{ with query \"up\" }}{{ . | first | value | humanize }}{{ end }}", {},
                   {{"a", 1234}}),
            "1.234k");
  EXPECT_EQ(Expand("{{ with query \"up\" }}x{{ else }}none{{ end }}"), "none");
  EXPECT_EQ(Expand("{{ tmpl \"x\" . }}"),
            "error parsing template test: template: test:1: function \"tmpl\" not defined");
}

/// What a case of the table works on; false where it is a Go value that has no counterpart.
bool ValueOf(simdjson::dom::element from, Value* out) {
  if (from.is_array()) {
    List list;
    for (auto item : simdjson::dom::array(from)) {
      Value value;
      if (!ValueOf(item, &value)) return false;
      list.push_back(std::move(value));
    }
    *out = Value::Of(std::move(list));
    return true;
  }
  std::string_view text;
  if (from.is_string())
    *out = Value::Of(std::string_view(from));
  else if (from.is_int64())
    *out = Value(int64_t{from});
  else if (from.is_double())
    *out = Value(double{from});
  else if (from["_src"].get(text) == simdjson::SUCCESS)
    *out = text == "math.MaxInt64"   ? Value(INT64_MAX)
           : text == "math.MinInt64" ? Value(INT64_MIN)
                                     : Value(18446744073709551615.0);
  else
    return false;
  return true;
}

List QueryResult(simdjson::dom::element one) {
  List list;
  simdjson::dom::array samples;
  if (one["queryResult"].get(samples) != simdjson::SUCCESS) return list;
  for (auto sample : samples) {
    Map labels;
    simdjson::dom::object metric;
    if (sample["Metric"].get(metric) == simdjson::SUCCESS) {
      for (const auto& [key, value] : metric)
        labels[std::string(key)] = Value::Of(std::string_view(value));
    }
    list.push_back(
        Value::Of(Map{{"Labels", TextMap(labels)}, {"Value", Value(double{sample["F"]})}}));
  }
  return list;
}

bool Told(simdjson::dom::element one, const char* key) {
  bool told = false;
  return one[key].get(told) == simdjson::SUCCESS && told;
}

/// "" or what is not as Prometheus has it; `skipped` where Pharos has no such thing.
std::string RunCase(simdjson::dom::element one, bool* skipped) {
  const std::string text{std::string_view(one["text"])};
  simdjson::dom::element input, given;
  Value dot;
  *skipped = Told(one, "html") ||                               // consoles
             one["options"].get(given) == simdjson::SUCCESS ||  // missingkey=error
             (one["input"].get(input) == simdjson::SUCCESS && !ValueOf(input, &dot)) ||
             text.find("banana") != std::string::npos ||  // names a type of Go
             simdjson::minify(one).find("\"H\"") != std::string::npos;
  if (*skipped) return "";
  PrometheusSurroundings around;
  around.now_ms = 1'353'755'652'000;
  around.external_url = "http://testhost:9090/path/prefix";
  around.query = [&](std::string_view) -> base::Result<List> { return QueryResult(one); };
  const FunctionMap functions = PrometheusFunctions(&around);
  std::string out;
  auto parsed = Template::Parse("test", text, functions);
  if (!parsed) {
    out = "error parsing template test: " + parsed.error().message;
  } else if (const auto ran = parsed->Run(dot, &out); !ran) {
    out = "error executing template test: " + ran.error().message;
  }
  const char* key = Told(one, "shouldFail") ? "errorMsg" : "output";
  const std::string expected{std::string_view(one[key])};
  return out == expected ? "" : text + "\n  expected " + expected + "\n  got      " + out;
}

TEST(PrometheusTemplate, PrometheusTable) {
  if (!std::filesystem::exists(kTable)) GTEST_SKIP() << kTable << " is not here";
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(kTable);
  int run = 0;
  for (auto table : root["tables"]) {
    if (std::string_view(table["test"]) != "TestTemplateExpansion") continue;
    for (auto one : simdjson::dom::array(table["cases"])) {
      bool skipped = false;
      EXPECT_EQ(RunCase(one, &skipped), "");
      if (!skipped) ++run;
    }
  }
  EXPECT_GE(run, 75);
}

}  // namespace
}  // namespace pharos::tmpl
