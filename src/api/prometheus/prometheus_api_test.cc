#include "api/prometheus/prometheus_api.h"

#include <gtest/gtest.h>

#include <tuple>

#include "api/prometheus/encode.h"
#include "api/testing/call.h"
#include "query/promql/memory_source.h"

namespace pharos::api::prometheus {
namespace {

using testing::Call;
using testing::Encode;

class PrometheusApiTest : public ::testing::Test {
 protected:
  PrometheusApiTest() {
    for (int i = 0; i <= 20; ++i) {
      source_.Add({{"__name__", "up"}, {"job", "a"}}, i * 15'000, 1);
      source_.Add({{"__name__", "up"}, {"job", "b"}}, i * 15'000, 0);
      source_.Add({{"__name__", "hits_total"}, {"job", "a"}}, i * 15'000, i * 30.5);
    }
    PrometheusApiDeps deps;
    deps.source = &source_;
    deps.clock = &clock_;
    RegisterPrometheusApi(router_, "", std::move(deps));
  }
  std::string Get(const std::string& target) {
    return Call(router_, "GET", "/api/v1" + target).body;
  }
  int Status(const std::string& target) { return Call(router_, "GET", "/api/v1" + target).status; }

  base::FakeClock clock_{300'000'000'000};
  query::promql::MemorySource source_;
  net::Router router_;
};

TEST_F(PrometheusApiTest, InstantVector) {
  EXPECT_EQ(Get("/query?query=up&time=300.5"),
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"__name__":"up","job":"a"},"value":[300.500,"1"]},)"
            R"({"metric":{"__name__":"up","job":"b"},"value":[300.500,"0"]}]}})");
  EXPECT_EQ(
      Call(router_, "POST", "/api/v1/query", "query=" + Encode("sum(up)") + "&time=300").body,
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[300,"1"]}]}})");
}

TEST_F(PrometheusApiTest, ScalarStringAndTime) {
  EXPECT_EQ(Get("/query?query=1e-7&time=1"),
            R"({"status":"success","data":{"resultType":"scalar","result":[1,"0.0000001"]}})");
  EXPECT_EQ(Get("/query?query=%22a%3Cb%22&time=1"),
            R"({"status":"success","data":{"resultType":"string","result":[1,"a\u003cb"]}})");
  EXPECT_EQ(Get("/query?query=time()&time=2.5"),
            R"({"status":"success","data":{"resultType":"scalar","result":[2.5,"2.5"]}})");
  EXPECT_EQ(Get("/query?query=time()&time=1970-01-01T00:00:02Z"),
            R"({"status":"success","data":{"resultType":"scalar","result":[2,"2"]}})");
  EXPECT_EQ(Get("/query?query=time()"),
            R"({"status":"success","data":{"resultType":"scalar","result":[300,"300"]}})");
}

TEST_F(PrometheusApiTest, RangeMatrix) {
  EXPECT_EQ(
      Get("/query_range?query=" + Encode("rate(hits_total[1m])") + "&start=120&end=150&step=15"),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[)"
      R"([120,"2.033333333333333"],[135,"2.033333333333333"],[150,"2.033333333333333"]]}]}})");
}

TEST_F(PrometheusApiTest, BadParameters) {
  EXPECT_EQ(
      Get("/query?query=up("),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: unclosed left parenthesis"})");
  EXPECT_EQ(Status("/query?query=up("), 400);
  EXPECT_EQ(
      Get("/query?query=up&time=x"),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp"})");
  EXPECT_EQ(
      Get("/query_range?query=up&start=1&end=0&step=1"),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"end\": end timestamp must not be before start time"})");
  EXPECT_EQ(
      Get("/query_range?query=up&start=0&end=1&step=0"),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"})");
  EXPECT_EQ(
      Get("/query_range?query=up&start=0&end=11001&step=1"),
      R"x({"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"})x");
  EXPECT_EQ(
      Get("/query_range?query=" + Encode("up[5m]") + "&start=0&end=1&step=1"),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"})");
  EXPECT_EQ(Status("/query?query=" + Encode("up + on() up")), 422);
}

