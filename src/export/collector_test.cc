// A Collector file from end to end: what goes in at a receiver comes out where the pipelines say,
// once.
#include "export/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <regex>

#include "export/collector_metrics.h"
#include "export/debug_exporter.h"
#include "ingest/receive/fake_sinks.h"
#include "wire/otlp_json.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpAnswer;
using ingest::receive::OtlpEncoding;
using ingest::receive::OtlpSignal;
using testing::HasSubstr;
using testing::Not;

const std::string kLab = "../shared/lab/config/otel-collector-config.yaml";
constexpr std::string_view kResource =
    R"("resource":{"attributes":[{"key":"service.name","value":{"stringValue":"sample-app"}},
    {"key":"deployment.environment","value":{"stringValue":"dev"}}]})";

std::string Metrics(int requests) {
  return R"({"resourceMetrics":[{)" + std::string(kResource) +
         R"(,"scopeMetrics":[{"metrics":[{"name":"http_requests_total","unit":"1","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"1600000000000000000","asInt":")" +
         std::to_string(requests) +
         R"(","attributes":[{"key":"status","value":{"stringValue":"200"}}]}]}}]}]}]})";
}
std::string Logs() {
  return R"({"resourceLogs":[{)" + std::string(kResource) +
         R"(,"scopeLogs":[{"logRecords":[{"timeUnixNano":"1600000000000000000","severityNumber":17,"severityText":"ERROR","traceId":"0102030405060708090a0b0c0d0e0f10","body":{"stringValue":"it broke"}}]}]}]})";
}
std::string Traces() {
  return R"({"resourceSpans":[{)" + std::string(kResource) +
         R"(,"scopeSpans":[{"spans":[{"name":"GET /slow","traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","startTimeUnixNano":"1600000000000000000","endTimeUnixNano":"1600000001000000000"}]}]}]})";
}

struct Bench {
  ingest::receive::FakeEvents events;
  ingest::receive::FakeSamples samples;
  base::FakeClock clock{1'600'000'000'000'000'000};
  std::unique_ptr<Collector> collector;

  void Start(const conf::OtelcolConfig& config, bool self = true) {
    auto made = Collector::Make(
        config, {.target = {.samples = &samples, .events = &events, .clock = &clock},
                 .is_self =
                     [self](std::string_view address) {
                       return self && (address == "tempo:4317" || address == "loki:3100");
                     },
                 .store = nullptr});
    ASSERT_TRUE(made) << made.error().message;
    collector = *std::move(made);
  }
  const CollectorListener& Listener(CollectorListener::Kind kind) {
    for (const CollectorListener& listener : collector->listeners()) {
      if (listener.kind == kind) return listener;
    }
    ADD_FAILURE() << "no such listener";
    return collector->listeners().front();
  }
  /// Through the gRPC receiver, waiting for the answer.
  OtlpAnswer Send(OtlpSignal signal, const std::string& json) {
    const wire::PbMessage& message = signal == OtlpSignal::kTraces ? wire::kTracesMessage
                                     : signal == OtlpSignal::kLogs ? wire::kLogsMessage
                                                                   : wire::kMetricsMessage;
    std::promise<OtlpAnswer> answer;
    Listener(CollectorListener::Kind::kOtlpGrpc)
        .service->Export(signal, OtlpEncoding::kProtobuf,
                         wire::OtlpJsonToProtobuf(message, json).value(),
                         ingest::receive::OtlpSender{.transport = "grpc"},
                         [&](OtlpAnswer got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  }
  std::string Get(CollectorListener::Kind kind, std::string path) {
    const auto match = Listener(kind).router->Find("GET", path);
    if (match.route == nullptr) return "";
    net::Request request;
    request.path = path;
    return match.route->sync(request).body;
  }
};

size_t Times(std::string_view text, std::string_view needle) {
  size_t n = 0;
  for (size_t at = text.find(needle); at != text.npos; at = text.find(needle, at + 1)) ++n;
  return n;
}

class TheLab : public testing::Test, public Bench {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kLab)) GTEST_SKIP() << kLab << " is not here";
    const auto config = conf::ReadOtelcolConfig(kLab);
    ASSERT_TRUE(config) << config.error().message;
    Start(*config);
  }
};

TEST_F(TheLab, MetricsAreOnThePageOnceAndNowhereElse) {
  EXPECT_EQ(Send(OtlpSignal::kMetrics, Metrics(41)).code, 0);
  EXPECT_EQ(Send(OtlpSignal::kMetrics, Metrics(42)).code, 0);
  const std::string page = Get(CollectorListener::Kind::kExporterPage, "/metrics");
  EXPECT_THAT(page, HasSubstr("app_http_requests_total{job=\"sample-app\",status=\"200\"} 42\n"));
  EXPECT_EQ(Times(page, "app_http_requests_total{"), 1u);
  EXPECT_THAT(page,
              HasSubstr("app_target_info{deployment_environment=\"dev\",job=\"sample-app\"} 1"));
  EXPECT_EQ(page, collector->ExporterPage("prometheus"));
  EXPECT_TRUE(samples.series.empty()) << "stored without a route";
  EXPECT_EQ(Listener(CollectorListener::Kind::kExporterPage).endpoint, "0.0.0.0:8889");
}

