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
#include "query/promql/sample_count.h"
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
  /// Step by step, and read how often.
  static void CheckSteps(simdjson::dom::element item, const std::string& query, const Grid& grid,
                         MemorySource& source) {
    exec::QueryContext context({}, "default");
    const auto counts = CountSamples(query, grid, &source, {}, context);
    ASSERT_TRUE(counts) << query << counts.error().message;
    const auto expect = [&](const char* key, const std::vector<int64_t>& ours) {
      simdjson::dom::object steps;
      if (item[key].get(steps) != simdjson::SUCCESS) return;
      size_t at = 0;
      ASSERT_EQ(ours.size(), steps.size()) << query << " " << key;
      for (const auto& [time_ms, count] : steps) {
        const auto step = static_cast<size_t>(
            grid.step_ms == 0 ? 0
                              : (std::stoll(std::string(time_ms)) - grid.start_ms) / grid.step_ms);
        ASSERT_LT(step, ours.size());
        EXPECT_EQ(ours[step], count.get_int64().value())
            << query << " " << key << " at " << time_ms;
        ++at;
      }
      EXPECT_EQ(at, ours.size());
    };
    expect("TotalSamplesPerStep", counts->looked_at);
    expect("SamplesReadPerStep", counts->read);
    EXPECT_EQ(counts->Read(), IntOr(item, "SamplesRead", 0)) << query;
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
    CheckSteps(item, query, {start, step == 0 ? start : end, step}, source);
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

/// What the documentation's block is: a query, a query that is wrong, or no query at all.
enum class DocumentText { kQuery, kWrongQuery, kOther };

DocumentText KindOf(const std::string& text) {
  // Cut in the middle, a series with its value, JSON, a path.
  const char last = text.empty() ? '(' : text.back();
  if (last == '(' || text.starts_with("data:") || text.starts_with('/'))
    return DocumentText::kOther;
  const size_t brace = text.rfind('}');
  if (brace != std::string::npos && brace + 1 < text.size() &&
      text.find_first_not_of(" 0123456789", brace + 1) == std::string::npos)
    return DocumentText::kOther;
  const bool wrong =
      text.find("Bad!") != std::string::npos || text.find("INVALID") != std::string::npos;
  return wrong ? DocumentText::kWrongQuery : DocumentText::kQuery;
}

/// The queries of a block: without its comments and the answers that it shows.
std::vector<std::string> QueriesOf(std::string text) {
  if (const size_t remark = text.find(" // "); remark != std::string::npos) text.resize(remark);
  std::vector<std::string> out(1);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos)
      out.emplace_back();
    else if (line[begin] != '#' && !(begin > 3 && line[begin] == '{'))
      out.back() += line + "\n";
  }
  std::erase(out, "");
  return out;
}

TEST(EngineQueriesTest, QueriesOfTheDocumentationRun) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.load("../shared/data/prometheus/docs_queries.json").get(root) != simdjson::SUCCESS)
    GTEST_SKIP() << "the documentation's queries are not here";
  MemorySource source;
  int queries = 0, wrong = 0, others = 0;
  for (const auto item : root["cases"].get_array()) {
    const std::string text(item["text"].get_string().value());
    const DocumentText kind = KindOf(text);
    if (kind == DocumentText::kOther) {
      ++others;
      continue;
    }
    for (const std::string& query : QueriesOf(text)) {
      exec::QueryContext context({}, "default");
      const auto answer = Engine(&source, {}).Instant(query, 1'000'000, context);
      // absent_over_time(sum(…)[1h:]) stands there without the subquery's brackets closed.
      EXPECT_EQ(answer.has_value(), kind == DocumentText::kQuery)
          << query << (answer ? "" : answer.error().message);
      ++(kind == DocumentText::kQuery ? queries : wrong);
    }
  }
  EXPECT_GE(queries, 45);
  EXPECT_EQ(wrong, 3);
  EXPECT_LE(others, 20);
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