TEST_F(PrometheusApiTest, SeriesAndLabels) {
  EXPECT_EQ(
      Get("/series?match[]=up"),
      R"({"status":"success","data":[{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}]})");
  EXPECT_EQ(
      Get("/series?match[]=up&limit=1"),
      R"({"status":"success","data":[{"__name__":"up","job":"a"}],"warnings":["results truncated due to limit"]})");
  EXPECT_EQ(Get("/series"),
            R"({"status":"error","errorType":"bad_data","error":"no match[] parameter provided"})");
  EXPECT_EQ(Get("/labels"), R"({"status":"success","data":["__name__","job"]})");
  EXPECT_EQ(Get("/label/job/values"), R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(Get("/label/__name__/values?match[]=" + Encode("{job=\"b\"}")),
            R"({"status":"success","data":["up"]})");
  EXPECT_EQ(Get("/metadata"), R"({"status":"success","data":{}})");
}

TEST_F(PrometheusApiTest, FormatAndParse) {
  EXPECT_EQ(Get("/format_query?query=" + Encode("foo/bar")),
            R"({"status":"success","data":"foo / bar"})");
  EXPECT_EQ(Get("/parse_query?query=-1"),
            R"({"status":"success","data":{"type":"numberLiteral","val":"-1"}})");
}

TEST_F(PrometheusApiTest, StatusPages) {
  EXPECT_EQ(
      Get("/targets"),
      R"({"status":"success","data":{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}}})");
  EXPECT_EQ(Get("/rules"), R"({"status":"success","data":{"groups":[]}})");
  EXPECT_NE(Get("/status/buildinfo").find("\"version\":\"3.14.0\""), std::string::npos);
  EXPECT_EQ(Get("/status/config"), R"({"status":"success","data":{"yaml":""}})");
  EXPECT_NE(Get("/status/tsdb").find("\"numSeries\":0"), std::string::npos);
  EXPECT_EQ(Call(router_, "OPTIONS", "/api/v1/query").status, 204);
}

TEST_F(PrometheusApiTest, Federation) {
  const auto response = Call(router_, "GET", "/federate?match[]=up");
  EXPECT_EQ(response.body,
            "# TYPE up untyped\nup{job=\"a\",instance=\"\"} 1 300000\nup{job=\"b\",instance=\"\"} "
            "0 300000\n");
}

TEST(PrometheusErrors, KindsHaveTheirStatus) {
  using base::ErrorKind;
  const std::tuple<ErrorKind, int, const char*> kinds[] = {
      {ErrorKind::kBadInput, 400, "bad_data"},  {ErrorKind::kUnprocessable, 422, "execution"},
      {ErrorKind::kLimit, 422, "execution"},    {ErrorKind::kTimeout, 503, "timeout"},
      {ErrorKind::kCancelled, 499, "canceled"}, {ErrorKind::kCorrupt, 500, "internal"},
      {ErrorKind::kNotFound, 404, "not_found"}, {ErrorKind::kBusy, 503, "unavailable"}};
  for (const auto& [kind, status, type] : kinds) {
    const net::Response response = Failure({kind, "a \"b\" <c>"});
    EXPECT_EQ(response.status, status) << type;
    EXPECT_EQ(response.body, std::string("{\"status\":\"error\",\"errorType\":\"") + type +
                                 R"(","error":"a \"b\" \u003cc\u003e"})");
  }
}

TEST_F(PrometheusApiTest, StatisticsWhenAsked) {
  const std::string body = Get("/query?query=up&time=300&stats=all");
  EXPECT_NE(body.find(R"("stats":{"timings":{"evalTotalTime":0,"resultSortTime":0,)"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("samples":{"totalQueryableSamples":2,"samplesRead":2,"peakSamples":)"),
            std::string::npos);
  EXPECT_EQ(Get("/query?query=up&time=300").find("stats"), std::string::npos);
  EXPECT_NE(Get("/query?query=up&time=300&stats=yes").find("is deprecated"), std::string::npos);
}

TEST_F(PrometheusApiTest, LimitsEndInErrors) {
  EXPECT_NE(Get("/query?query=up&timeout=bogus").find("invalid parameter \\\"timeout\\\""),
            std::string::npos);
  EXPECT_NE(Get("/query?query=up&limit=-1").find("limit must be non-negative"), std::string::npos);
  EXPECT_EQ(Status("/query_range?query=" + Encode("count_over_time(up[1y:1ms])") +
                   "&start=0&end=100&step=1"),
            422);
}

TEST_F(PrometheusApiTest, StatisticsOfEachStep) {
  net::Router router;
  PrometheusApiDeps deps;
  deps.source = &source_;
  deps.clock = &clock_;
  deps.per_step_stats = true;
  RegisterPrometheusApi(router, "", std::move(deps));
  const std::string query =
      "/api/v1/query_range?start=60&end=90&step=15&query=" + Encode("rate(hits_total[1m])") +
      "&stats=";
  // Each window has four samples, of which one is new.
  EXPECT_NE(Call(router, "GET", query + "all")
                .body.find(R"("samples":{"totalQueryableSamplesPerStep":[[60,4],[75,4],[90,4]],)"
                           R"("totalQueryableSamples":12,"samplesReadPerStep":[[60,4],[75,1],)"
                           R"([90,1]],"samplesRead":6,"peakSamples":)"),
            std::string::npos);
  EXPECT_EQ(Call(router, "GET", query + "true").body.find("PerStep"), std::string::npos);
  EXPECT_EQ(Get(query.substr(7) + "all").find("PerStep"), std::string::npos) << "not enabled";
}

}  // namespace
}  // namespace pharos::api::prometheus
