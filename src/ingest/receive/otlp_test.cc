#include <gtest/gtest.h>

#include "ingest/receive/fake_sinks.h"
#include "ingest/receive/otlp_http.h"
#include "ingest/receive/otlp_names.h"
#include "wire/otlp_json.h"

namespace pharos::ingest::receive {
namespace {

constexpr int64_t kNow = 1'700'000'000'000'000'000;

class OtlpTest : public testing::Test {
 protected:
  OtlpTest() : clock_(kNow) {
    const Target target{.samples = &samples_, .events = &events_, .clock = &clock_};
    RegisterOtlpHttp(router_, std::make_shared<OtlpService>(target), target,
                     {.standard = true, .prometheus = true, .loki = true});
  }
  net::Response Json(std::string path, std::string body) {
    return Ask(router_, std::move(path), std::move(body), {{"Content-Type", "application/json"}});
  }
  static std::string Metrics(std::string metrics) {
    return R"({"resourceMetrics":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"shop"}},
        {"key":"service.namespace","value":{"stringValue":"web"}},
        {"key":"service.instance.id","value":{"stringValue":"i1"}},
        {"key":"host.name","value":{"stringValue":"h"}}]},
        "scopeMetrics":[{"metrics":[)" +
           metrics + "]}]}]}";
  }
  std::vector<double> Values(const std::string& series) {
    std::vector<double> out;
    const auto* found = samples_.Find(series);
    EXPECT_NE(found, nullptr) << series << " is not among "
                              << testing::PrintToString(samples_.Names());
    if (found != nullptr) {
      for (const auto& s : found->samples) out.push_back(s.value);
    }
    return out;
  }
  base::FakeClock clock_;
  FakeSamples samples_;
  FakeEvents events_;
  net::Router router_;
};

TEST_F(OtlpTest, TracesWithPartialSuccess) {
  const auto answer = Json("/v1/traces", R"({"resourceSpans":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
      {"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175","name":"a"},
      {"traceId":"00","spanId":"eee19b7ec3c1b175"}]}]}]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.Get("Content-Type"), "application/json");
  EXPECT_EQ(
      answer.body,
      R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"trace ids must be 16 bytes"}})");
  EXPECT_EQ(events_.streams.at(R"({service_name="shop"})").size(), 1u);
}

TEST_F(OtlpTest, LogsGetLokisStreamAndLevel) {
  const std::string body = R"({"resourceLogs":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"shop"}},
      {"key":"k8s.pod.name","value":{"stringValue":"p"}},
      {"key":"host.name","value":{"stringValue":"h"}}]},"scopeLogs":[{"logRecords":[
      {"timeUnixNano":"1700000000000000000","severityNumber":9,"body":{"stringValue":"x"}},
      {"observedTimeUnixNano":"5","body":{"kvlistValue":{"values":[]}}}]}]}]})";
  EXPECT_EQ(Json("/v1/logs", body).body, "{}");
  EXPECT_EQ(Json("/otlp/v1/logs", body).status, 204);
  const auto& kept = events_.streams.at(R"({k8s_pod_name="p", service_name="shop"})");
  ASSERT_EQ(kept.size(), 4u);
  EXPECT_EQ(model::FindAttribute(kept[0].attributes, "detected_level")->text, "info");
  EXPECT_EQ(kept[1].time_ns, 5);
  EXPECT_EQ(kept[1].body.type, model::Value::Type::kMap);
}

TEST_F(OtlpTest, ErrorsCarryAStatusInTheSameEncoding) {
  auto answer = Json("/v1/traces", "{");
  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(answer.body.starts_with(R"({"code":3,"message":"invalid JSON)")) << answer.body;
  answer = Ask(router_, "/v1/logs", "\x0a\xff", {{"Content-Type", "application/x-protobuf"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.headers.Get("Content-Type"), "application/x-protobuf");
  std::string json;
  ASSERT_TRUE(wire::OtlpProtobufToJson(wire::kRpcStatus, answer.body, {}, json));
  EXPECT_EQ(json, R"({"code":3,"message":"unexpected EOF"})");
  EXPECT_EQ(Ask(router_, "/v1/logs", "", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(Ask(router_, "/v1/logs", "", {{"Content-Type", "application/x-protobuf"}}).status, 200);
  events_.refuse = base::Error{base::ErrorKind::kBusy, "busy"};
  EXPECT_EQ(Json("/v1/logs", R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]})").status,
            503);
}

TEST_F(OtlpTest, NumbersBecomeSeries) {
  EXPECT_EQ(
      Json("/v1/metrics", Metrics(R"(
      {"name":"http.requests","unit":"{request}","description":"All.","sum":{"isMonotonic":true,"aggregationTemporality":2,
       "dataPoints":[{"timeUnixNano":"1700000000000000000","asInt":"5","attributes":[
          {"key":"http.route","value":{"stringValue":"/a"}},{"key":"http_route","value":{"stringValue":"/b"}}],
          "exemplars":[{"timeUnixNano":"1700000000000000000","asDouble":0.5,"traceId":"5b8efff798038103d269b633813fc60d"}]}]}},
      {"name":"queue.size","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"1700000000000000000","asDouble":1.5},
          {"timeUnixNano":"1700000001000000000","flags":1}]}},
      {"name":"bad","sum":{"dataPoints":[{"asInt":"1"}]}})"))
          .body,
      R"({"partialSuccess":{"rejectedDataPoints":"1","errorMessage":"invalid temporality and type combination for metric \"bad\""}})");
  const std::string common = R"(instance="i1", job="web/shop"})";
  EXPECT_EQ(Values(R"(http_requests_total{http_route="/a;/b", )" + common),
            (std::vector<double>{5}));
  const auto gauge = Values("queue_size_ratio{" + common);
  ASSERT_EQ(gauge.size(), 2u);
  EXPECT_EQ(gauge[0], 1.5);
  EXPECT_TRUE(model::IsStaleNan(gauge[1]));
  EXPECT_EQ(Values(R"(target_info{host_name="h", )" + common), (std::vector<double>{1, 1}));
  EXPECT_EQ(samples_.metadata.at("http_requests_total").type, model::MetricType::kCounter);
  EXPECT_EQ(samples_.metadata.at("http_requests_total").help, "All.");
  const auto* series = samples_.Find(R"(http_requests_total{http_route="/a;/b", )" + common);
  ASSERT_EQ(series->exemplars.size(), 1u);
  EXPECT_EQ(series->exemplars[0].labels.Get("trace_id"), "5b8efff798038103d269b633813fc60d");
}