TEST_F(TheLab, LogsBecomeLokisStreams) {
  EXPECT_EQ(Send(OtlpSignal::kLogs, Logs()).code, 0);
  ASSERT_EQ(events.streams.size(), 1u);
  EXPECT_EQ(
      events.streams.begin()->first,
      R"({deployment_environment="dev", job="sample-app", level="ERROR", service_name="sample-app"})");
  ASSERT_EQ(events.streams.begin()->second.size(), 1u);
  const model::Event& event = events.streams.begin()->second[0];
  EXPECT_EQ(event.time_ns, 1'600'000'000'000'000'000);
  EXPECT_EQ(
      event.body.text,
      R"({"body":"it broke","traceid":"0102030405060708090a0b0c0d0e0f10","severity":"ERROR"})");
}

TEST_F(TheLab, TracesGoToTheStoreAndAreAnsweredWhenTheyAreThere) {
  EXPECT_EQ(Send(OtlpSignal::kTraces, Traces()).code, 0);
  ASSERT_EQ(events.streams.count(R"({service_name="sample-app"})"), 1u);
  const auto& spans = events.streams.begin()->second;
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].span->name, "GET /slow");
  events.refuse = base::Error{base::ErrorKind::kFull, "disk full"};
  const OtlpAnswer answer = Send(OtlpSignal::kTraces, Traces());
  EXPECT_EQ(answer.code, 14) << "not acknowledged, to be retried, in spite of the batch";
}

TEST_F(TheLab, ItCountsItself) {
  Send(OtlpSignal::kMetrics, Metrics(1));
  Send(OtlpSignal::kTraces, Traces());
  events.refuse = base::Error{base::ErrorKind::kFull, "disk full"};
  Send(OtlpSignal::kLogs, Logs());
  clock.Advance(std::chrono::seconds(90));
  const std::string page = Get(CollectorListener::Kind::kMetricsPage, "/metrics");
  const auto line = [&](const std::string& name, const std::string& first,
                        const std::string& last) {
    // service_* labels, one of them new with each start, stand between.
    const std::regex wanted(name + "\\{" + first + "service_instance_id=\"[0-9a-f-]{36}\"," +
                            "service_name=\"otelcol-contrib\",service_version=\"0.95.0\"" + last);
    return std::regex_search(page, wanted);
  };
  EXPECT_TRUE(
      line("otelcol_receiver_accepted_spans", "receiver=\"otlp\",", ",transport=\"grpc\"\\} 1\n"));
  EXPECT_TRUE(line("otelcol_receiver_accepted_metric_points", "receiver=\"otlp\",",
                   ",transport=\"grpc\"\\} 1\n"));
  EXPECT_TRUE(line("otelcol_receiver_refused_log_records", "receiver=\"otlp\",",
                   ",transport=\"grpc\"\\} 1\n"));
  EXPECT_TRUE(line("otelcol_exporter_sent_spans", "exporter=\"otlp/tempo\",", "\\} 1\n"));
  EXPECT_TRUE(line("otelcol_exporter_sent_metric_points", "exporter=\"prometheus\",", "\\} 1\n"));
  EXPECT_TRUE(line("otelcol_exporter_send_failed_log_records", "exporter=\"loki\",", "\\} 1\n"));
  EXPECT_TRUE(line("otelcol_processor_accepted_spans", "processor=\"memory_limiter\",", "\\} 1\n"));
  EXPECT_TRUE(line("otelcol_process_uptime", "", "\\} 90\n")) << page;
  EXPECT_THAT(page, HasSubstr("otelcol_processor_batch_batch_send_size_bucket{le=\"10\","));
  EXPECT_THAT(page, HasSubstr("# HELP otelcol_receiver_accepted_spans Number of spans successfully "
                              "pushed into the pipeline.\n"));
}

TEST_F(TheLab, ListensWhereTheFileSays) {
  std::map<std::string, int> endpoints;
  for (const auto& listener : collector->listeners()) ++endpoints[listener.endpoint];
  EXPECT_EQ(
      endpoints,
      (std::map<std::string, int>{
          {"0.0.0.0:4317", 1}, {"0.0.0.0:4318", 1}, {"0.0.0.0:8889", 1}, {"localhost:8888", 1}}));
  const auto& http = Listener(CollectorListener::Kind::kOtlpHttp);
  EXPECT_EQ(ingest::receive::Ask(*http.router, "/v1/metrics", Metrics(7),
                                 {{"Content-Type", "application/json"}})
                .status,
            200);
  EXPECT_THAT(collector->ExporterPage("prometheus"), HasSubstr("status=\"200\"} 7\n"));
  collector->Stop(std::chrono::milliseconds(0));
  EXPECT_EQ(Send(OtlpSignal::kMetrics, Metrics(8)).code, 0)
      << "pipelines live as long as listeners";
}

