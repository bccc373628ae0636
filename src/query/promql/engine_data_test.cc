// Prometheus's own cases of what a query asks of the store and how its samples are counted, and
// the queries that documents print.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <set>

#include "query/promql/cost.h"
#include "query/promql/engine.h"
#include "query/promql/memory_source.h"
#include "query/promql/parser.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {
namespace {

constexpr const char* kEngine = "../shared/data/prometheus/promql_engine/engine.json";

/// Notes the time ranges that it is asked for; empty.
class AskedSource final : public store::SampleSource {
 public:
  std::multiset<std::pair<int64_t, int64_t>> asked;

  base::Result<std::unique_ptr<store::SeriesCursor>> Select(
      const store::SampleQuery& query) override {
    asked.emplace(query.start_ms, query.end_ms);
    return nothing_.Select(query);
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery&) override {
    return std::vector<model::Labels>();
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery&) override {
    return std::vector<std::string>();
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery&,
                                                     std::string_view) override {
    return std::vector<std::string>();
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view,
                                                                  std::string_view) override {
    return {};
  }
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery& query) override {
    return nothing_.Exemplars(query);
  }
  store::SampleStats Stats(std::string_view) override { return {}; }

 private:
  MemorySource nothing_;
};

class EngineDataTest : public ::testing::Test {
 protected:
  /// The table of one test of Prometheus's; empty where the cases are not here.
  simdjson::dom::array Table(std::string_view test) {
    simdjson::dom::element root;
    if (parser_.load(kEngine).get(root) != simdjson::SUCCESS) return {};
    for (const auto table : root["tables"].get_array()) {
      if (std::string_view(table["test"]) == test) {
        loaded_ = true;
        return table["cases"].get_array();
      }
    }
    return {};
  }
  static int64_t IntOr(simdjson::dom::element item, const char* key, int64_t otherwise) {
    int64_t value = 0;
    return item[key].get(value) == simdjson::SUCCESS ? value : otherwise;
  }
  static int64_t UnixMs(simdjson::dom::element item, const char* key, int64_t otherwise) {
    double seconds = 0;
    return item[key]["unix"].get(seconds) == simdjson::SUCCESS
               ? static_cast<int64_t>(seconds * 1000)
               : otherwise;
  }
  simdjson::dom::parser parser_;
  bool loaded_ = false;
};

