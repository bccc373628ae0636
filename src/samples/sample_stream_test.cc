#include "samples/sample_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "model/sample.h"
#include "samples/mem_columns.h"
#include "samples/memtable.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

using Random = std::mt19937_64;

struct Kept {
  int64_t time_ms;
  uint64_t bits;
  bool operator==(const Kept&) const = default;
};

/// Values as they come: a kind a run, with odd ones in between.
double NextValue(Random& random, int kind, double last) {
  if (random() % 20 == 0) {
    const double odd[] = {model::StaleNan(), -0.0, 0.0, INFINITY, -INFINITY, 5e-324, 1e308, 0.1};
    return odd[random() % std::size(odd)];
  }
  switch (kind) {
    case 0: return last;
    case 1:
      return std::isfinite(last) ? std::floor(last) + static_cast<double>(random() % 1000) : 0;
    case 2: return static_cast<double>(random() % 100000) / 100;
    case 3: return static_cast<double>(random() >> 11) * 0x1p-53;
    case 4: return static_cast<double>(random() % 5) * std::pow(10, random() % 20);
    default: return std::bit_cast<double>(random());
  }
}

int64_t NextTime(Random& random, int kind, int64_t last) {
  const int64_t steps[] = {15000, static_cast<int64_t>(14990 + random() % 20),
                           static_cast<int64_t>(1 + random() % 10'000'000),
                           static_cast<int64_t>(1 + (random() >> 20))};
  const int64_t step = steps[kind % 4];
  return last > INT64_MAX - step ? last : last + step;
}

std::vector<Kept> ReadAll(const MemSeries& mem, const char* tail, int64_t start_ms,
                          int64_t end_ms) {
  std::vector<int64_t> times;
  std::vector<double> values;
  MemStreamReader reader(mem, tail);
  while (reader.Next(start_ms, end_ms, &times, &values)) {
  }
  std::vector<Kept> out;
  for (size_t i = 0; i < times.size(); ++i)
    out.push_back({times[i], std::bit_cast<uint64_t>(values[i])});
  return out;
}

TEST(SampleStream, AnySamplesComeBackBitByBit) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    base::MemoryBudget budget(1 << 30);
    Memtable memtable(1, budget);
    Series series;
    memtable.AddSeries(series);
    std::vector<Kept> sent;
    const int value_kind = static_cast<int>(seed % 6), time_kind = static_cast<int>(seed / 6);
    int64_t time_ms = seed % 7 == 0 ? INT64_MIN : 1'700'000'000'000;
    double value = 0;
    for (size_t n = random() % 300; n > 0; --n) {
      const int64_t next = NextTime(random, time_kind, time_ms);
      if (next == time_ms) break;
      time_ms = next;
      value = NextValue(random, value_kind, value);
      memtable.Add(series, time_ms, value);
      sent.push_back({time_ms, std::bit_cast<uint64_t>(value)});
      ASSERT_EQ(series.last_ms, time_ms);
      ASSERT_EQ(series.last_bits, sent.back().bits);
    }
    ASSERT_EQ(ReadAll(*series.mem, series.tail, INT64_MIN, INT64_MAX), sent) << seed;
    ASSERT_EQ(ReadAll(*series.mem, nullptr, INT64_MIN, INT64_MAX), sent) << seed;
  }
}

TEST(SampleStream, ASnapshotEndsWhereItWasTaken) {
  base::MemoryBudget budget(1 << 30);
  Memtable memtable(1, budget);
  Series series;
  memtable.AddSeries(series);
  std::vector<const char*> tails{series.tail};
  std::vector<Kept> sent;
  for (int i = 0; i < 200; ++i) {
    memtable.Add(series, i * 1000, i * 0.7);
    tails.push_back(series.tail);
    sent.push_back({i * 1000, std::bit_cast<uint64_t>(i * 0.7)});
  }
  for (size_t n = 0; n < tails.size(); ++n) {
    const std::vector<Kept> expected(sent.begin(), sent.begin() + static_cast<long>(n));
    ASSERT_EQ(ReadAll(*series.mem, tails[n], INT64_MIN, INT64_MAX), expected) << n;
  }
}

TEST(SampleStream, PiecesOutsideTheRangeArePassedOver) {
  base::MemoryBudget budget(1 << 30);
  Memtable memtable(1, budget);
  Series series;
  memtable.AddSeries(series);
  for (int i = 0; i < 1000; ++i) memtable.Add(series, i, i * 1e-3);
  const auto got = ReadAll(*series.mem, series.tail, 500, 510);
  ASSERT_FALSE(got.empty());
  EXPECT_LT(got.size(), 100u);
  EXPECT_LE(got.front().time_ms, 500);
  EXPECT_GE(got.back().time_ms, 510);
}

