// Start timestamps: since when a count counts, from the appender to a query, in memory, after
// a restart and in parts.
#include <gtest/gtest.h>

#include "samples/engine_harness.h"

namespace pharos::samples {
namespace {

using model::Labels;
using Starts = std::map<int64_t, std::pair<uint64_t, int64_t>>;  // time → bits, start

struct StartsTest : testing::Test {
  void SetUp() override { ASSERT_TRUE(harness.Open().has_value()); }

  store::SeriesHandle Series(std::string_view name) {
    auto appender = harness.engine().Begin("default");
    return *appender->Resolve(Labels{{"__name__", name}});
  }
  void Put(std::string_view name, int64_t time_ms, double value, int64_t start_ms) {
    auto appender = harness.engine().Begin("default");
    const store::SampleWrite write{*appender->Resolve(Labels{{"__name__", name}}), time_ms, value};
    std::vector<store::Refused> refused;
    appender->AppendStarted({&write, 1}, {&start_ms, 1}, &refused);
    EXPECT_TRUE(refused.empty());
    EXPECT_TRUE(appender->Commit().Wait().has_value());
  }
  store::SeriesColumns Get(std::string_view name, int64_t start_ms = INT64_MIN) {
    store::SampleQuery query = Everything();
    query.start_ms = start_ms;
    query.matchers = {model::Matcher::Equal("__name__", std::string(name))};
    auto cursor = harness.engine().Select(query);
    EXPECT_TRUE(cursor.has_value());
    store::SeriesColumns columns;
    EXPECT_TRUE((*cursor)->Next(&columns).value());
    return columns;
  }
  static Starts Of(const store::SeriesColumns& columns) {
    Starts out;
    for (size_t i = 0; i < columns.times_ms.size(); ++i) {
      out[columns.times_ms[i]] = {Bits(columns.values[i]),
                                  columns.starts_ms.empty() ? 0 : columns.starts_ms[i]};
    }
    return out;
  }
  Harness harness;
};

TEST_F(StartsTest, ComeBackFromMemoryTheLogAndParts) {
  const int64_t t = kTestStartMs;
  Starts expected;
  const auto put = [&](int64_t time_ms, double value, int64_t start_ms) {
    Put("counted", time_ms, value, start_ms);
    expected[time_ms] = {Bits(value), start_ms};
  };
  put(t, 1, 0);
  for (int i = 1; i < 60; ++i) put(t + i * 1000, i * 1.5, t - 77);
  put(t + 61'000, 3, t + 60'500);  // began anew
  put(t + 5'500, 2.5, t - 78);     // late
  put(t + 62'000, 4, 0);
  Put("plain", t, 1, 0);
  EXPECT_EQ(Of(Get("counted")), expected);
  ASSERT_TRUE(harness.Restart().has_value());
  EXPECT_EQ(Of(Get("counted")), expected);
  EXPECT_TRUE(Get("plain").starts_ms.empty()) << "who has no starts pays for none";
  const Starts later(expected.lower_bound(t + 30'000), expected.end());
  EXPECT_EQ(Of(Get("counted", t + 30'000)), later);

  ASSERT_TRUE(harness.engine().Flush().has_value());
  EXPECT_EQ(Of(Get("counted")), expected);
  put(t + 63'000, 5, t + 62'500);  // memory on top of a part
  EXPECT_EQ(Of(Get("counted")), expected);
  ASSERT_TRUE(harness.engine().Flush().has_value());
  ASSERT_TRUE(harness.Restart().has_value());
  EXPECT_EQ(Of(Get("counted")), expected);
}

TEST_F(StartsTest, OfHistograms) {
  const int64_t t = kTestStartMs;
  auto histogram = std::make_shared<model::Histogram>();
  histogram->count = 3;
  auto appender = harness.engine().Begin("default");
  const store::SeriesHandle series = *appender->Resolve(Labels{{"__name__", "h"}});
  const store::HistogramWrite writes[] = {{series, t, histogram, t - 5},
                                          {series, t + 1, histogram}};
  std::vector<store::Refused> refused;
  appender->AppendHistograms(writes, &refused);
  ASSERT_TRUE(refused.empty());
  ASSERT_TRUE(appender->Commit().Wait().has_value());
  const auto check = [&](const char* when) {
    const auto got = Get("h").histograms;
    ASSERT_EQ(got.size(), 2u) << when;
    EXPECT_EQ(got[0].start_ms, t - 5) << when;
    EXPECT_EQ(got[1].start_ms, 0) << when;
  };
  check("in memory");
  ASSERT_TRUE(harness.Restart().has_value());
  check("after a restart");
  ASSERT_TRUE(harness.engine().Flush().has_value());
  check("in a part");
}

}  // namespace
}  // namespace pharos::samples
