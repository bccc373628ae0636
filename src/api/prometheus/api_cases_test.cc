// Prometheus's own cases of its API that need sources that fail, or have exemplars; and what a
// parameter means: ../shared/data/prometheus/http_api.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "api/prometheus/params.h"
#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using simdjson::dom::element;
using testing::Call;
using testing::Encode;
using Found = simdjson::simdjson_result<element>;

std::string Text(const Found& found) {
  element value;
  std::string_view text;
  return found.get(value) || value.get(text) ? std::string() : std::string(text);
}

/// Gives one error to every question, or none and the exemplars of two series.
class OddSource final : public store::SampleSource {
 public:
  using Listed = std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>;
  explicit OddSource(base::FakeClock& clock) : clock_(clock) {}
  base::Result<std::unique_ptr<store::SeriesCursor>> Select(const store::SampleQuery&) override {
    return Answer<std::unique_ptr<store::SeriesCursor>>(std::make_unique<Nothing>());
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery&) override {
    return Answer<std::vector<model::Labels>>({});
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery&) override {
    return Answer<std::vector<std::string>>({});
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery&,
                                                     std::string_view) override {
    return Answer<std::vector<std::string>>({});
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view,
                                                                  std::string_view) override {
    return {};
  }
  base::Result<Listed> Exemplars(const store::SampleQuery& query) override {
    Listed out;
    for (const auto& one : exemplars) {
      if (model::MatchesAll(query.matchers, one.first)) out.push_back(one);
    }
    return Answer<Listed>(std::move(out));
  }
  store::SampleStats Stats(std::string_view) override { return {}; }

  std::optional<base::Error> error;
  int64_t takes_ms = 0;  ///< each question
  Listed exemplars;

 private:
  class Nothing final : public store::SeriesCursor {
   public:
    base::Result<bool> Next(store::SeriesColumns*) override { return false; }
  };
  template <class T>
  base::Result<T> Answer(T answer) {
    clock_.Advance(std::chrono::milliseconds(takes_ms));
    if (error) return std::unexpected(*error);
    return answer;
  }
  base::FakeClock& clock_;
};

class ApiCasesTest : public ::testing::Test {
 protected:
  ApiCasesTest() {
    PrometheusApiDeps deps;
    deps.source = &source_;
    deps.clock = &clock_;
    RegisterPrometheusApi(router_, "", std::move(deps));
  }
  std::vector<element> Table(std::string_view test, const char* file = "api.json",
                             size_t which = 0) {
    std::vector<element> out;
    element root;
    if (parser_.load(std::string("../shared/data/prometheus/http_api/") + file).get(root))
      return out;
    for (const element table : root["tables"]) {
      if (Text(table["test"]) != test || which-- != 0) continue;
      for (const element item : table["cases"].get_array()) out.push_back(item);
    }
    return out;
  }
  net::Response Get(const std::string& target) { return Call(router_, "GET", "/api/v1" + target); }

