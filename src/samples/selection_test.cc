// A selection over memory and parts against the plain way: labels in order, groups as by
// label sets, samples the same whichever reader reads them in whatever order.
#include "samples/selection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "samples/engine_harness.h"

namespace pharos::samples {
namespace {

using model::Labels;
using model::Matcher;

class SelectionTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(harness_.Open()); }
  SampleEngine& engine() { return harness_.engine(); }

  static Labels Of(int s) {
    const std::string host = "h" + std::to_string(s % 5), unit = "u" + std::to_string(s);
    const std::string name = s % 3 == 0 ? "a_total" : "b_total";
    if (s % 7 == 0) return Labels{{"__name__", name}, {"host", host}, {"unit", unit}, {"x", "1"}};
    return Labels{{"__name__", name}, {"host", host}, {"unit", unit}};
  }

  /// Rounds of samples, some of them sealed into parts, the last ones in memory.
  void Fill() {
    std::mt19937 random(5);
    for (int round = 0; round < 4; ++round) {
      for (int s = 0; s < 40; ++s) {
        if (random() % 4 == 0) continue;  // not every series is in every source
        for (int i = 0; i < 20; ++i) {
          const int64_t t = kTestStartMs - 3'600'000 + (round * 20 + i) * 15'000 + s % 5;
          ASSERT_EQ(Put(engine(), Of(s), t, round * 100 + i), std::nullopt);
        }
      }
      if (round < 2) {
        ASSERT_TRUE(engine().Flush());
      }
    }
  }

  Harness harness_;
};

