// Prometheus's own cases of the API that need few series, its documentation's examples, and its
// OpenAPI description: ../shared/data/prometheus/http_api and openapi.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "query/promql/memory_source.h"

namespace pharos::api::prometheus {
namespace {

using simdjson::dom::element;
using testing::Call;
using testing::Encode;
using Found = simdjson::simdjson_result<element>;

constexpr const char* kTables = "../shared/data/prometheus/http_api/api.json";
constexpr const char* kExamples = "../shared/data/prometheus/http_api/docs_api_examples.json";
constexpr const char* kOpenApi = "../shared/data/prometheus/openapi/openapi_3.1_golden.yaml";

std::string Text(const Found& found) {
  element value;
  std::string_view text;
  return found.get(value) || value.get(text) ? std::string() : std::string(text);
}

/// Fails as a disk would, or as a query engine would.
class FailingSource final : public store::SampleSource {
 public:
  base::ErrorKind kind = base::ErrorKind::kIo;
  base::Result<std::unique_ptr<store::SeriesCursor>> Select(const store::SampleQuery&) override {
    return base::Fail(kind, "generic");
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery&) override {
    return base::Fail(kind, "generic");
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery&) override {
    return base::Fail(kind, "generic");
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery&,
                                                     std::string_view) override {
    return base::Fail(kind, "generic");
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view,
                                                                  std::string_view) override {
    return {};
  }
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery&) override {
    return base::Fail(kind, "generic");
  }
  store::SampleStats Stats(std::string_view) override { return {}; }
};

class ApiDataTest : public ::testing::Test {
 protected:
  ApiDataTest() {
    using Pairs = std::vector<model::LabelView>;
    for (const Pairs& labels :
         {Pairs{{"__name__", "test_metric1"}, {"foo1", "bar"}, {"baz", "abc"}},
          Pairs{{"__name__", "test_metric1"}, {"foo2", "boo"}},
          Pairs{{"__name__", "test_metric2"}, {"foo", "boo"}},
          Pairs{{"__name__", "test_metric2"}, {"foo", "boo"}, {"xyz", "qwerty"}},
          Pairs{{"__name__", "test_metric2"}, {"foo", "baz"}, {"abc", "qwerty"}}})
      source_.Add(model::Labels::FromPairs(labels), 0, 1);
    Register(router_, source_);
    Register(failing_router_, failing_);
  }
  void Register(net::Router& router, store::SampleSource& source) {
    PrometheusApiDeps deps;
    deps.source = &source;
    deps.clock = &clock_;
    conf::ScrapeJob job;
    job.name = "prometheus";
    job.relabel.emplace_back();
    job.relabel[0].source_labels = {"job"};
    job.relabel[0].target_label = "to";
    deps.scrape_jobs = [job] { return std::vector<conf::ScrapeJob>{job}; };
    RegisterPrometheusApi(router, "", std::move(deps));
  }
  std::vector<element> Table(std::string_view test) {
    std::vector<element> out;
    element root;
    if (parser_.load(kTables).get(root)) return out;
    for (const element table : root["tables"]) {
      if (Text(table["test"]) != test) continue;
      for (const element item : table["cases"].get_array()) out.push_back(item);
    }
    return out;
  }
  /// Runs the cases of a table against `path` by GET and POST.
  void RunSelections(std::string_view test, const std::string& path) {
    const auto cases = Table(test);
    if (cases.empty()) GTEST_SKIP() << kTables << " is not here";
    for (const element item : cases) {
      const std::string name = Text(item["name"]);
      if (name.empty()) continue;  // the methods
      std::string form;
      simdjson::dom::array matchers;
      if (!item["matchers"].get(matchers)) {
        for (const element matcher : matchers)
          form += "&match%5B%5D=" + Encode(Text(Found(element(matcher))));
      }
      if (const std::string limit = Text(item["limit"]); !limit.empty()) form += "&limit=" + limit;
      const std::string error = Text(item["expectedErrorType"]["_src"]);
      failing_.kind =
          error == "errorInternal" ? base::ErrorKind::kIo : base::ErrorKind::kUnprocessable;
      const bool fails = error == "errorInternal" || error == "errorExec";
      const net::Router& router = fails ? failing_router_ : router_;
      form += "&start=0&end=100";
      for (const bool post : {false, true}) {
        const auto response = post ? Call(router, "POST", "/api/v1" + path, form.substr(1))
                                   : Call(router, "GET", "/api/v1" + path + "?" + form.substr(1));
        simdjson::dom::parser answers;
        element answer, expected;
        ASSERT_FALSE(answers.parse(simdjson::padded_string(response.body)).get(answer));
        EXPECT_EQ(Text(answer["errorType"]), error == "errorBadData"    ? "bad_data"
                                             : error == "errorExec"     ? "execution"
                                             : error == "errorInternal" ? "internal"
                                                                        : "")
            << name << response.body;
        if (!item["expected"].get(expected)) {
          EXPECT_EQ(simdjson::minify(answer["data"]), simdjson::minify(expected)) << name;
        }
      }
    }
  }