TEST_F(EngineDataTest, AsksTheStoreForTheRangesThatPrometheusAsksFor) {
  const auto cases = Table("TestSelectHintsSetCorrectly");
  if (!loaded_) GTEST_SKIP() << "the shared engine cases are not here";
  int checked = 0;
  for (const auto item : cases) {
    const std::string query(item["query"].get_string().value());
    const int64_t start = IntOr(item, "start", 0);
    const int64_t end = IntOr(item, "end", 0);
    AskedSource source;
    EngineOptions options;
    options.lookback_ms = 5'000;
    exec::QueryContext context({}, "default");
    const Engine engine(&source, options);
    const auto answer = end == 0 ? engine.Instant(query, start, context)
                                 : engine.Range(query, start, end, 1'000, context);
    ASSERT_TRUE(answer) << query << ": " << answer.error().message;
    std::multiset<std::pair<int64_t, int64_t>> expected;
    for (const auto hint : item["expected"].get_array())
      expected.emplace(IntOr(hint, "Start", 0), IntOr(hint, "End", 0));
    ASSERT_EQ(source.asked.size(), expected.size()) << query;
    // Prometheus asks from where a subquery's range begins; here from its first step on.
    const int64_t steps_ms = query.find(':') == std::string::npos ? 0 : 60'000;
    for (auto mine = source.asked.begin(), its = expected.begin(); its != expected.end();
         ++mine, ++its) {
      EXPECT_EQ(mine->second, its->second) << query;
      EXPECT_GE(mine->first, its->first) << query;
      EXPECT_LE(mine->first, its->first + steps_ms) << query;
    }
    ++checked;
  }
  EXPECT_EQ(checked, 50);
}

TEST_F(EngineDataTest, CountsSamplesAsPrometheusDoes) {
  const auto cases = Table("TestQueryStatistics");
  if (!loaded_) GTEST_SKIP() << "the shared engine cases are not here";
  MemorySource source;
  for (const char* line :
       {"metricWith1SampleEvery10Seconds 1+1x100",
        "metricWith3SampleEvery10Seconds{a=\"1\",b=\"1\"} 1+1x100",
        "metricWith3SampleEvery10Seconds{a=\"2\",b=\"2\"} 1+1x100",
        "metricWith3SampleEvery10Seconds{a=\"3\",b=\"2\"} 1+1x100",
        "metricWith1HistogramEvery10Seconds {{schema:1 count:5 sum:20 buckets:[1 2 1 1]}}+"
        "{{schema:1 count:10 sum:5 buckets:[1 2 3 4]}}x100"}) {
    const auto series = ParseSeriesDescription(line).value();
    for (size_t i = 0; i < series.values.size(); ++i) {
      const auto time_ms = static_cast<int64_t>(i) * 10'000;
      if (series.values[i].histogram)
        source.AddHistogram(series.labels, time_ms, *series.values[i].histogram);
      else
        source.Add(series.labels, time_ms, series.values[i].value);
    }
  }
  int checked = 0;
  for (const auto item : cases) {
    const std::string query(item["Query"].get_string().value());
    const int64_t start = UnixMs(item, "Start", 0);
    const int64_t end = UnixMs(item, "End", 0);
    std::string_view interval;
    int64_t step = 0;
    if (item["Interval"].get(interval) == simdjson::SUCCESS)
      step = std::stoll(std::string(interval)) * (interval.contains('m') ? 60'000 : 1'000);
    exec::QueryContext context({}, "default");
    const Engine engine(&source, {});
    const auto answer = step == 0 ? engine.Instant(query, start, context)
                                  : engine.Range(query, start, end, step, context);
    ASSERT_TRUE(answer) << query << ": " << answer.error().message;
    EXPECT_EQ(answer->stats.total_samples, IntOr(item, "TotalSamples", 0))
        << query << " from " << start << " to " << end << " step " << step;
    ++checked;
  }
  EXPECT_GE(checked, 60);
}

TEST(EngineQueriesTest, QueriesOfTheLabRun) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.load("../shared/lab/queries.json").get(root) != simdjson::SUCCESS)
    GTEST_SKIP() << "the lab's queries are not here";
  MemorySource source;
  for (const auto item : root["promql"].get_array()) {
    const std::string query(item.get_string().value());
    exec::QueryContext context({}, "default");
    const Engine engine(&source, {});
    EXPECT_TRUE(engine.Instant(query, 1'000'000, context)) << query;
    exec::QueryContext range_context({}, "default");
    EXPECT_TRUE(engine.Range(query, 0, 600'000, 15'000, range_context)) << query;
  }
}

TEST(EngineQueriesTest, CostsAreAddedUpOverSelectors) {
  MemorySource source;
  for (int s = 0; s < 8; ++s) {
    const std::string host = std::to_string(s);
    source.Add({{"__name__", "x_total"}, {"host", host}}, 0, 1);
  }
  const auto cost = [&](const char* query, int64_t step) {
    return EstimateCost(query, 0, 60'000, step, source, {});
  };
  EXPECT_EQ(cost("x_total{host=\"1\"}", 0)->reads.series, 1u);
  const auto both = cost("sum(rate(x_total[5m])) / x_total{host=\"1\"}", 15'000).value();
  EXPECT_EQ(both.reads.series, 9u);
  ASSERT_EQ(both.selectors.size(), 2u);
  EXPECT_EQ(both.selectors[0].selector, "x_total[5m]");
  EXPECT_EQ(both.selectors[0].reads.series, 8u);
  EXPECT_EQ(both.cells, 45u);
  EXPECT_GT(both.seconds, 0);
  EXPECT_EQ(cost("max_over_time(x_total[1m:10s])", 0)->cells, 8u * 7u);
  EXPECT_FALSE(cost("x_total{", 0));
}

}  // namespace
}  // namespace pharos::query::promql
