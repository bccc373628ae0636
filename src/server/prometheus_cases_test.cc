// Prometheus's own table of API requests, on the real engine: ../shared/data/prometheus/http_api.
// An answer's kind, size, texts and errors are compared; what is a Go expression there is not.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <set>

#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "conf/prometheus_config.h"
#include "samples/engine_harness.h"

namespace pharos::server {
namespace {

using api::testing::Call;
using api::testing::Encode;
using simdjson::dom::element;

constexpr const char* kCases = "../shared/data/prometheus/http_api/api.json";

/// The series that the table is about: 101 samples a minute apart, from the epoch on.
struct Loaded {
  Loaded() {
    EXPECT_TRUE(disk.Open());
    using Pairs = std::vector<model::LabelView>;
    const std::pair<Pairs, std::pair<double, double>> series[] = {
        {{{"__name__", "test_metric1"}, {"foo", "bar"}}, {0, 100}},
        {{{"__name__", "test_metric1"}, {"foo", "boo"}}, {1, 0}},
        {{{"__name__", "test_metric2"}, {"foo", "boo"}}, {1, 0}},
        {{{"__name__", "test_metric3"}, {"dup", "1"}, {"foo", "bar"}}, {1, 0}},
        {{{"__name__", "test_metric3"}, {"dup", "1"}, {"foo", "boo"}}, {1, 0}},
        {{{"__name__", "test_metric4"}, {"dup", "1"}, {"foo", "bar"}}, {1, 0}},
        {{{"__name__", "test_metric4"}, {"dup", "1"}, {"foo", "boo"}}, {1, 0}},
        {{{"__name__", "test_metric4"}, {"foo", "boo"}}, {1, 0}},
        {{{"__name__", "test_metric5"}, {"host.name", "localhost"}}, {1, 0}},
        {{{"__name__", "test_metric5"}, {"junk\n{},=:  chars", "bar"}}, {1, 0}}};
    for (int i = 0; i <= 100; ++i) {
      for (const auto& [labels, line] : series) {
        samples::Put(disk.engine(), model::Labels::FromPairs(labels), i * int64_t{60'000},
                     line.first + line.second * i);
      }
    }
    api::prometheus::PrometheusApiDeps deps;
    deps.source = &disk.engine();
    deps.clock = &disk.clock();
    deps.flags = {{"flag1", "value1"}, {"flag2", "value2"}};
    api::prometheus::RegisterPrometheusApi(router, "", std::move(deps));
  }
  samples::Harness disk{{.retention_ms = 0}};
  net::Router router;
};

std::string Text(element value) {
  std::string_view text;
  return value.get(text) ? std::string() : std::string(text);
}

/// "" where there is none.
std::string Text(const simdjson::simdjson_result<element>& found) {
  element value;
  return found.get(value) ? std::string() : Text(value);
}

/// "" where the endpoint needs more than series (targets, rules, …): those have their own tests.
std::string PathOf(element test) {
  const std::string endpoint = Text(test["endpoint"]["_src"]);
  if (endpoint == "api.query") return "/query";
  if (endpoint == "api.queryRange") return "/query_range";
  if (endpoint == "api.series") return "/series";
  if (endpoint == "api.labelNames") return "/labels";
  if (endpoint == "api.formatQuery") return "/format_query";
  if (endpoint == "api.serveFlags") return "/status/flags";
  if (endpoint != "api.labelValues") return "";
  std::string name = Text(test["params"]["name"]);
  if (name.empty()) {
    const std::string hex = Text(test["params"]["name"]["_bytes_hex"]);
    for (size_t i = 0; i + 1 < hex.size(); i += 2)
      name += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return "/label/" + Encode(name) + "/values";
}

std::string ParametersOf(element test) {
  std::string out;
  simdjson::dom::object query;
  if (test["query"].get(query)) return out;
  for (const auto [key, values] : query) {
    for (const element value : values.get_array())
      out += (out.empty() ? "" : "&") + Encode(key) + "=" + Encode(Text(value));
  }
  return out;
}

std::string ErrorOf(element test) {
  const std::string name = Text(test["errType"]["_src"]);
  if (name == "errorBadData") return "bad_data";
  if (name == "errorExec") return "execution";
  return name;
}

/// Is the expected answer plain JSON, without expressions of Go?
bool IsPlain(element value) {
  const std::string text = simdjson::minify(value);
  return text.find("\"_src\"") == std::string::npos &&
         text.find("\"_call\"") == std::string::npos &&
         text.find("\"ResultType\"") == std::string::npos;
}

void Compare(element test, element answer, const std::string& what) {
  element expected;
  int64_t count = 0;
  if (!test["response"].get(expected) && IsPlain(expected)) {
    EXPECT_EQ(simdjson::minify(answer["data"]), simdjson::minify(expected)) << what;
  }
  if (!test["responseLen"].get(count)) {
    element list = answer["data"];
    if (list.is_object()) list = list["result"];
    EXPECT_EQ(list.get_array().size(), static_cast<size_t>(count)) << what;
  }
  if (!test["warningsCount"].get(count)) {
    simdjson::dom::array warnings;
    const size_t found = answer["warnings"].get(warnings) ? 0 : warnings.size();
    EXPECT_EQ(found, static_cast<size_t>(count)) << what;
  }
  static const std::map<std::string, std::string> kTypes = {
      {"ValueTypeScalar", "scalar"}, {"ValueTypeVector", "vector"}, {"ValueTypeMatrix", "matrix"}};
  if (const auto type = kTypes.find(Text(test["response"]["ResultType"])); type != kTypes.end()) {
    EXPECT_EQ(Text(answer["data"]["resultType"]), type->second) << what;
    simdjson::dom::array result;
    if (!test["response"]["Result"].get(result)) {
      EXPECT_EQ(answer["data"]["result"].get_array().size(), result.size()) << what;
    }
  }
}

TEST(PrometheusCases, RequestsAnswerAsPrometheus) {
  if (!std::filesystem::exists(kCases)) GTEST_SKIP() << kCases << " is not here";
  simdjson::dom::parser parser;
  const element root = parser.load(kCases);
  Loaded loaded;
  size_t asked = 0;
  for (const element table : root["tables"]) {
    if (Text(table["test"]) != "testEndpoints") continue;
    for (const element test : table["cases"]) {
      const std::string path = PathOf(test);
      if (path.empty()) continue;
      const std::string parameters = ParametersOf(test), what = path + "?" + parameters;
      const std::string error = ErrorOf(test);
      for (const std::string method : {"GET", "POST"}) {
        const bool post = method == "POST";
        if (post && (path.starts_with("/label/") || path.starts_with("/status"))) continue;
        const auto response =
            post ? Call(loaded.router, method, "/api/v1" + path,
                        parameters.empty() ? "x=" : parameters)
                 : Call(loaded.router, method, "/api/v1" + path + "?" + parameters);
        simdjson::dom::parser answers;
        element answer;
        ASSERT_FALSE(answers.parse(simdjson::padded_string(response.body)).get(answer)) << what;
        ++asked;
        EXPECT_EQ(Text(answer["errorType"]), error) << what << " " << response.body;
        EXPECT_EQ(response.status, error == "bad_data"    ? 400
                                   : error == "execution" ? 422
                                                          : 200)
            << what;
        if (error.empty()) Compare(test, answer, what);
      }
    }
  }
  EXPECT_GT(asked, 100u);
}

TEST(PrometheusCases, TimesAndDurations) {
  if (!std::filesystem::exists(kCases)) GTEST_SKIP() << kCases << " is not here";
  simdjson::dom::parser parser;
  const element root = parser.load(kCases);
  Loaded loaded;
  for (const element table : root["tables"]) {
    const std::string test = Text(table["test"]);
    if (test != "TestParseTime" && test != "TestParseDuration") continue;
    for (const element one : table["cases"]) {
      std::string_view input;
      if (one["input"].get(input)) continue;
      bool fails = false;
      if (one["fail"].get(fails)) fails = false;
      // An empty optional parameter is none.
      if (input.empty()) continue;
      const std::string parameter =
          (test == "TestParseTime" ? "time=" : "query=1&timeout=") + Encode(input);
      const std::string body =
          Call(loaded.router, "GET", "/api/v1/query?query=1&" + parameter).body;
      EXPECT_EQ(body.find("invalid parameter") != std::string::npos, fails) << parameter << body;
    }
  }
}

}  // namespace
}  // namespace pharos::server
