#include "export/prometheus_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "export/prometheus_names.h"
#include "wire/otlp_json.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpRequest;
using ingest::receive::OtlpSignal;
using ingest::receive::OtlpTaken;
using testing::HasSubstr;
using testing::Not;

const std::string kTable =
    "../shared/data/otelcol_contrib/unit/exporter_prometheusexporter_prometheus.json";

struct Bench {
  explicit Bench(conf::OtelcolPrometheusExporter settings) : exporter(settings, &clock) {}
  OtlpTaken Add(std::string_view resource, std::string_view metrics) {
    const auto body = wire::OtlpJsonToProtobuf(
        wire::kMetricsMessage, R"({"resourceMetrics":[{"resource":{"attributes":[)" +
                                   std::string(resource) + R"(]},"scopeMetrics":[{"metrics":[)" +
                                   std::string(metrics) + "]}]}]}");
    EXPECT_TRUE(body) << body.error().message;
    OtlpTaken out;
    exporter.Take({OtlpSignal::kMetrics, std::make_shared<const std::string>(*body), {}},
                  [&](const base::Result<OtlpTaken>& taken) { out = taken.value(); });
    return out;
  }
  std::string Text() { return exporter.Page(PageFormat::kText); }

  base::FakeClock clock{1'600'000'000'000'000'000};
  PrometheusExporter exporter;
};

std::string Attribute(std::string_view key, std::string_view value) {
  return R"({"key":")" + std::string(key) + R"(","value":{"stringValue":")" + std::string(value) +
         R"("}})";
}

constexpr std::string_view kCounter =
    R"({"name":"http.requests","unit":"1","description":"Requests.","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
      {"asInt":"3","timeUnixNano":"1543160298100000129","attributes":[{"key":"http.status","value":{"intValue":"200"}}]}]}})";

std::string Delta(int64_t from, int64_t to, std::string_view value) {
  return R"({"name":"d","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"startTimeUnixNano":")" +
         std::to_string(from) + R"(","timeUnixNano":")" + std::to_string(to) + R"(","asDouble":)" +
         std::string(value) + "}]}}";
}
std::string DeltaHistogram(int64_t from, int64_t to, std::string_view counts,
                           std::string_view bounds) {
  return R"({"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"startTimeUnixNano":")" +
         std::to_string(from) + R"(","timeUnixNano":")" + std::to_string(to) +
         R"(","count":"5","sum":2.5,"bucketCounts":[)" + std::string(counts) +
         R"(],"explicitBounds":[)" + std::string(bounds) + "]}]}}";
}

TEST(PrometheusPage, NamesJobAndTargetInfo) {
  Bench bench({.name_space = "app"});
  bench.Add(Attribute("service.name", "shop") + "," + Attribute("service.namespace", "ns") + "," +
                Attribute("service.instance.id", "i-1") + "," + Attribute("host.name", "h"),
            kCounter);
  EXPECT_EQ(bench.Text(),
            "# HELP app_http_requests_total Requests.\n"
            "# TYPE app_http_requests_total counter\n"
            "app_http_requests_total{http_status=\"200\",instance=\"i-1\",job=\"ns/shop\"} 3\n"
            "# HELP app_target_info Target metadata\n"
            "# TYPE app_target_info gauge\n"
            "app_target_info{host_name=\"h\",instance=\"i-1\",job=\"ns/shop\"} 1\n");
}

TEST(PrometheusPage, NamesByContribsRules) {
  const auto name = [](std::string_view metric, std::string_view unit, bool counter,
                       std::string_view name_space = "", bool suffixes = true) {
    wire::OtlpMetric m;
    m.name = metric;
    m.unit = unit;
    m.type = counter ? wire::OtlpMetricType::kSum : wire::OtlpMetricType::kGauge;
    m.monotonic = counter;
    return PageMetricName(m, CleanNamespace(name_space), suffixes);
  };
  EXPECT_EQ(name("system.network.io", "By", true), "system_network_io_bytes_total");
  EXPECT_EQ(name("system.cpu.utilization", "1", false), "system_cpu_utilization_ratio");
  EXPECT_EQ(name("hw.gpu.memory", "By/s", false), "hw_gpu_memory_bytes_per_second");
  EXPECT_EQ(name("total.requests", "", true), "requests_total");
  EXPECT_EQ(name("system.processes.created", "{processes}", true),
            "system_processes_created_total");
  EXPECT_EQ(name("a:b", "", false), "a_b");
  EXPECT_EQ(name("2xx", "", false), "_2xx");
  EXPECT_EQ(name("x", "", true, "test-space"), "test_space_x_total");
  EXPECT_EQ(name("a.b:c", "s", true, "n", false), "n_a_b:c");
  EXPECT_EQ(PageLabelName("http.method"), "http_method");
  EXPECT_EQ(PageLabelName("2xx"), "key_2xx");
  EXPECT_EQ(PageLabelName("_x"), "key_x");
  EXPECT_EQ(PageLabelName("x\xc3\xa9.a"), "x__a");
}

