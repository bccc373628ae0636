#include "query/logql/engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "query/logql/parser.h"
#include "query/logql/testing/memory_events.h"

namespace pharos::query::logql {
namespace {

using model::Labels;

constexpr int64_t kSecond = 1'000'000'000;

class LogqlEngineTest : public ::testing::Test {
 protected:
  base::Result<QueryResult> Run(std::string_view query, Params params) {
    auto expr = Parse(query);
    EXPECT_TRUE(expr) << query << ": " << (expr ? "" : expr.error().message);
    if (!expr) return std::unexpected(expr.error());
    return logql::Run(**expr, params, events_);
  }
  /// Entries as "line {labels}" in order.
  std::vector<std::string> Lines(std::string_view query, size_t limit = 100,
                                 store::Direction direction = store::Direction::kForward) {
    Params params;
    params.end_ns = 1000 * kSecond;
    params.limit = limit;
    params.direction = direction;
    auto result = Run(query, params);
    if (!result) return {result.error().message};
    std::vector<std::string> out;
    const auto& log = std::get<LogResult>(result->data);
    for (const LogEntry& e : log.entries)
      out.push_back(e.line + " " + ToString(log.labels[e.labels].merged));
    return out;
  }
  /// "{labels} value" of an instant query at `seconds`.
  std::vector<std::string> At(int64_t seconds, std::string_view query) {
    Params params;
    params.instant = true;
    params.start_ns = params.end_ns = seconds * kSecond;
    auto result = Run(query, params);
    if (!result) return {result.error().message};
    std::vector<std::string> out;
    if (const auto* scalar = std::get_if<ScalarResult>(&result->data))
      return {std::to_string(scalar->point.value)};
    for (const MetricSeries& s : std::get<VectorResult>(result->data).series) {
      out.push_back(ToString(s.labels) + " " + std::to_string(s.points[0].value));
    }
    return out;
  }

  testing::MemoryEvents events_;
};

using Strings = std::vector<std::string>;

TEST_F(LogqlEngineTest, LinesComeInOrderWithMetadataAndLimit) {
  const model::KeyValue id{"trace.id", model::Value::String("t1")};
  events_.AddLine({{"app", "a"}}, 1 * kSecond, "one", {id});
  events_.AddLine({{"app", "b"}}, 2 * kSecond, "two");
  events_.AddLine({{"app", "a"}}, 3 * kSecond, "three");
  EXPECT_EQ(Lines(R"({app=~".+"})"),
            (Strings{R"(one {app="a", trace_id="t1"})", R"(two {app="b"})", R"(three {app="a"})"}));
  EXPECT_EQ(Lines(R"({app=~".+"} |= "o")", 1, store::Direction::kBackward),
            (Strings{R"(two {app="b"})"}));
  EXPECT_EQ(Lines(R"({app=~".+"} | trace_id="t1")"), (Strings{R"(one {app="a", trace_id="t1"})"}));
}

TEST_F(LogqlEngineTest, TheSeedsPipelines) {
  events_.AddLine(
      {{"container", "sample-app"}}, kSecond,
      R"({"level":"error","timestamp":"t","event":"boom","latency_ms":250,"route":"/x"})");
  events_.AddLine({{"container", "sample-app"}}, 2 * kSecond,
                  R"({"level":"info","timestamp":"u","event":"ok","latency_ms":50,"route":"/x"})");
  EXPECT_EQ(
      Lines(
          R"({container="sample-app"} | json | level="error" | line_format "{{.timestamp}} {{.event}}" | keep level)"),
      (Strings{R"(t boom {level="error"})"}));
  EXPECT_EQ(Lines(R"({container="sample-app"} | json | latency_ms > 100 | keep route)").size(), 1u);
  EXPECT_EQ(
      At(10,
         R"(count_over_time({container="sample-app"} | json | level="error" | keep level [1m]))"),
      (Strings{R"({level="error"} 1.000000)"}));
  EXPECT_EQ(
      At(10,
         R"(quantile_over_time(0.99, {container="sample-app"} | json | unwrap latency_ms [5m]) by (route))"),
      (Strings{R"({route="/x"} 248.000000)"}));
}

TEST_F(LogqlEngineTest, WindowsAreOpenAtTheirStart) {
  for (int64_t t = 10; t <= 60; t += 10) events_.AddLine({{"app", "a"}}, t * kSecond, "xx");
  Params params;
  params.end_ns = 60 * kSecond;
  params.step_ns = 30 * kSecond;
  auto result = Run(R"(bytes_over_time({app="a"}[30s]))", params);
  ASSERT_TRUE(result);
  const auto& series = std::get<MatrixResult>(result->data).series;
  ASSERT_EQ(series.size(), 1u);
  ASSERT_EQ(series[0].points.size(), 2u);
  EXPECT_EQ(series[0].points[0].time_ms, 30'000);
  EXPECT_EQ(series[0].points[0].value, 6);
  EXPECT_EQ(series[0].points[1].value, 6);
}

TEST_F(LogqlEngineTest, SortedAnswersKeepTheirOrder) {
  for (const char* app : {"b", "a", "c", "c", "b", "c"})
    events_.AddLine({{"app", app}}, kSecond, "x");
  EXPECT_EQ(At(10, R"(sort(count_over_time({app=~".+"}[1m])))"),
            (Strings{R"({app="a"} 1.000000)", R"({app="b"} 2.000000)", R"({app="c"} 3.000000)"}));
  EXPECT_EQ(At(10, R"(topk(2, count_over_time({app=~".+"}[1m])))"),
            (Strings{R"({app="c"} 3.000000)", R"({app="b"} 2.000000)"}));
}

TEST_F(LogqlEngineTest, PipelineErrorsStopMetricQueries) {
  events_.AddLine({{"app", "a"}}, kSecond, "no json");
  EXPECT_TRUE(At(10, R"(rate({app="a"} | json [1m]))")[0].starts_with(
      "pipeline error: 'JSONParserErr' for series: '{__error__=\"JSONParserErr\""));
  EXPECT_TRUE(At(10, R"(rate({app="a"} | json | __error__="" [1m]))").empty());
  EXPECT_EQ(At(10, R"(absent_over_time({app="b"}[1m]))"), (Strings{R"({app="b"} 1.000000)"}));
}

TEST_F(LogqlEngineTest, LimitsHold) {
  Params params;
  params.end_ns = 20'000 * kSecond;
  params.step_ns = kSecond;
  auto result = Run(R"(rate({app="a"}[1m]))", params);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().message.starts_with("exceeded maximum resolution"));
  for (int i = 0; i < 10; ++i) {
    const std::string name = std::to_string(i);
    events_.AddLine(Labels{{"app", "a"}, {"i", name}}, kSecond, "x");
  }
  params = {};
  params.instant = true;
  params.start_ns = 2 * kSecond;
  params.max_series = 5;
  EXPECT_FALSE(Run(R"(rate({app="a"}[1m]))", params));
  EXPECT_TRUE(Run(R"(sum(rate({app="a"}[1m])))", params));
  params.cancelled = [] { return true; };
  EXPECT_EQ(Run(R"(rate({app="a"}[1m]))", params).error().kind, base::ErrorKind::kCancelled);
}

}  // namespace
}  // namespace pharos::query::logql