  base::FakeClock clock_{300'000'000'000};
  query::promql::MemorySource source_;
  FailingSource failing_;
  net::Router router_, failing_router_;
  simdjson::dom::parser parser_;
};

TEST_F(ApiDataTest, Series) { RunSelections("TestGetSeries", "/series"); }
TEST_F(ApiDataTest, LabelNames) { RunSelections("TestLabelNames", "/labels"); }

TEST_F(ApiDataTest, Statistics) {
  const auto cases = Table("TestStats");
  if (cases.empty()) GTEST_SKIP() << kTables << " is not here";
  for (const element item : cases) {
    const std::string name = Text(item["name"]), param = Text(item["param"]);
    if (name.empty() || name.find("custom handler") != std::string::npos) continue;
    for (const char* query :
         {"/query?query=up&time=1", "/query_range?query=up&start=0&end=2&step=1"}) {
      const std::string body =
          Call(router_, "GET", std::string("/api/v1") + query + "&stats=" + param).body;
      EXPECT_EQ(body.find("\"stats\":{\"timings\"") != std::string::npos, !param.empty()) << name;
      bool warns = false;
      if (item["wantWarning"].get(warns)) warns = false;
      EXPECT_EQ(body.find("\"warnings\"") != std::string::npos, warns) << name << body;
    }
  }
}

/// What the documentation shows of an answer is in ours, as far as its keys are fixed.
TEST_F(ApiDataTest, ExamplesOfTheDocumentation) {
  element root;
  if (parser_.load(kExamples).get(root)) GTEST_SKIP() << kExamples << " is not here";
  const std::set<std::string> open_keys = {"/metadata", "/features", "/status/flags",
                                           "/parse_query"};
  // The documentation still shows them; the program no longer has them.
  const std::set<std::string> gone = {"timeSeriesCount", "state"};
  std::string path;
  int asked = 0;
  for (const element item : root["cases"]) {
    std::string text = Text(item["text"]);
    if (Text(item["lang"]) == "bash") {
      path.clear();
      const size_t at = text.find("/api/v1/");
      if (at == std::string::npos || text.find("POST") != std::string::npos) continue;
      path = text.substr(at + 7, text.find_first_of("'\n ", at) - at - 7);
      for (size_t more = text.find("--data-urlencode '"); more != std::string::npos;
           more = text.find("--data-urlencode '", more + 1)) {
        const size_t begin = more + 18, end = text.find('\'', begin);
        const size_t equals = text.find('=', begin);
        path += path.find('?') == std::string::npos ? "?" : "&";
        path += text.substr(begin, equals + 1 - begin) +
                Encode(text.substr(equals + 1, end - equals - 1));
      }
      continue;
    }
    const std::string endpoint = path.substr(0, path.find('?'));
    if (path.empty() || endpoint.starts_with("/search") || endpoint == "/notifications/live")
      continue;
    const auto response = Call(router_, "GET", "/api/v1" + path);
    ASSERT_EQ(response.status, 200) << path << response.body;
    simdjson::dom::parser ours_parser, theirs_parser;
    element ours, theirs;
    ASSERT_FALSE(ours_parser.parse(simdjson::padded_string(response.body)).get(ours)) << path;
    path.clear();
    ++asked;
    if (theirs_parser.parse(simdjson::padded_string(text)).get(theirs)) continue;  // has "…" in it
    EXPECT_EQ(ours["data"].type().value(), theirs["data"].type().value()) << endpoint;
    simdjson::dom::object data;
    if (theirs["data"].get(data) || open_keys.contains(endpoint)) continue;
    for (const auto& [key, value] : data) {
      element own;
      if (gone.contains(std::string(key))) continue;
      EXPECT_FALSE(ours["data"][key].get(own)) << endpoint << " has no " << key;
    }
  }
  EXPECT_GT(asked, 25);
}

/// Lines "path method" and "path method parameter" of an OpenAPI document; forms' fields are left
/// out. `indent`: of one level.
std::set<std::string> Operations(const std::string& yaml, size_t indent) {
  std::set<std::string> out;
  std::istringstream lines(yaml);
  std::string line, path, method;
  bool in_paths = false, in_parameters = false;
  while (std::getline(lines, line)) {
    const size_t depth = line.find_first_not_of(' ');
    if (depth == std::string::npos) continue;
    std::string word = line.substr(depth);
    if (depth == 0) in_paths = word == "paths:";
    if (!in_paths || depth == 0) continue;
    if (depth == indent) path = word.substr(0, word.size() - 1);
    if (depth == 2 * indent) out.insert(path + " " + (method = word.substr(0, word.size() - 1)));
    if (depth == 3 * indent) in_parameters = word == "parameters:";
    if (in_parameters && depth == 4 * indent && word.starts_with("- name: "))
      out.insert(path + " " + method + " " + word.substr(8));
  }
  return out;
}

TEST_F(ApiDataTest, OpenApiHasWhatPrometheusHas) {
  const auto response = Call(router_, "GET", "/api/v1/openapi.yaml");
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/yaml; charset=utf-8");
  EXPECT_TRUE(response.body.starts_with("openapi: 3.1.0\n"));
  const auto ours = Operations(response.body, 2);
  EXPECT_TRUE(ours.contains("/query get lookback_delta"));
  EXPECT_TRUE(Call(router_, "GET", "/api/v1/openapi.yaml?openapi_version=3.2")
                  .body.find("/notifications/live:") != std::string::npos);
  std::ifstream file(kOpenApi);
  if (!file) GTEST_SKIP() << kOpenApi << " is not here";
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto theirs = Operations(text, 4);
  EXPECT_GT(theirs.size(), 100u);
  for (const std::string& one : theirs) {
    // The search API is off, as in a Prometheus that was not asked to enable it.
    if (one.starts_with("/search/")) continue;
    EXPECT_TRUE(ours.contains(one)) << one;
  }
}

/// Every endpoint that the description names is there.
TEST_F(ApiDataTest, OpenApiTellsTheTruth) {
  const std::string yaml = Call(router_, "GET", "/api/v1/openapi.yaml").body;
  for (const std::string& one : Operations(yaml, 2)) {
    std::istringstream words(one);
    std::string path, method, parameter;
    words >> path >> method >> parameter;
    if (!parameter.empty() || path == "/write" || path.starts_with("/otlp")) continue;  // receivers
    if (const size_t brace = path.find("{name}"); brace != std::string::npos)
      path.replace(brace, 6, "job");
    std::ranges::transform(method, method.begin(), ::toupper);
    EXPECT_NE(Call(router_, method, "/api/v1" + path).status, 404) << one;
  }
}

/// What a plain Prometheus can, we can, but for what is about its own insides or is not built.
TEST_F(ApiDataTest, FeaturesThatPrometheusHas) {
  element theirs, ours;
  if (parser_.load("../shared/data/prometheus/cmd_prometheus/features.json").get(theirs))
    GTEST_SKIP() << "the shared list of features is not here";
  simdjson::dom::parser answers;
  const std::string body = Call(router_, "GET", "/api/v1/features").body;
  ASSERT_FALSE(answers.parse(simdjson::padded_string(body)).get(ours));
  const std::set<std::string> others = {"service_discovery_providers", "ui"};
  const std::set<std::string> inner = {"search_fuzz_alg_jarowinkler",
                                       "search_fuzz_alg_subsequence",
                                       "stringlabels",
                                       "extra_scrape_metrics",
                                       "isolation",
                                       "xor2_encoding"};
  element groups = theirs;
  if (element data; !theirs["data"].get(data)) groups = data;
  for (const auto& [group, switches] : groups.get_object()) {
    if (others.contains(std::string(group))) continue;
    for (const auto& [name, on] : switches.get_object()) {
      if (!on.get_bool() || inner.contains(std::string(name))) continue;
      bool own = false;
      EXPECT_FALSE(ours["data"][group][name].get(own)) << group << " " << name;
      EXPECT_TRUE(own) << group << " " << name;
    }
  }
}

}  // namespace
}  // namespace pharos::api::prometheus