TEST_F(SelectionTest, GivesWhatTheCursorGivesInAnyOrderAndFromSeveralThreads) {
  Fill();
  for (const int64_t start : {INT64_MIN, kTestStartMs - 3'600'000 + 15 * 15'000}) {
    store::SampleQuery query = Everything();
    query.start_ms = start;
    const Contents expected = ReadAll(engine(), query).value();
    const auto selection = engine().Choose(query).value();
    ASSERT_GE(selection->size(), expected.size());
    for (size_t i = 1; i < selection->size(); ++i)
      ASSERT_LT(selection->LabelsOf(i - 1), selection->LabelsOf(i));
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        const auto reader = selection->NewReader();
        std::map<uint64_t, std::vector<int64_t>> times_of;
        for (size_t n = 0; n < selection->size(); ++n) {
          const size_t i = (n * 7 + static_cast<size_t>(t)) % selection->size();
          const auto span = reader->Read(i);
          ASSERT_TRUE(span);
          const auto found = expected.find(selection->LabelsOf(i));
          const size_t size = found == expected.end() ? 0 : found->second.size();
          ASSERT_EQ(span->times_ms.size(), size);
          for (size_t k = 0; k < size; ++k)
            EXPECT_EQ(Bits(span->values[k]), found->second.at(span->times_ms[k]));
          if (span->times_id == 0) continue;
          const std::vector<int64_t> times(span->times_ms.begin(), span->times_ms.end());
          EXPECT_EQ(times_of.try_emplace(span->times_id, times).first->second, times);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

TEST_F(SelectionTest, PartsBehindEachOtherReadAsOne) {
  // By s % 4: rises throughout; falls where the parts meet; has a stale marker; falls within.
  const auto value = [](int s, int i) -> double {
    if (s % 4 == 1) return i < 20 ? 100 + i : i;
    if (s % 4 == 2 && i == 30) return model::StaleNan();
    if (s % 4 == 3) return i % 7;
    return i;
  };
  constexpr int kSeries = 12;
  for (int i = 0; i < 40; ++i) {
    for (int s = 0; s < kSeries; ++s) {
      const int64_t t = kTestStartMs - 3'600'000 + i * 15'000 + s % 5;
      ASSERT_EQ(Put(engine(), Of(s), t, value(s, i)), std::nullopt);
    }
    if (i == 19 || i == 39) {
      ASSERT_TRUE(engine().Flush());
    }
  }
  store::SampleQuery query = Everything();
  for (const int64_t start : {INT64_MIN, kTestStartMs - 3'600'000 + 5 * 15'000 + 3}) {
    query.start_ms = start;
    query.end_ms = kTestStartMs - 3'600'000 + 35 * 15'000 + 2;
    const Contents expected = ReadAll(engine(), query).value();
    const auto selection = engine().Choose(query).value();
    ASSERT_EQ(selection->size(), static_cast<size_t>(kSeries));
    std::map<uint64_t, std::vector<int64_t>> times_of;  // of both readers
    for (int round = 0; round < 2; ++round) {
      const auto reader = selection->NewReader();
      for (size_t i = 0; i < selection->size(); ++i) {
        const auto span = reader->Read(i).value();
        const auto& points = expected.at(selection->LabelsOf(i));
        ASSERT_EQ(span.times_ms.size(), points.size());
        bool finite = true, rising = true;
        for (size_t k = 0; k < points.size(); ++k) {
          EXPECT_EQ(Bits(span.values[k]), points.at(span.times_ms[k]));
          finite = finite && std::isfinite(span.values[k]);
          rising = rising && (k == 0 || !(span.values[k] < span.values[k - 1]));
        }
        EXPECT_EQ(span.finite, finite);
        EXPECT_EQ(span.rising, rising && finite);
        const std::vector<int64_t> times(span.times_ms.begin(), span.times_ms.end());
        ASSERT_NE(span.times_id, 0u);
        EXPECT_EQ(times_of.try_emplace(span.times_id, times).first->second, times);
      }
    }
    EXPECT_EQ(times_of.size(), 5u);
  }
}

/// Each round of a fleet that does not change is a part in which the series have the same numbers;
/// `odd` leaves one series out of the last.
class FleetTest : public SelectionTest, public testing::WithParamInterface<bool> {};

TEST_P(FleetTest, PartsOfTheSameSeriesAreJoined) {
  constexpr int kRounds = 3, kFleet = 40;
  std::map<Labels, size_t> expected;
  for (int round = 0; round < kRounds; ++round) {
    for (int s = 0; s < kFleet; ++s) {
      if (GetParam() && round == kRounds - 1 && s == 17) continue;
      for (int i = 0; i < 5; ++i) {
        // Some have nothing in the second half of their round.
        const int64_t t = kTestStartMs - 3'600'000 + round * 100'000 + i * 10'000;
        if (s % 4 == 0 && i > 2) continue;
        ASSERT_EQ(Put(engine(), Of(s), t, i), std::nullopt);
        if (s % 3 == 0 && round * 100'000 + i * 10'000 >= 35'000) ++expected[Of(s)];
      }
    }
    ASSERT_TRUE(engine().Flush());
  }
  store::SampleQuery query = Everything();
  query.matchers = {Matcher::Equal("__name__", "a_total")};
  query.start_ms = kTestStartMs - 3'600'000 + 35'000;
  const auto selection = engine().Choose(query).value();
  const auto reader = selection->NewReader();
  std::map<Labels, size_t> got;
  const auto groups = selection->GroupBy({"host"}, false);
  for (size_t i = 0; i < selection->size(); ++i) {
    const Labels labels = selection->LabelsOf(i);
    if (i > 0) {
      EXPECT_LT(selection->LabelsOf(i - 1), labels);
    }
    EXPECT_EQ(groups.labels[groups.group_of[i]].Get("host"), labels.Get("host"));
    got[labels] = reader->Read(i)->times_ms.size();
  }
  EXPECT_EQ(got, expected);
}
INSTANTIATE_TEST_SUITE_P(Fleets, FleetTest, testing::Bool());

TEST_F(SelectionTest, GroupsAreThoseOfLabelSets) {
  Fill();
  store::SampleQuery all = Everything(), one_part = Everything();
  one_part.end_ms = kTestStartMs - 3'600'000 + 10 * 15'000;
  for (const store::SampleQuery& query : {all, one_part}) {
    const auto selection = engine().Choose(query).value();
    ASSERT_GT(selection->size(), 10u);
    for (const bool without : {false, true}) {
      for (const std::vector<std::string>& names : {std::vector<std::string>{},
                                                    {"host"},
                                                    {"host", "x"},
                                                    {"unit"},
                                                    {"none"},
                                                    {"__name__", "host"}}) {
        const store::SeriesGroups got = selection->GroupBy(names, without);
        const store::SeriesGroups expected = selection->Selection::GroupBy(names, without);
        EXPECT_EQ(got.group_of, expected.group_of);
        EXPECT_EQ(got.labels, expected.labels);
      }
    }
  }
}

TEST_F(SelectionTest, PresenceKeepsStaleMarkers) {
  const Labels labels = Of(1);
  ASSERT_EQ(Put(engine(), labels, kTestStartMs - 30'000, 5), std::nullopt);
  ASSERT_EQ(Put(engine(), labels, kTestStartMs - 15'000, model::StaleNan()), std::nullopt);
  ASSERT_EQ(Put(engine(), Of(2), kTestStartMs - 15'000, 7), std::nullopt);
  ASSERT_TRUE(engine().Flush());
  store::SampleQuery query = Everything();
  query.presence_only = true;
  const auto selection = engine().Choose(query).value();
  const auto reader = selection->NewReader();
  ASSERT_EQ(selection->size(), 2u);
  const auto first = reader->Read(0).value();
  ASSERT_EQ(first.values.size(), 2u);
  EXPECT_FALSE(model::IsStaleNan(first.values[0]));
  EXPECT_TRUE(model::IsStaleNan(first.values[1]));
  const auto second = reader->Read(1).value();
  ASSERT_EQ(second.values.size(), 1u);
  EXPECT_FALSE(model::IsStaleNan(second.values[0]));
}

TEST_F(SelectionTest, EstimatesCountWhatIsThere) {
  Fill();
  const store::SelectCost cost = engine().Estimate(Everything()).value();
  const Contents all = ReadAll(engine(), Everything()).value();
  size_t samples = 0;
  for (const auto& [labels, points] : all) samples += points.size();
  EXPECT_GT(cost.series, all.size() / 2);
  EXPECT_LE(cost.series, all.size());
  EXPECT_GT(cost.blocks, 0u);
  EXPECT_GT(cost.bytes, 0u);
  EXPECT_GT(cost.samples, samples / 2);
  EXPECT_LT(cost.samples, samples * 2);
  store::SampleQuery nothing = Everything();
  nothing.matchers = {Matcher::Equal("__name__", "none")};
  EXPECT_EQ(engine().Estimate(nothing).value().series, 0u);
}

}  // namespace
}  // namespace pharos::samples