TEST(Collector, RoutesNothingThatNoPipelineNames) {
  const auto config = conf::ParseOtelcolConfig(
      "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\n"
      "extensions: {health_check: }\n"
      "service: {extensions: [health_check], telemetry: {metrics: {level: none}}, pipelines: "
      "{logs: {receivers: [otlp], exporters: [debug]}}}\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  Bench bench;
  bench.Start(*config);
  EXPECT_EQ(bench.Send(OtlpSignal::kLogs, Logs()).code, 0);
  EXPECT_EQ(bench.Send(OtlpSignal::kTraces, Traces()).code, 12) << "UNIMPLEMENTED";
  EXPECT_TRUE(bench.events.streams.empty());
  EXPECT_EQ(bench.collector->listeners().size(), 2u) << "grpc and health";
  EXPECT_THAT(bench.Get(CollectorListener::Kind::kHealth, "/"), HasSubstr("Server available"));
}

TEST(Collector, ReloadPutsOtherPipelinesBelowTheSameListeners) {
  const auto file = [](std::string_view key, std::string_view endpoint) {
    return conf::ParseOtelcolConfig(
               "receivers: {otlp: {protocols: {grpc: }}}\n"
               "processors: {attributes: {actions: [{key: " +
                   std::string(key) +
                   ", value: v, action: insert}]}}\n"
                   "exporters: {prometheus: {endpoint: '" +
                   std::string(endpoint) +
                   "'}}\n"
                   "service: {pipelines: {metrics: {receivers: [otlp], processors: [attributes], "
                   "exporters: [prometheus]}}}\n",
               "f")
        .value();
  };
  Bench bench;
  bench.Start(file("one", ":8889"));
  bench.Send(OtlpSignal::kMetrics, Metrics(1));
  EXPECT_THAT(bench.Get(CollectorListener::Kind::kExporterPage, "/metrics"),
              HasSubstr("one=\"v\""));
  ASSERT_TRUE(bench.collector->Reload(file("two", ":8889"), std::chrono::milliseconds(0)));
  bench.Send(OtlpSignal::kMetrics, Metrics(1));
  const std::string page = bench.Get(CollectorListener::Kind::kExporterPage, "/metrics");
  EXPECT_THAT(page, HasSubstr("two=\"v\""));
  EXPECT_THAT(page, Not(HasSubstr("one=\"v\"")));
  const auto refused =
      bench.collector->Reload(file("three", ":9999"), std::chrono::milliseconds(0));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("restart Pharos"));
  EXPECT_THAT(bench.collector->ExporterPage("prometheus"), HasSubstr("two=\"v\""));
}

TEST(Collector, HostsOfEndpoints) {
  EXPECT_EQ(HostAndPortOf("tempo:4317"), "tempo:4317");
  EXPECT_EQ(HostAndPortOf("http://loki:3100/loki/api/v1/push"), "loki:3100");
  EXPECT_EQ(HostAndPortOf("https://x/y"), "x:443");
}

TEST(DebugExporter, Verbosities) {
  base::FakeClock clock{0};
  const auto lines = [&](conf::OtelcolDebugExporter settings, int requests) {
    std::vector<std::string> out;
    const auto exporter = MakeDebugExporter(settings, "debug", &clock,
                                            [&](const std::string& line) { out.push_back(line); });
    const auto body = std::make_shared<const std::string>(
        wire::OtlpJsonToProtobuf(wire::kMetricsMessage, Metrics(3)).value());
    for (int i = 0; i < requests; ++i) {
      exporter->Take(
          {OtlpSignal::kMetrics, body, {}},
          [](const base::Result<ingest::receive::OtlpTaken>& taken) { EXPECT_TRUE(taken); });
    }
    return out;
  };
  using Verbosity = conf::OtelcolDebugExporter::Verbosity;
  EXPECT_THAT(lines({}, 1),
              testing::ElementsAre("MetricsExporter resource metrics=1 metrics=1 data points=1"));
  EXPECT_THAT(lines({.verbosity = Verbosity::kNormal}, 1),
              testing::ElementsAre(testing::_, "http_requests_total{status=200} 3"));
  EXPECT_THAT(lines({.verbosity = Verbosity::kDetailed}, 1),
              testing::ElementsAre(testing::_, testing::_, HasSubstr("\"resourceMetrics\"")));
  EXPECT_EQ(lines({.sampling_initial = 2, .sampling_thereafter = 3}, 8).size(), 4u);
}

}  // namespace
}  // namespace pharos::exporting