/// The expected lines of contrib's own end-to-end tests.
TEST(PrometheusPage, ContribsLines) {
  if (!std::filesystem::exists(kTable)) GTEST_SKIP() << kTable << " is not here";
  Bench bench({.name_space = "test",
               .const_labels = {{"foo2", "bar2"}, {"code2", "one2"}},
               .send_timestamps = true,
               .resource_to_telemetry = true,
               .add_metric_suffixes = false});
  const auto point = [](std::string_view label, std::string_view value, int n) {
    return R"({"asInt":")" + std::to_string(n) +
           R"(","timeUnixNano":"1581452773000000789","attributes":[)" + Attribute(label, value) +
           "]}";
  };
  bench.Add(
      Attribute("resource-attr", "resource-attr-val-1"),
      R"({"name":"counter-int","unit":"1","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[)" +
          point("label-1", "label-value-1", 123) + "," + point("label-2", "label-value-2", 456) +
          "]}}");
  const std::string page = bench.Text();
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.load(kTable).value();
  size_t lines = 0;
  for (simdjson::dom::element table : root["tables"].get_array()) {
    if (table["test"].get_string().value() != "TestPrometheusExporter_endToEndWithResource") {
      continue;
    }
    if (!table["cases"].is_array()) continue;
    for (simdjson::dom::element line : table["cases"].get_array()) {
      if (!line.is_string()) continue;
      const std::string text(line.get_string().value());
      if (!text.starts_with("test_") && !text.starts_with("#")) continue;
      EXPECT_THAT(page, HasSubstr(text));
      ++lines;
    }
  }
  EXPECT_EQ(lines, 4u);
}

TEST(PrometheusPage, HistogramsSummariesAndExemplars) {
  Bench bench({.open_metrics = true});
  bench.Add("", R"({"name":"lat","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
      {"count":"6","sum":7.5,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1],
       "exemplars":[{"asDouble":0.7,"timeUnixNano":"1500000000000000000","traceId":"0102030405060708090a0b0c0d0e0f10"}]}]}},
      {"name":"q","summary":{"dataPoints":[{"count":"1000000","sum":2,"quantileValues":[{"quantile":0.5,"value":1}]}]}},
      {"name":"total","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"asDouble":1e21}]}})");
  const std::string text = bench.Text();
  EXPECT_THAT(text, HasSubstr("lat_seconds_bucket{le=\"0.5\"} 1\n"
                              "lat_seconds_bucket{le=\"1\"} 3\n"
                              "lat_seconds_bucket{le=\"+Inf\"} 6\n"
                              "lat_seconds_sum 7.5\nlat_seconds_count 6\n"));
  EXPECT_THAT(text, HasSubstr("q{quantile=\"0.5\"} 1\nq_sum 2\nq_count 1e+06\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE total counter\ntotal 1e+21\n"));
  const std::string open = bench.exporter.Page(PageFormat::kOpenMetrics);
  EXPECT_THAT(open, HasSubstr("lat_seconds_bucket{le=\"1.0\"} 3 # "
                              "{trace_id=\"0102030405060708090a0b0c0d0e0f10\"} 0.7 1500000000\n"));
  EXPECT_THAT(open, HasSubstr("q_count 1000000\n"));
  EXPECT_TRUE(open.ends_with("# EOF\n"));
  EXPECT_EQ(FormatFor("application/openmetrics-text;version=1.0.0", false), PageFormat::kText);
}