TEST_F(OtlpTest, HistogramsAndSummaries) {
  EXPECT_EQ(Json("/api/v1/otlp/v1/metrics", Metrics(R"(
      {"name":"d","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{
        "timeUnixNano":"1700000000000000000","count":"6","sum":9.5,
        "bucketCounts":["1","2","3"],"explicitBounds":[0.1,10]}]}},
      {"name":"q","summary":{"dataPoints":[{"timeUnixNano":"1700000000000000000","count":"2","sum":3,
        "quantileValues":[{"quantile":0.99,"value":2}]}]}},
      {"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{
        "timeUnixNano":"1700000000000000000","count":"7","sum":3,"scale":9,"zeroCount":"1",
        "positive":{"offset":-1,"bucketCounts":["1","2","0","3"]}}]}})"))
                .body,
            "{}");
  const std::string common = R"(instance="i1", job="web/shop")";
  EXPECT_EQ(Values("d_seconds_bucket{" + common + R"(, le="0.1"})"), (std::vector<double>{1}));
  EXPECT_EQ(Values("d_seconds_bucket{" + common + R"(, le="10"})"), (std::vector<double>{3}));
  EXPECT_EQ(Values("d_seconds_bucket{" + common + R"(, le="+Inf"})"), (std::vector<double>{6}));
  EXPECT_EQ(Values("d_seconds_count{" + common + "}"), (std::vector<double>{6}));
  EXPECT_EQ(Values("d_seconds_sum{" + common + "}"), (std::vector<double>{9.5}));
  EXPECT_EQ(Values("q{" + common + R"(, quantile="0.99"})"), (std::vector<double>{2}));
  const auto* e = samples_.Find("e{" + common + "}");
  ASSERT_NE(e, nullptr);
  ASSERT_EQ(e->histograms.size(), 1u);
  const model::Histogram& h = *e->histograms[0].histogram;
  EXPECT_EQ(h.schema, 8);
  // Scale 9 indexes -1,0,1,2 → scale 8 indexes -1,0,0,1 → Prometheus's 0,1,1,2.
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{0, 3}}));
  EXPECT_EQ(h.positive_counts, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(h.zero_count, 1);
}

TEST_F(OtlpTest, DeltasBecomeTotals) {
  const auto send = [&](int64_t start_s, int64_t end_s, int value) {
    const std::string at = std::to_string(1'700'000'000 + end_s) + "000000000";
    const std::string from = std::to_string(1'700'000'000 + start_s) + "000000000";
    return Json("/v1/metrics",
                Metrics(R"({"name":"c","sum":{"isMonotonic":true,"aggregationTemporality":1,
        "dataPoints":[{"startTimeUnixNano":")" +
                        from + R"(","timeUnixNano":")" + at + R"(","asInt":)" +
                        std::to_string(value) + "}]}}"))
        .body;
  };
  const std::string series = R"(c_total{instance="i1", job="web/shop"})";
  EXPECT_EQ(send(0, 10, 5), "{}");
  EXPECT_EQ(send(10, 20, 7), "{}");
  EXPECT_EQ(send(10, 20, 7), "{}") << "sent twice counts once";
  EXPECT_EQ(send(4, 8, 2), "{}") << "late: shown with the next";
  EXPECT_EQ(send(20, 30, 1), "{}");
  EXPECT_EQ(Values(series), (std::vector<double>{0, 5, 12, 15}));
}

TEST(OtlpNames, FollowThePublishedRules) {
  using T = wire::OtlpMetricType;
  EXPECT_EQ(PrometheusMetricName("http.server.duration", "s", T::kHistogram, false),
            "http_server_duration_seconds");
  EXPECT_EQ(PrometheusMetricName("system.io", "By", T::kSum, true), "system_io_bytes_total");
  EXPECT_EQ(PrometheusMetricName("network.io.total", "By/s", T::kSum, true),
            "network_io_bytes_per_second_total");
  EXPECT_EQ(PrometheusMetricName("foo_bytes", "By", T::kGauge, false), "foo_bytes");
  EXPECT_EQ(PrometheusMetricName("requests", "{request}/s", T::kGauge, false),
            "requests_per_second");
  EXPECT_EQ(PrometheusMetricName("2xx", "1", T::kGauge, false), "_2xx_ratio");
  EXPECT_EQ(PrometheusMetricName("a..b__c", "", T::kGauge, false), "a_b_c");
  EXPECT_EQ(PrometheusMetricName("...", "", T::kGauge, false), "");
  EXPECT_EQ(PrometheusLabelName("http.method"), "http_method");
  EXPECT_EQ(PrometheusLabelName("1st"), "key_1st");
  EXPECT_EQ(PrometheusLabelName("__meta__x__"), "__meta_x__");
  EXPECT_EQ(PrometheusLabelName("a  ü.b"), "a_b");
  EXPECT_EQ(PrometheusUnit("KiBy/m"), "kibibytes_per_minute");
}

}  // namespace
}  // namespace pharos::ingest::receive
