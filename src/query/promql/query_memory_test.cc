// What queries hold of memory is counted while they run, and bounded.
#include <gtest/gtest.h>

#include "base/budget.h"
#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace pharos::query::promql {
namespace {

constexpr size_t kSeries = 50, kSteps = 2001;
constexpr int64_t kMatrixBytes = kSeries * kSteps * 8;

class QueryMemoryTest : public ::testing::Test {
 protected:
  QueryMemoryTest() {
    for (size_t i = 0; i < kSeries; ++i) {
      for (int t = 0; t < 20; ++t)
        source_.Add({{"__name__", "m"}, {"i", std::to_string(i)}}, t * 100'000, t);
    }
  }
  base::Result<QueryAnswer> Range(const std::string& query, exec::QueryContext& context) {
    EngineOptions options;
    options.as_rows = true;
    return Engine(&source_, options).Range(query, 0, (kSteps - 1) * 1000, 1000, context);
  }
  base::ErrorKind KindUnder(int64_t bytes, const std::string& query) {
    exec::QueryContext context({.max_bytes = bytes}, "default");
    const auto answer = Range(query, context);
    return answer ? base::ErrorKind::kNotFound : answer.error().kind;
  }
  MemorySource source_;
};

TEST_F(QueryMemoryTest, TheAnswerIsWhatIsHeldInTheEnd) {
  for (const char* query : {"m", "m + 1", "m * m", "rate(m[5m])", "m or m", "sort(m)",
                            "max_over_time(m[10m:1m])", "sum by (i) (m)"}) {
    base::MemoryBudget budget(1u << 30);
    {
      exec::QueryContext context({.memory = &budget}, "default");
      const auto answer = Range(query, context);
      ASSERT_TRUE(answer) << query << answer.error().message;
      int64_t bytes = 0;
      for (const Row& row : answer->value.rows) bytes += row.Bytes();
      EXPECT_GE(bytes, kMatrixBytes) << query;
      EXPECT_EQ(context.held_bytes(), bytes) << query;
      EXPECT_GE(budget.used_bytes(), static_cast<size_t>(bytes));
    }
    EXPECT_EQ(budget.used_bytes(), 0u) << query;
  }
}

TEST_F(QueryMemoryTest, TooMuchIsRefused) {
  const auto fine = base::ErrorKind::kNotFound;
  EXPECT_EQ(KindUnder(2 * kMatrixBytes, "m"), fine);
  EXPECT_EQ(KindUnder(kMatrixBytes / 2, "m"), base::ErrorKind::kLimit);
  EXPECT_EQ(KindUnder(kMatrixBytes * 3 / 2, "m * m"), base::ErrorKind::kLimit) << "both sides";
  EXPECT_EQ(KindUnder(4 * kMatrixBytes, "m * m"), fine);
  // Aggregated at once, what goes in is not kept.
  EXPECT_EQ(KindUnder(kMatrixBytes / 4, "sum(m)"), fine);
  EXPECT_EQ(KindUnder(kMatrixBytes / 4, "quantile(0.5, m)"), base::ErrorKind::kLimit);
  EXPECT_EQ(KindUnder(kMatrixBytes / 4, "count_values(\"v\", m)"), base::ErrorKind::kLimit);
  EXPECT_EQ(KindUnder(kMatrixBytes / 4, "sum by (i) (m)"), base::ErrorKind::kLimit);
}

TEST_F(QueryMemoryTest, RowsAndSeriesAreTheSame) {
  for (const char* query : {"m", "sum(m)", "m > 5", "1", "time()"}) {
    exec::QueryContext one({}, "default"), two({}, "default");
    const auto rows = Range(query, one);
    const auto series = Engine(&source_, {}).Range(query, 0, (kSteps - 1) * 1000, 1000, two);
    ASSERT_TRUE(rows && series) << query;
    ASSERT_EQ(rows->value.rows.size(), series->value.series.size()) << query;
    EXPECT_TRUE(rows->value.series.empty());
    for (size_t i = 0; i < rows->value.rows.size(); ++i) {
      const Row& row = rows->value.rows[i];
      const ResultSeries& of = series->value.series[i];
      EXPECT_EQ(row.labels, of.labels);
      size_t at = 0;
      for (size_t step = 0; step < row.values.size(); ++step) {
        if (IsAbsent(row.values[step])) continue;
        ASSERT_LT(at, of.floats.size());
        EXPECT_EQ(row.values[step], of.floats[at].value);
        EXPECT_EQ(rows->value.grid.At(step), of.floats[at++].time_ms);
      }
      EXPECT_EQ(at, of.floats.size());
    }
  }
}

}  // namespace
}  // namespace pharos::query::promql