TEST(PrometheusPage, DeltasAddUpAndRetriesDoNot) {
  Bench bench({});
  bench.Add("", Delta(100, 200, "1"));
  bench.Add("", Delta(200, 300, "2"));
  bench.Add("", Delta(200, 300, "2"));
  EXPECT_THAT(bench.Text(), HasSubstr("d_total 3\n"));
  bench.Add("", Delta(900, 1000, "5"));
  EXPECT_THAT(bench.Text(), HasSubstr("d_total 5\n")) << "a gap is a restart";
  bench.Add("", DeltaHistogram(100, 200, R"("1","3","1")", "0.1,0.5"));
  bench.Add("", DeltaHistogram(200, 300, R"("1","1","3")", "0.1,0.5"));
  EXPECT_THAT(bench.Text(),
              HasSubstr("h_bucket{le=\"0.5\"} 6\nh_bucket{le=\"+Inf\"} 10\nh_sum 5\n"));
  const auto refused = bench.Add("", DeltaHistogram(250, 400, R"("1","1","3")", "0.1,0.5"));
  EXPECT_EQ(refused.rejected, 1u);
  bench.Add("", DeltaHistogram(300, 400, R"("1","1","3")", "0.1,0.2"));
  EXPECT_THAT(bench.Text(), HasSubstr("h_bucket{le=\"0.2\"} 2\nh_bucket{le=\"+Inf\"} 5\n"));
}

TEST(PrometheusPage, OldPointsLoseStaleOnesGoQuietOnesExpire) {
  Bench bench({});
  const auto gauge = [&](int64_t time, std::string_view rest) {
    return bench.Add("", R"({"name":"g","gauge":{"dataPoints":[{"timeUnixNano":")" +
                             std::to_string(time) + "\"," + std::string(rest) + "}]}}");
  };
  gauge(200, R"("asDouble":2)");
  gauge(100, R"("asDouble":1)");
  EXPECT_THAT(bench.Text(), HasSubstr("g 2\n"));
  gauge(300, R"("flags":1)");
  EXPECT_EQ(bench.Text(), "");
  gauge(400, R"("asDouble":4)");
  bench.clock.Advance(std::chrono::minutes(5));
  EXPECT_THAT(bench.Text(), HasSubstr("g 4\n"));
  bench.clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(bench.Text(), "");
}

TEST(PrometheusPage, SecondsInBoundsOfMillisecondsAreNoticed) {
  const auto suspects = [](std::string_view unit, std::string_view bounds) {
    PrometheusAccumulator accumulator({.name_space = "app"});
    const auto body = wire::OtlpJsonToProtobuf(
        wire::kMetricsMessage,
        R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"d","unit":")" +
            std::string(unit) +
            R"(","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"1","explicitBounds":[)" +
            std::string(bounds) + "]}]}}]}]}]}");
    auto metrics = wire::DecodeOtlpMetrics(*body);
    accumulator.Add(*metrics, 1);
    return accumulator.suspects().size();
  };
  constexpr std::string_view kDefault = "0,5,10,25,50,75,100,250,500,750,1000,2500,5000,7500,10000";
  EXPECT_EQ(suspects("s", kDefault), 1u);
  EXPECT_EQ(suspects("ms", kDefault), 0u);
  EXPECT_EQ(suspects("s", "0.1,0.3,1"), 0u);
}

TEST(PrometheusPage, WhatItCannotShowIsSaid) {
  Bench bench({});
  EXPECT_THAT(bench.Add("", R"({"name":"e","exponentialHistogram":{"dataPoints":[{}]}})").reason,
              HasSubstr("exponential histograms"));
  EXPECT_THAT(bench.Add("", R"({"name":"s","sum":{"dataPoints":[{"asInt":"1"}]}})").reason,
              HasSubstr("temporality is not specified"));
  EXPECT_THAT(
      bench
          .Add("",
               R"({"name":"s","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1"}]}})")
          .reason,
      HasSubstr("must be monotonic"));
  EXPECT_THAT(bench
                  .Add("", R"({"name":"g","gauge":{"dataPoints":[{"asInt":"1","attributes":[)" +
                               Attribute("a.b", "1") + "," + Attribute("a_b", "2") + "]}]}}")
                  .reason,
              HasSubstr("duplicate or invalid label name \"a_b\""));
  bench.Add("", R"({"name":"t","gauge":{"dataPoints":[{"asInt":"1"}]}})");
  bench.Add(
      "", R"({"name":"t","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"9"}]}})");
  EXPECT_EQ(bench.Text(), "# HELP t \n# TYPE t gauge\nt 1\n") << "the first type wins";
}

}  // namespace
}  // namespace pharos::exporting