TEST(SampleStream, WhatTheStreamDoesNotKnowBreaksIt) {
  base::MemoryBudget budget(1 << 30);
  Memtable memtable(1, budget);
  Series series;
  memtable.AddSeries(series);
  memtable.AddLate(series, {5, 1.5});
  memtable.Add(series, 10, 1.5);
  memtable.AddLate(series, {10, 2.5});
  memtable.Add(series, 20, 2.5);
  memtable.AddHistogram(series, {30, std::make_shared<model::Histogram>()});
  memtable.Add(series, 40, 2.5);
  const std::vector<Kept> expected{{10, std::bit_cast<uint64_t>(1.5)},
                                   {20, std::bit_cast<uint64_t>(2.5)},
                                   {40, std::bit_cast<uint64_t>(2.5)}};
  EXPECT_EQ(ReadAll(*series.mem, series.tail, INT64_MIN, INT64_MAX), expected);
  EXPECT_EQ(series.mem->min_ms, 5);
  ASSERT_EQ(series.mem->extra->late.size(), 2u);
}

TEST(SampleStream, StartsAreKeptWhereTheyChange) {
  base::MemoryBudget budget(1 << 30);
  Memtable memtable(1, budget);
  Series series;
  memtable.AddSeries(series);
  const int64_t starts[] = {0, 7, 7, 7, 0, 9};
  for (int i = 0; i < 6; ++i) memtable.AddStarted(series, i + 1, i, starts[i]);
  EXPECT_EQ(series.mem->extra->starts.size(), 3u);
  store::SeriesColumns columns;
  MemStreamReader reader(*series.mem, series.tail);
  while (reader.Next(INT64_MIN, INT64_MAX, &columns.times_ms, &columns.values)) {
  }
  FillStarts(series.mem->extra->starts, 0, &columns);
  EXPECT_EQ(columns.starts_ms, std::vector<int64_t>(starts, starts + 6));
}

TEST(SampleStream, ReplacedIsWhatIsLeft) {
  base::MemoryBudget budget(1 << 30);
  Memtable old(1, budget), active(2, budget);
  Series series;
  old.AddSeries(series);
  for (int i = 0; i < 100; ++i) old.AddStarted(series, i, i * 0.1, 77);
  active.AddSeries(series);
  for (int i = 100; i < 200; ++i) active.Add(series, i, i * 0.1);
  active.AddLate(series, {150, 1});
  MemSeries* const before = series.mem;
  const char* const tail = series.tail;
  const auto seen = ReadAll(*before, tail, INT64_MIN, INT64_MAX);
  store::SeriesColumns columns;
  DecodeAll(*series.mem, series.tail, &columns);
  ASSERT_EQ(columns.times_ms.size(), 100u);
  columns.times_ms.resize(60), columns.values.resize(60);
  active.Replace(series, *series.mem, columns, 41);
  DecodeAll(*series.mem->older, nullptr, &columns);
  columns.times_ms.resize(10), columns.values.resize(10), columns.starts_ms.resize(10);
  old.Replace(series, *series.mem->older, columns, 90);
  EXPECT_EQ(ReadAll(*before, tail, INT64_MIN, INT64_MAX), seen) << "a reader's picture stays";
  active.Add(series, 300, 5);
  DecodeAll(*active.series()[0], series.tail, &columns);
  EXPECT_EQ(columns.times_ms.size(), 61u);
  EXPECT_EQ(columns.times_ms.back(), 300);
  DecodeAll(*old.series()[0], nullptr, &columns);
  EXPECT_EQ(columns.times_ms.size(), 10u);
  EXPECT_EQ(columns.starts_ms, std::vector<int64_t>(10, 77));
  EXPECT_EQ(old.series()[0], series.mem->older);
  EXPECT_EQ(active.samples(), 61u);
  EXPECT_EQ(old.samples(), 10u);
}

TEST(SampleStream, WhatPeopleHaveTakesAFewBytes) {
  base::MemoryBudget budget(1 << 30);
  Memtable memtable(1, budget);
  Random random(1);
  Series constant, counter, seconds;
  for (Series* s : {&constant, &counter, &seconds}) memtable.AddSeries(*s);
  double count = 123456, cpu = 1000;
  for (int i = 0; i < 16; ++i) {
    memtable.Add(constant, i * 15000, 1);
    memtable.Add(counter, i * 15000, count += static_cast<double>(random() % 1000));
    memtable.Add(seconds, i * 15000, cpu = std::round((cpu + 14) * 100) / 100);
  }
  EXPECT_LT(constant.tail - constant.mem->stream, 25);
  EXPECT_LT(counter.tail - counter.mem->stream, 60);
  EXPECT_LT(seconds.tail - seconds.mem->stream, 60);
}

}  // namespace
}  // namespace pharos::samples
