// A merged part has what its inputs had, the later one's word at equal times, whether blocks
// were copied or encoded anew.
#include "samples/series_merger.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "codec/random_columns_test.h"
#include "io/sim_fs.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;
using Random = std::mt19937_64;

struct SeriesMergerTest : testing::Test {
  std::shared_ptr<Part> Write(const store::SeriesColumns& columns) {
    return Build(
        [&](PartBuilder& builder) { return builder.AddSeries(columns.labels.bytes(), columns); });
  }
  template <class Fill>
  std::shared_ptr<Part> Build(Fill fill) {
    const std::string name = "part" + std::to_string(parts++);
    EXPECT_TRUE(fs.MakeDirs("data/" + name).has_value());
    auto builder = PartBuilder::Create(fs, "data/" + name, {}).value();
    EXPECT_TRUE(fill(*builder).has_value());
    io::PartEntry entry;
    entry.bytes = builder->Finish().value();
    entry.path = name;
    return Part::Open(fs, "data", entry, cache, budget);
  }
  /// Merges the first series of all parts and reads the result.
  store::SeriesColumns Merge(const std::vector<std::shared_ptr<Part>>& inputs) {
    std::vector<PartSeriesReader> readers;
    for (const auto& part : inputs) readers.emplace_back(part, part->Index().value(), false);
    std::vector<MergeInput> list;
    for (auto& reader : readers) list.push_back({&reader, 0, reader.index().place(0)});
    const auto merged = Build([&](PartBuilder& builder) {
      SeriesMerger merger(builder);
      const auto done = merger.Add(labels.bytes(), list);
      copied = merger.copied_samples(), encoded = merger.encoded_samples();
      return done;
    });
    PartSeriesReader reader(merged, merged->Index().value(), false);
    EXPECT_TRUE(reader.Blocks(0, INT64_MIN, INT64_MAX, &blocks).has_value());
    store::SeriesColumns out;
    EXPECT_TRUE(reader.Read(0, INT64_MIN, INT64_MAX, &out).has_value());
    EXPECT_EQ(merged->info().samples, out.times_ms.size() + out.histograms.size());
    return out;
  }
  store::SeriesColumns Regular(int64_t from, size_t count) {
    store::SeriesColumns out{.labels = labels};
    for (size_t i = 0; i < count; ++i) {
      out.times_ms.push_back(from + static_cast<int64_t>(i) * 1000);
      out.values.push_back(static_cast<double>(out.times_ms.back() / 7));
    }
    return out;
  }

  const Labels labels{{"__name__", "m"}};
  io::SimFs fs;
  base::MemoryBudget budget{1u << 30};
  PageCache cache{1u << 20, budget};
  int parts = 0;
  uint64_t copied = 0, encoded = 0;
  std::vector<PartBlock> blocks;
};

TEST_F(SeriesMergerTest, FullBlocksAreCopiedAndSmallOnesGrow) {
  const auto merged = Merge({Write(Regular(0, 300)), Write(Regular(300'000, 10)),
                             Write(Regular(310'000, 20)), Write(Regular(330'000, 2000))});
  EXPECT_EQ(merged.times_ms, Regular(0, 2330).times_ms);
  EXPECT_EQ(merged.values, Regular(0, 2330).values);
  EXPECT_EQ(copied, 2300u);
  EXPECT_EQ(encoded, 30u);
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[1].summary.count, 30u);
  EXPECT_EQ(blocks[1].summary.first_ms, 300'000);
  EXPECT_TRUE(blocks[3].summary.exact);
}

TEST_F(SeriesMergerTest, WhatOverlapsIsPutTogether) {
  auto later = Regular(100'000, 300);
  for (double& v : later.values) v = -1;
  const auto merged = Merge({Write(Regular(0, 300)), Write(later)});
  ASSERT_EQ(merged.times_ms, Regular(0, 400).times_ms);
  EXPECT_EQ(copied, 0u);
  EXPECT_EQ(merged.values[99], Regular(0, 400).values[99]);
  EXPECT_EQ(merged.values[100], -1);
}

TEST_F(SeriesMergerTest, TheOlderTimesMayBeInTheLaterPart) {
  const auto merged = Merge({Write(Regular(500'000, 500)), Write(Regular(0, 500))});
  EXPECT_EQ(merged.times_ms, Regular(0, 1000).times_ms);
  EXPECT_EQ(copied, 1000u);
}

TEST_F(SeriesMergerTest, StartsAndHistogramsComeAlong) {
  auto a = Regular(0, 300), b = Regular(300'000, 300), c = Regular(600'000, 5);
  a.starts_ms.assign(300, -5000);
  c.starts_ms = {0, 1, 2, 3, 4};
  for (int i = 0; i < 100; ++i) {
    auto histogram = std::make_shared<model::Histogram>();
    histogram->positive_spans = {{0, 2}};
    histogram->positive_counts = {static_cast<double>(i), 2.0 * i};
    a.histograms.push_back({i * 10, histogram, i});
    c.histograms.push_back({2'000'000 + i * 10, histogram, 77});
  }
  const auto merged = Merge({Write(a), Write(b), Write(c)});
  EXPECT_EQ(copied, 800u);
  std::vector<int64_t> starts(300, -5000);
  starts.resize(600, 0);
  starts.insert(starts.end(), {0, 1, 2, 3, 4});
  EXPECT_EQ(merged.starts_ms, starts);
  ASSERT_EQ(merged.histograms.size(), 200u);
  EXPECT_EQ(merged.histograms[7].start_ms, 7);
  EXPECT_EQ(merged.histograms[7].histogram->positive_counts[1], 14);
  EXPECT_EQ(merged.histograms[150].start_ms, 77);
}

TEST_F(SeriesMergerTest, AnyMixEqualsTheSimpleWay) {
  Random random(31);
  const int rounds = codec::Cases(20);
  for (int round = 0; round < rounds; ++round) {
    std::map<int64_t, uint64_t> expected;
    std::vector<std::shared_ptr<Part>> inputs;
    int64_t at = 0;
    for (int part = 0; part < 4; ++part) {
      if (random() % 3 == 0) at -= static_cast<int64_t>(random() % 2000);
      store::SeriesColumns columns{.labels = labels};
      columns.values = codec::RandomDoubles(random, 1 + random() % 600);
      for (const double v : columns.values) {
        columns.times_ms.push_back(at += 1 + static_cast<int64_t>(random() % 3));
        expected[at] = std::bit_cast<uint64_t>(v);
      }
      inputs.push_back(Write(columns));
    }
    const auto merged = Merge(inputs);
    ASSERT_EQ(merged.times_ms.size(), expected.size());
    size_t i = 0;
    for (const auto& [time_ms, bits] : expected) {
      ASSERT_EQ(merged.times_ms[i], time_ms);
      ASSERT_EQ(std::bit_cast<uint64_t>(merged.values[i++]), bits);
    }
  }
}

}  // namespace
}  // namespace pharos::samples