  base::FakeClock clock_{300'000'000'000};
  OddSource source_{clock_};
  net::Router router_;
  simdjson::dom::parser parser_;
};

#define SKIP_WITHOUT(cases) \
  if ((cases).empty()) GTEST_SKIP() << "the shared cases of the API are not here"

/// What ends a query in Prometheus, as the kind that it has here.
ErrorKind KindOf(const element& item) {
  const std::map<std::string, ErrorKind, std::less<>> kinds = {
      {"promql.ErrTooManySamples", ErrorKind::kLimit},
      {"promql.ErrQueryCanceled", ErrorKind::kCancelled},
      {"promql.ErrQueryTimeout", ErrorKind::kTimeout},
      {"context.Canceled", ErrorKind::kCancelled}};
  std::string cause = Text(item["err"]["_call"]) + Text(item["err"]["_src"]);
  element inner;
  if (cause == "fmt.Errorf" && !item["err"]["args"].at(1).get(inner)) {
    cause = Text(inner["_call"]);
    if (cause.empty()) return ErrorKind::kIo;
  }
  if (!Text(item["err"]["Err"]).empty()) return ErrorKind::kIo;
  const auto found = kinds.find(cause);
  return found == kinds.end() ? ErrorKind::kUnprocessable : found->second;
}

TEST_F(ApiCasesTest, StatusCodesOfErrors) {
  element root;
  if (parser_.load("../shared/data/prometheus/http_api/errors.json").get(root))
    GTEST_SKIP() << "the shared cases of the API are not here";
  const std::map<std::string, int> codes = {{"http.StatusUnprocessableEntity", 422},
                                            {"statusClientClosedConnection", 499},
                                            {"http.StatusServiceUnavailable", 503}};
  int ran = 0;
  element first;
  ASSERT_FALSE(root["tables"].at(0).get(first));
  for (const auto& [name, item] : first["cases"].get_object()) {
    element own;
    if (!item["overrideErrorCode"].get(own)) continue;  // a hook of those who embed Prometheus
    const std::string text = Text(item["expectedString"]) + " in some place";
    source_.error = base::Error{KindOf(item), text};
    const auto response = Get("/query?query=up");
    EXPECT_EQ(response.status, codes.at(Text(item["expectedCode"]["_src"]))) << name;
    EXPECT_NE(response.body.find(text), std::string::npos) << name << response.body;
    ++ran;
  }
  EXPECT_EQ(ran, 6);
}

TEST_F(ApiCasesTest, TypesOfErrors) {
  const auto cases = Table("TestReturnAPIError");
  SKIP_WITHOUT(cases);
  const std::map<std::string, std::string> types = {{"errorInternal", "internal"},
                                                    {"errorTimeout", "timeout"},
                                                    {"errorCanceled", "canceled"},
                                                    {"errorExec", "execution"}};
  for (const element& item : cases) {
    source_.error = base::Error{KindOf(item), "some text"};
    EXPECT_EQ(Get("/query?query=up").body, "{\"status\":\"error\",\"errorType\":\"" +
                                               types.at(Text(item["expected"]["_src"])) +
                                               "\",\"error\":\"expanding series: some text\"}");
  }
}

TEST_F(ApiCasesTest, Exemplars) {
  const auto cases = Table("TestQueryExemplars");
  SKIP_WITHOUT(cases);
  for (const auto& [metric, foo, id, ms] : {std::tuple{"test_metric3", "boo", "abc", 0},
                                            {"test_metric4", "bar", "lul", 3000},
                                            {"test_metric4", "boo", "hidden", 1000}}) {
    model::Exemplar exemplar;
    exemplar.labels = model::Labels{{"id", id}};
    exemplar.value = 10;
    exemplar.time_ms = ms;
    source_.exemplars.push_back(
        {model::Labels{{"__name__", metric}, {"foo", foo}, {"dup", "1"}}, {exemplar}});
  }
  for (const element& item : cases) {
    const std::string error = Text(item["expectedErrorType"]["_src"]);
    source_.error.reset();
    if (!error.empty()) {
      const bool storage = error == "errorInternal";
      source_.error = base::Error{storage ? ErrorKind::kIo : ErrorKind::kUnprocessable, "generic"};
    }
    const auto response =
        Get("/query_exemplars?start=0&end=4&query=" + Encode(Text(item["query"]["query"].at(0))));
    const std::string expected =
        error == "errorInternal" ? R"({"status":"error","errorType":"internal","error":"generic"})"
        : error == "errorExec"
            ? R"({"status":"error","errorType":"execution","error":"generic"})"
            : R"({"status":"success","data":[)"
              R"({"seriesLabels":{"__name__":"test_metric3","dup":"1","foo":"boo"},)"
              R"("exemplars":[{"labels":{"id":"abc"},"value":"10","timestamp":0}]},)"
              R"({"seriesLabels":{"__name__":"test_metric4","dup":"1","foo":"bar"},)"
              R"("exemplars":[{"labels":{"id":"lul"},"value":"10","timestamp":3}]}]})";
    EXPECT_EQ(response.body, expected) << Text(item["name"]);
  }
}

/// There is one form of answers: whatever is accepted, JSON comes, as from a Prometheus to which
/// nobody has added codecs.
TEST_F(ApiCasesTest, AcceptHeaders) {
  const auto cases = Table("TestRespondSuccess");
  SKIP_WITHOUT(cases);
  int same = 0;
  for (const element& item : cases) {
    const auto response = Call(router_, "GET", "/api/v1/format_query?query=test", "",
                               {{"Accept", Text(item["acceptHeader"])}});
    EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
    EXPECT_EQ(response.body, R"({"status":"success","data":"test"})");
    if (Text(item["expectedContentType"]) != "application/json") continue;
    EXPECT_EQ(response.body, Text(item["expectedBody"])) << Text(item["name"]);
    ++same;
  }
  EXPECT_EQ(same, 4);
}

TEST_F(ApiCasesTest, Times) {
  const auto cases = Table("TestParseTimeParam");
  SKIP_WITHOUT(cases);
  for (const element& item : cases) {
    const std::string name = Text(item["paramName"]), value = Text(item["paramValue"]);
    net::Params params;
    if (!value.empty()) params.Add(name, value);
    const auto time = TimeParam(params, name, 77);
    if (name == "foo") {
      ASSERT_FALSE(time);
      EXPECT_EQ(time.error().message,
                "invalid parameter \"foo\": invalid time value for 'foo': cannot parse \"baz\" to "
                "a valid timestamp");
      continue;
    }
    ASSERT_TRUE(time) << name;
    // Far beyond any sample a time is cut: the table's start is in milliseconds by mistake.
    if (value.empty()) {
      EXPECT_EQ(*time, 77) << "the default";
    } else {
      EXPECT_GE(*time, int64_t{1582468023986});
    }
  }
}

TEST_F(ApiCasesTest, LimitsOfTsdbStatus) {
  const auto cases = Table("TestTSDBStatus");
  SKIP_WITHOUT(cases);
  for (const element& item : cases) {
    const std::string limit = Text(item["values"]["limit"].at(0));
    const auto response = Get("/status/tsdb" + (limit.empty() ? "" : "?limit=" + limit));
    const bool fine = Text(item["errType"]["_src"]) == "errorNone";
    EXPECT_EQ(response.status, fine ? 200 : 400) << limit;
    EXPECT_EQ(response.body.find("\"bad_data\"") == std::string::npos, fine) << limit;
  }
}

TEST_F(ApiCasesTest, OptionsOfQueries) {
  const auto cases = Table("TestExtractQueryOpts");
  SKIP_WITHOUT(cases);
  for (const element& item : cases) {
    std::string target = "/query?time=1&query=up";
    for (const char* key : {"stats", "lookback_delta"}) {
      if (const std::string value = Text(item["form"][key].at(0)); !value.empty())
        target += std::string("&") + key + "=" + value;
    }
    const auto response = Get(target);
    const std::string error = Text(item["err"]);
    EXPECT_EQ(response.status, error.empty() ? 200 : 400) << target;
    if (!error.empty()) {
      simdjson::dom::parser answers;
      element answer;
      ASSERT_FALSE(answers.parse(simdjson::padded_string(response.body)).get(answer));
      EXPECT_EQ(Text(answer["error"]), error);
    }
  }
}

TEST_F(ApiCasesTest, TimeoutByGetAndPost) {
  std::string query = "up";
  for (int i = 0; i < 100; ++i) query += "+up";
  source_.takes_ms = 100;
  for (const bool post : {false, true}) {
    const std::string form = "timeout=1s&time=1&query=" + Encode(query);
    const auto response =
        post ? Call(router_, "POST", "/api/v1/query", form) : Get("/query?" + form);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, R"({"status":"error","errorType":"timeout","error":)"
                             R"("query timed out in expression evaluation"})");
  }
}

}  // namespace
}  // namespace pharos::api::prometheus
