#include "api/prometheus/answer_text.h"

#include <gtest/gtest.h>

#include <random>

#include "api/prometheus/limits.h"
#include "text/go_float.h"

namespace pharos::api::prometheus {
namespace {

using query::promql::Absent;
using query::promql::IsAbsent;
using query::promql::QueryValue;
using query::promql::ResultSeries;
using query::promql::Row;
using query::promql::ValueType;

query::promql::HistogramPtr OneBucket(double count) {
  auto histogram = std::make_shared<model::Histogram>();
  histogram->count = count;
  histogram->sum = 2 * count;
  histogram->positive_spans = {{0, 1}};
  histogram->positive_counts = {count};
  return histogram;
}

std::string HistogramText(double count) {
  const std::string n = text::GoFloat(count);
  return "{\"count\":\"" + n + "\",\"sum\":\"" + text::GoFloat(2 * count) +
         "\",\"buckets\":[[0,\"0.5\",\"1\",\"" + n + "\"]]}";
}

/// The same as AnswerText by other means: a point at a time.
std::string Expected(const std::vector<ResultSeries>& all, const std::string& tail) {
  std::string out = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (const ResultSeries& series : all) {
    if (out.back() != '[') out += ',';
    out += R"({"metric":{"n":")" + std::string(series.labels.Get("n")) + "\"}";
    std::string points;
    for (const auto& point : series.floats) {
      points += points.empty() ? "" : ",";
      points += "[" + std::to_string(point.time_ms / 1000) + ",\"" +
                text::GoFloat(point.value, 'f') + "\"]";
    }
    if (!points.empty()) out += ",\"values\":[" + points + "]";
    points.clear();
    for (const auto& sample : series.histograms) {
      points += points.empty() ? "" : ",";
      points += "[" + std::to_string(sample.time_ms / 1000) + "," +
                HistogramText(sample.histogram->count) + "]";
    }
    if (!points.empty()) out += ",\"histograms\":[" + points + "]";
    out += "}";
  }
  return out + "]" + tail;
}

std::string All(QueryValue value, const std::string& tail, size_t* rounds) {
  AnswerText text(std::move(value), tail, query::exec::HeldMemory());
  std::string out;
  for (bool more = true; more; ++*rounds) more = text.Next(out).value();
  return out;
}

/// Series of all lengths, some with gaps, some of histograms, some mixed, some without anything.
QueryValue RandomRows(size_t series, size_t steps, uint64_t seed) {
  std::mt19937_64 random(seed);
  QueryValue value;
  value.type = ValueType::kMatrix;
  value.grid = {60'000, 60'000 + static_cast<int64_t>(steps - 1) * 1000, 1000};
  for (size_t i = 0; i < series; ++i) {
    Row row;
    row.labels = model::Labels{{"n", std::to_string(i)}};
    row.values.assign(steps, Absent());
    const size_t kind = random() % 6;
    for (size_t step = 0; step < steps && kind != 5; ++step) {
      if (kind == 0 || (kind == 1 && random() % 3 == 0) || (kind == 4 && step > steps / 2))
        row.values[step] = static_cast<double>(random() % 100'000) / 8;
      if (kind == 2 || (kind == 3 && random() % 2 == 0) || (kind == 4 && step % 7 == 1))
        row.SetHistogram(step, OneBucket(static_cast<double>(random() % 50 + 1)));
    }
    value.rows.push_back(std::move(row));
  }
  return value;
}

std::vector<ResultSeries> AsSeries(const QueryValue& value) {
  std::vector<ResultSeries> out;
  for (const Row& row : value.rows) {
    ResultSeries& series = out.emplace_back();
    series.labels = row.labels;
    for (size_t step = 0; step < row.values.size(); ++step) {
      if (!IsAbsent(row.values[step]))
        series.floats.push_back({value.grid.At(step), row.values[step]});
      else if (row.HistogramAt(step) != nullptr)
        series.histograms.push_back({value.grid.At(step), row.histograms[step]});
    }
  }
  return out;
}

TEST(AnswerTextTest, RowsAndSeriesGiveTheSameText) {
  const std::pair<size_t, size_t> shapes[] = {{0, 1},     {1, 1},    {3, 7},      {2000, 3},
                                              {40, 2100}, {9, 9000}, {2, 40'000}, {300, 700}};
  for (const auto& [series, steps] : shapes) {
    QueryValue rows = RandomRows(series, steps, series + steps);
    QueryValue lists;
    lists.type = ValueType::kMatrix;
    lists.series = AsSeries(rows);
    const std::string expected = Expected(lists.series, ",x}");
    size_t rounds = 0;
    EXPECT_TRUE(All(std::move(rows), ",x}", &rounds) == expected) << series << " x " << steps;
    EXPECT_GE(rounds, 1 + expected.size() / (8u << 20)) << "rounds are small";
    rounds = 0;
    EXPECT_TRUE(All(std::move(lists), ",x}", &rounds) == expected) << series << " x " << steps;
  }
}

TEST(AnswerTextTest, SmallAnswersAreWholeAndLargeOnesNot) {
  net::Response small = Respond(RandomRows(100, 50, 1), "}", query::exec::HeldMemory());
  EXPECT_FALSE(small.rest);
  EXPECT_EQ(small.headers.Get("Content-Type"), "application/json");
  EXPECT_TRUE(small.body.ends_with("]}"));
  const std::string expected = Expected(AsSeries(RandomRows(400, 2000, 1)), "}");
  net::Response large = Respond(RandomRows(400, 2000, 1), "}", query::exec::HeldMemory());
  ASSERT_TRUE(large.rest);
  EXPECT_LT(large.body.size(), 8 * kWholeAnswerBytes);
  EXPECT_LT(large.body.size(), expected.size() / 2);
  ASSERT_TRUE(large.Complete());
  EXPECT_TRUE(large.body == expected);
}

TEST(AnswerTextTest, MemoryIsGivenBackWhileItIsWritten) {
  base::MemoryBudget budget(1u << 30);
  QueryValue value = RandomRows(400, 2000, 1);
  int64_t bytes = 0;
  for (const Row& row : value.rows) bytes += row.Bytes();
  query::exec::HeldMemory memory(&budget);
  ASSERT_TRUE(memory.SetTo(bytes));
  auto text = std::make_unique<AnswerText>(std::move(value), "}", std::move(memory));
  EXPECT_GE(budget.used_bytes(), static_cast<size_t>(bytes));
  size_t before = budget.used_bytes(), rounds = 0;
  std::string out;
  while (text->Next(out).value() && ++rounds < 4) {
    EXPECT_LE(budget.used_bytes(), before);
    before = budget.used_bytes();
  }
  EXPECT_LT(before, static_cast<size_t>(bytes));
  text.reset();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace pharos::api::prometheus
