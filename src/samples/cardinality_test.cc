// Counts of series across memory and parts, against counting label sets one by one.
#include <gmock/gmock.h>

#include <chrono>
#include <random>

#include "samples/engine_harness.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;
using store::NamedCount;

struct CardinalityTest : testing::Test {
  CardinalityTest() { EXPECT_TRUE(harness.Open().has_value()); }
  void Write(int from, int to) {
    for (int i = from; i < to; ++i) {
      const Labels labels{{"__name__", "m" + std::to_string(i % 3)},
                          {"pod", "p" + std::to_string(i)},
                          {"zone", i % 2 == 0 ? "east" : "west"}};
      Put(engine(), labels, kTestStartMs + i, i);
      all.insert(labels);
    }
  }
  store::CardinalityQuery Query() const {
    return {.tenant = "default", .start_ms = 0, .end_ms = INT64_MAX, .limit = 5};
  }
  store::CardinalityReport Report(const store::CardinalityQuery& query) {
    auto report = engine().Cardinality(query);
    EXPECT_TRUE(report.has_value());
    return *report;
  }
  SampleEngine& engine() { return harness.engine(); }
  Harness harness{SampleEngineOptions{.shards = 2}};
  std::set<Labels> all;
};

TEST_F(CardinalityTest, EachSeriesCountsOnce) {
  Write(0, 40);
  ASSERT_TRUE(engine().Flush().has_value());
  Write(20, 60);  // twenty of them in both
  const auto report = Report(Query());
  EXPECT_EQ(report.series, 60u);
  EXPECT_EQ(report.series_in_memory, 60u);  // the last seal's series stay one more
  EXPECT_EQ(report.metrics, 3u);
  EXPECT_EQ(report.label_pairs, 60u + 3 + 2);
  ASSERT_EQ(report.by_metric.size(), 3u);
  EXPECT_EQ(report.by_metric[0].name, "m0");
  EXPECT_EQ(report.by_metric[0].series, 20u);
  EXPECT_EQ(report.by_metric[0].new_series, 20u);
  EXPECT_THAT(report.by_metric[0].labels,
              testing::ElementsAre(NamedCount{"pod", 20}, NamedCount{"zone", 2}));
  ASSERT_EQ(report.by_label.size(), 3u);
  EXPECT_EQ(report.by_label[0].name, "pod");
  EXPECT_EQ(report.by_label[0].values, 60u);
  EXPECT_EQ(report.by_label[2].name, "zone");
  EXPECT_EQ(report.by_label[2].series, 60u);
  EXPECT_EQ(report.by_pair.front(), (NamedCount{"zone=east", 30}));
  EXPECT_EQ(report.new_series, 60u);
}

TEST_F(CardinalityTest, SelectorsAndFocus) {
  Write(0, 40);
  ASSERT_TRUE(engine().Flush().has_value());
  auto query = Query();
  query.selectors = {{model::Matcher::Equal("__name__", "m1")},
                     {model::Matcher::Equal("pod", "p1")},
                     {model::Matcher::Equal("pod", "p2")}};
  query.focus_label = "zone";
  const auto report = Report(query);
  EXPECT_EQ(report.series, 14u);  // thirteen m1, of which p1 is one, and p2
  EXPECT_THAT(report.focus, testing::ElementsAre(NamedCount{"east", 7}, NamedCount{"west", 7}));
}

TEST_F(CardinalityTest, DeletedSeriesDoNotCount) {
  Write(0, 40);
  ASSERT_TRUE(engine().Flush().has_value());
  ASSERT_TRUE(harness.Restart().has_value());
  ASSERT_TRUE(engine()
                  .Delete("default", {model::Matcher::Equal("zone", "east")}, INT64_MIN, INT64_MAX)
                  .has_value());
  EXPECT_EQ(Report(Query()).series, 20u);
  auto later = Query();
  later.start_ms = kTestStartMs + kDayMs;
  EXPECT_EQ(Report(later).series, 0u);
}

TEST_F(CardinalityTest, InMemoryAsPrometheusCounts) {
  Write(0, 6);
  const auto head = engine().InMemory("default", 2);
  EXPECT_EQ(head.series, 6u);
  EXPECT_EQ(head.label_pairs, 6u + 3 + 2);
  EXPECT_EQ(head.min_time_ms, kTestStartMs);
  EXPECT_EQ(head.max_time_ms, kTestStartMs + 5);
  EXPECT_THAT(head.series_by_metric,
              testing::ElementsAre(NamedCount{"m0", 2}, NamedCount{"m1", 2}));
  EXPECT_THAT(head.values_by_label,
              testing::ElementsAre(NamedCount{"pod", 6}, NamedCount{"__name__", 3}));
  EXPECT_THAT(head.series_by_pair,
              testing::ElementsAre(NamedCount{"zone=east", 3}, NamedCount{"zone=west", 3}));
  EXPECT_THAT(head.bytes_by_label, testing::ElementsAre(NamedCount{"__name__", 6 * (9 + 3)},
                                                        NamedCount{"zone", 6 * (5 + 5)}));
}

}  // namespace
}  // namespace pharos::samples
