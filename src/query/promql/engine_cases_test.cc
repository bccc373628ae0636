// Prometheus's own tables of what the engine answers: ../shared/data/prometheus/promql_engine.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>

#include "query/promql/engine.h"
#include "query/promql/histogram_math.h"
#include "query/promql/memory_source.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {
namespace {

using simdjson::dom::element;
using Found = simdjson::simdjson_result<element>;

std::string Text(const Found& found) {
  element value;
  std::string_view text;
  return found.get(value) || value.get(text) ? std::string() : std::string(text);
}

double Number(const Found& found, double otherwise = 0) {
  element value;
  double number = 0;
  return found.get(value) || value.get(number) ? otherwise : number;
}

/// `unix` seconds of a time, in ms.
int64_t Ms(const Found& time) { return std::llround(Number(time["unix"]) * 1000); }

/// "10m", "5s"; 0 for none.
int64_t DurationMs(const std::string& text) {
  if (text.empty()) return 0;
  return std::stoll(text) * (text.find('m') != std::string::npos ? 60'000 : 1'000);
}

/// A line each of a script's `load`.
void Load(MemorySource& source, std::string_view line, int64_t interval_ms, int64_t start_ms = 0) {
  const auto series = ParseSeriesDescription(line);
  ASSERT_TRUE(series) << line << series.error().message;
  int64_t time_ms = start_ms;
  for (const auto& value : series->values) {
    if (value.histogram)
      source.AddHistogram(series->labels, time_ms, *value.histogram);
    else if (!value.omitted)
      source.Add(series->labels, time_ms, value.value);
    time_ms += interval_ms;
  }
}

base::Result<QueryAnswer> Ask(store::SampleSource& source, std::string_view query, int64_t start_ms,
                              int64_t end_ms, int64_t step_ms, const EngineOptions& options = {},
                              const exec::QueryLimits& limits = {}) {
  exec::QueryContext context(limits, "default");
  const Engine engine(&source, options);
  return step_ms == 0 ? engine.Instant(query, start_ms, context)
                      : engine.Range(query, start_ms, end_ms, step_ms, context);
}

/// The answer's points, each series' in a line: easy to compare and to read.
std::string Points(const std::vector<std::pair<int64_t, double>>& points) {
  std::string out;
  for (const auto& [time_ms, value] : points)
    out += std::to_string(value) + "@" + std::to_string(time_ms) + " ";
  return out;
}

std::multiset<std::string> PointsOf(const QueryAnswer& answer) {
  std::multiset<std::string> out;
  for (const auto& series : answer.value.series) {
    std::vector<std::pair<int64_t, double>> points;
    for (const auto& point : series.floats) points.emplace_back(point.time_ms, point.value);
    out.insert(Points(points));
  }
  return out;
}

/// `{Floats: [{F, T}]}`, `{F, T}` or `{V, T}`, a list of them or one.
std::multiset<std::string> ExpectedPoints(const Found& found) {
  std::multiset<std::string> out;
  element value;
  if (found.get(value)) return out;
  if (simdjson::dom::array list; !value.get(list)) {
    for (const element item : list) out.merge(ExpectedPoints(Found(element(item))));
    return out;
  }
  std::vector<std::pair<int64_t, double>> points;
  const auto add = [&](element point) {
    points.emplace_back(static_cast<int64_t>(Number(point["T"])),
                        Number(point["F"], Number(point["V"])));
  };
  if (simdjson::dom::array floats; !value["Floats"].get(floats)) {
    for (const element point : floats) add(point);
  } else {
    add(value);
  }
  out.insert(Points(points));
  return out;
}

class EngineCasesTest : public ::testing::Test {
 protected:
  /// The cases of a table; empty where they are not here.
  std::vector<element> Table(std::string_view test, const char* file = "engine.json") {
    std::vector<element> out;
    element root;
    if (parser_.load(std::string("../shared/data/prometheus/promql_engine/") + file).get(root))
      return out;
    for (const element table : root["tables"]) {
      if (Text(table["test"]) != test) continue;
      simdjson::dom::object named;
      if (!table["cases"].get(named)) {
        for (const auto& [key, item] : named) out.push_back(item);
      } else {
        for (const element item : table["cases"].get_array()) out.push_back(item);
      }
    }
    return out;
  }
  simdjson::dom::parser parser_;
  MemorySource source_;
};

#define SKIP_WITHOUT(cases) \
  if ((cases).empty()) GTEST_SKIP() << "the shared engine cases are not here"

TEST_F(EngineCasesTest, TimesOfPoints) {
  const auto cases = Table("TestEngineEvalStmtTimestamps");
  SKIP_WITHOUT(cases);
  Load(source_, "metric 1 2", 10'000);
  for (const element item : cases) {
    const auto answer = Ask(source_, Text(item["Query"]), Ms(item["Start"]), Ms(item["End"]),
                            DurationMs(Text(item["Interval"])));
    bool fails = false;
    if (!item["ShouldError"].get(fails) && fails) {
      EXPECT_FALSE(answer) << Text(item["Query"]);
      continue;
    }
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(PointsOf(*answer), ExpectedPoints(item["Result"])) << Text(item["Query"]);
  }
}

TEST_F(EngineCasesTest, SmoothedAndAnchoredRanges) {
  const auto cases = Table("TestExtendedRangeSelectors");
  SKIP_WITHOUT(cases);
  Load(source_, "metric 1+1x10", 10'000);
  Load(source_, "withreset 1+1x4 1+1x5", 10'000);
  Load(source_, "notregular 0 5 100 2 8", 10'000);
  for (const element item : cases) {
    const std::string query = Text(item["query"]);
    const auto answer = Ask(source_, query, Ms(item["t"]), 0, 0);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(PointsOf(*answer), ExpectedPoints(item["expected"])) << query;
  }
}

TEST_F(EngineCasesTest, AtModifier) {
  const auto cases = Table("TestAtModifier");
  SKIP_WITHOUT(cases);
  Load(source_, "metric{job=\"1\"} 0+1x1000", 10'000);
  Load(source_, "metric{job=\"2\"} 0+2x1000", 10'000);
  Load(source_, "metric_topk{instance=\"1\"} 0+1x1000", 10'000);
  Load(source_, "metric_topk{instance=\"2\"} 0+2x1000", 10'000);
  Load(source_, "metric_topk{instance=\"3\"} 1000-1x1000", 10'000);
  Load(source_, "metric_ms 0+1x10000", 1);
  Load(source_, "metric_timestamp 1", 60'000, 3'600'000);
  for (int64_t second = -10'000; second <= 0; ++second)
    source_.Add({{"__name__", "metric_neg"}}, second * 1000, static_cast<double>(1 - second));
  for (const element item : cases) {
    const std::string query = Text(item["query"]);
    const auto answer = Ask(source_, query, std::llround(Number(item["start"]) * 1000),
                            std::llround(Number(item["end"]) * 1000),
                            std::llround(Number(item["interval"]) * 1000));
    ASSERT_TRUE(answer) << query << answer.error().message;
    EXPECT_EQ(PointsOf(*answer), ExpectedPoints(item["result"])) << query;
  }
}

TEST_F(EngineCasesTest, Subqueries) {
  const auto groups = Table("TestSubquerySelector");
  SKIP_WITHOUT(groups);
  int checked = 0;
  for (const element group : groups) {
    MemorySource source;
    std::string text = Text(group["loadString"]);
    text.erase(0, text.find('\n') + 1);  // "load 10s"
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const size_t begin = text.find_first_not_of("\t ", at);
      if (begin < end) Load(source, std::string_view(text).substr(begin, end - begin), 10'000);
      at = end + 1;
    }
    for (const element item : group["cases"]) {
      const std::string query = Text(item["Query"]);
      const auto answer = Ask(source, query, Ms(item["Start"]), 0, 0);
      ASSERT_TRUE(answer) << query << answer.error().message;
      EXPECT_EQ(PointsOf(*answer), ExpectedPoints(item["Result"].at(1))) << query;
      ++checked;
    }
  }
  EXPECT_GT(checked, 10);
}

/// Each fits into its number of samples. How many fewer would do depends on how an engine works.
TEST_F(EngineCasesTest, FitIntoTheSamplesThatPrometheusNeeds) {
  const auto cases = Table("TestMaxQuerySamples");
  SKIP_WITHOUT(cases);
  Load(source_, "metric 1+1x100", 10'000);
  Load(source_, "bigmetric{a=\"1\"} 1+1x100", 10'000);
  Load(source_, "bigmetric{a=\"2\"} 1+1x100", 10'000);
  Load(source_,
       "metricWith1HistogramEvery10Seconds {{schema:1 count:5 sum:20 buckets:[1 2 1 1]}}+{{schema:1"
       " count:10 sum:5 buckets:[1 2 3 4]}}x100",
       10'000);
  for (const element item : cases) {
    const std::string query = Text(item["Query"]);
    exec::QueryLimits limits;
    limits.max_samples = static_cast<int64_t>(Number(item["MaxSamples"]));
    const auto ask = [&] {
      return Ask(source_, query, Ms(item["Start"]), Ms(item["End"]),
                 DurationMs(Text(item["Interval"])), {}, limits);
    };
    const auto answer = ask();
    EXPECT_TRUE(answer) << query << " in " << limits.max_samples;
    limits.max_samples = 0;
    const auto none = ask();
    // A number takes no room.
    if (!answer || answer->value.series.empty() || query == "1") continue;
    ASSERT_FALSE(none) << query;
    EXPECT_EQ(none.error().message,
              "query processing would load too many samples into memory in query execution");
  }
}

TEST_F(EngineCasesTest, ModifiersAreAlwaysThere) {
  const auto cases = Table("TestEngineOptsValidation");
  SKIP_WITHOUT(cases);
  for (const element item : cases) {
    // Prometheus 3 has no flag any more that could switch them off.
    EXPECT_TRUE(Ask(source_, Text(item["query"]), 1'000, 0, 0)) << Text(item["query"]);
  }
}

TEST_F(EngineCasesTest, Lookback) {
  const auto cases = Table("TestQueryLookbackDelta");
  SKIP_WITHOUT(cases);
  Load(source_, "metric 1 1 1", 60'000);
  const int64_t last = 120'000;
  for (const element item : cases) {
    const std::string name = Text(item["name"]);
    const element shift = item["ts"]["args"].at(0);
    std::string text = Text(shift["_src"]);
    if (text.empty()) text = Text(item["ts"]["args"].at(0));
    // "10m", "10*time.Minute - time.Millisecond", "defaultLookbackDelta …"
    int64_t after = text.starts_with("default") ? 300'000 : std::stoll(text) * 60'000;
    if (text.find("- time.Millisecond") != std::string::npos) --after;
    EngineOptions options;
    if (const int64_t engine = DurationMs(Text(item["engineLookback"])); engine > 0)
      options.lookback_ms = engine;
    // What a request says counts instead.
    if (const int64_t query = DurationMs(Text(item["queryLookback"])); query > 0)
      options.lookback_ms = query;
    const auto answer = Ask(source_, "metric", last + after, 0, 0, options);
    ASSERT_TRUE(answer);
    bool expected = false;
    ASSERT_FALSE(item["expectSamples"].get(expected));
    EXPECT_EQ(!answer->value.series.empty(), expected) << name;
  }
}

std::vector<std::string> Texts(const Found& found) {
  std::vector<std::string> out;
  simdjson::dom::array list;
  if (!found.get(list))
    for (const element item : list) out.push_back(Text(Found(element(item))));
  return out;
}

TEST_F(EngineCasesTest, AnnotationsOfRates) {
  const auto cases = Table("TestRateAnnotations");
  SKIP_WITHOUT(cases);
  int checked = 0;
  for (const element item : cases) {
    bool types = false;
    // There is no feature type-and-unit-labels here.
    if (!item["typeAndUnitLabelsEnabled"].get(types) && types) continue;
    MemorySource source;
    std::string text = Text(item["data"]);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const size_t begin = text.find_first_not_of("\t ", at);
      if (begin < end) Load(source, std::string_view(text).substr(begin, end - begin), 60'000);
      at = end + 1;
    }
    const std::string query = Text(item["expr"]);
    const auto answer = Ask(source, query, 60'000, 0, 0);
    ASSERT_TRUE(answer) << query;
    EXPECT_EQ(answer->warnings, Texts(item["expectedWarningAnnotations"])) << text << query;
    EXPECT_EQ(answer->infos, Texts(item["expectedInfoAnnotations"])) << text << query;
    ++checked;
  }
  EXPECT_GT(checked, 10);
}

TEST_F(EngineCasesTest, ResetHintsOfAnswers) {
  const auto cases = Table("TestHistogram_CounterResetHint");
  SKIP_WITHOUT(cases);
  model::Histogram h;
  h.count = 3;
  h.sum = 5;
  h.positive_spans = {{0, 2}};
  h.positive_counts = {1, 2};
  h.reset = model::Histogram::Reset::kNo;
  source_.AddHistogram({{"__name__", "test_histogram"}}, 0, h);
  source_.AddHistogram({{"__name__", "test_histogram"}}, 60'000, h);
  for (const element item : cases) {
    const std::string query = Text(item["query"]);
    const auto answer = Ask(source_, query, 60'000, 0, 0);
    ASSERT_TRUE(answer) << query;
    ASSERT_EQ(answer->value.series.size(), 1u) << query;
    ASSERT_EQ(answer->value.series[0].histograms.size(), 1u) << query;
    EXPECT_EQ(answer->value.series[0].histograms[0].histogram->reset,
              Text(item["want"]) == "GaugeType" ? model::Histogram::Reset::kGauge
                                                : model::Histogram::Reset::kNo)
        << query;
  }
}

/// The table's syntax trees as text.
std::string Expression(element node) {
  if (element value; !node["Val"].get(value)) return "(" + simdjson::minify(value) + ")";
  const std::string op = Text(node["Op"]);
  if (op == "STEP") return "step()";
  if (op == "RANGE") return "range()";
  element lhs, rhs;
  const std::string left = node["LHS"].get(lhs) ? "" : Expression(lhs);
  const std::string right = node["RHS"].get(rhs) ? "" : Expression(rhs);
  if (op == "MAX_OF") return "max_of(" + left + ", " + right + ")";
  if (op == "MIN_OF") return "min_of(" + left + ", " + right + ")";
  const std::string sign = op == "ADD"   ? "+"
                           : op == "SUB" ? "-"
                           : op == "MUL" ? "*"
                           : op == "DIV" ? "/"
                           : op == "MOD" ? "%"
                                         : "^";
  return "(" + left + sign + right + ")";
}

TEST_F(EngineCasesTest, DurationExpressions) {
  const auto cases = Table("TestCalculateDuration", "durations.json");
  SKIP_WITHOUT(cases);
  Load(source_, "metric 1+1x400", 1'000);
  for (const element item : cases) {
    const std::string text = Expression(item["expr"]), error = Text(item["errorMessage"]);
    bool negative = false;
    if (item["allowedNegative"].get(negative)) negative = false;
    const std::string query = negative ? "timestamp(metric offset (" + text + "))"
                                       : "count_over_time(metric[" + text + "])";
    // A step of a second, a range of five minutes.
    const auto answer = Ask(source_, query, 60'000, 360'000, 1'000);
    if (!error.empty()) {
      ASSERT_FALSE(answer) << query;
      // What is too long already as it is written, the parser refuses.
      const std::string& message = answer.error().message;
      const bool too_long =
          error == "duration is out of range" || text.find("10000000000") != std::string::npos;
      EXPECT_TRUE(message.find(error) != std::string::npos ||
                  (too_long && message.ends_with("parse error: duration out of range")))
          << message;
      continue;
    }
    ASSERT_TRUE(answer) << query << answer.error().message;
    const std::string expected = Text(item["expected"]);
    if (expected.empty()) continue;  // thirty years: it is accepted
    const int64_t seconds = DurationMs(expected) / 1000;
    ASSERT_EQ(answer->value.series.size(), 1u) << query;
    const auto& points = answer->value.series[0].floats;
    if (negative)
      EXPECT_EQ(points.front().value, 60 - static_cast<double>(seconds)) << query;
    else
      EXPECT_EQ(points.back().value, static_cast<double>(seconds)) << query;
  }
}

TEST_F(EngineCasesTest, StartTimestamps) {
  const auto cases =
      Table("TestStartTimestampOutputWhenUseStartTimestampIsDisabled", "functions.json");
  SKIP_WITHOUT(cases);
  // A sample a second, each counting since 100 ms before the one ahead of it.
  for (int64_t i = 0; i < 5; ++i)
    source_.Add({{"__name__", "metric"}}, i * 1'000, static_cast<double>(i), i * 900);
  for (const element item : cases) {
    EngineOptions options;
    ASSERT_FALSE(item["useStartTimestamps"].get(options.use_start_timestamps));
    const auto answer = Ask(source_, "start_timestamp(metric)", 0, 4'000, 1'000, options);
    ASSERT_TRUE(answer);
    std::vector<double> values;
    for (const auto& series : answer->value.series)
      for (const auto& point : series.floats) values.push_back(point.value);
    std::vector<double> expected;
    for (const element value : item["expected"]) expected.push_back(Number(Found(element(value))));
    EXPECT_EQ(values, expected);
  }
}

}  // namespace
}  // namespace pharos::query::promql
