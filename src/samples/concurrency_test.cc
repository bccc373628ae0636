// Writers, readers and maintenance at the same time: nothing is lost, nothing doubled, and a
// reader never sees a series go backwards.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/log.h"
#include "samples/engine_harness.h"
#include "samples/head.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

using model::Labels;

Labels Name(int writer, int series) {
  return Labels{{"__name__", "m" + std::to_string(series)}, {"writer", std::to_string(writer)}};
}

/// Appends `rounds` samples to each of ten series, as a remote writer would.
void WriteRounds(SampleEngine& engine, int writer, int rounds, std::atomic<int64_t>* visible) {
  auto appender = engine.Begin(store::kDefaultTenant);
  std::vector<store::Refused> refused;
  for (int round = 0; round < rounds; ++round) {
    std::vector<store::SampleWrite> writes;
    for (int s = 0; s < 10; ++s) {
      const base::Hash128 raw = base::HashBytes128(std::to_string(writer * 100 + s));
      auto handle = appender->Lookup(raw);
      if (!handle) {
        handle = appender->Resolve(Name(writer, s)).value();
        appender->Remember(raw, *handle);
      }
      writes.push_back({*handle, kTestStartMs + round, static_cast<double>(round)});
    }
    refused.clear();
    appender->Append(writes, &refused);
    for (const store::Refused& r : refused) {  // the series left memory in between
      ASSERT_EQ(r.why, store::SampleRefusal::kStaleHandle);
      std::vector<store::Refused> again;
      do {  // it may leave memory once more between the two calls
        again.clear();
        writes[r.index].series = appender->Resolve(Name(writer, static_cast<int>(r.index))).value();
        appender->Append({&writes[r.index], 1}, &again);
      } while (!again.empty() && again[0].why == store::SampleRefusal::kStaleHandle);
      ASSERT_TRUE(again.empty());
    }
    visible->store(round + 1);
    auto ack = appender->Commit();
    const bool wait = round % 50 == 0;
    ASSERT_TRUE(!wait || ack.Wait().has_value());
  }
}

TEST(EngineConcurrency, WritersReadersAndMaintenance) {
  base::SetLogLevel(base::LogLevel::kError);
  Harness harness({.seal_samples = 5000});
  ASSERT_TRUE(harness.Open().has_value());
  constexpr int kWriters = 3, kRounds = 1500;
  std::atomic<int64_t> visible[kWriters]{};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] { WriteRounds(harness.engine(), w, kRounds, &visible[w]); });
  }
  std::thread maintenance([&] {
    for (int i = 0; !done; ++i) {
      EXPECT_TRUE((i % 5 == 4 ? harness.engine().Flush() : harness.engine().Tick()).has_value());
    }
  });
  std::thread reader([&] {
    while (!done) {
      int64_t before[kWriters];
      for (int w = 0; w < kWriters; ++w) before[w] = visible[w];
      const auto all = ReadAll(harness.engine(), Everything());
      ASSERT_TRUE(all.has_value()) << all.error().message;
      for (const auto& [labels, points] : *all) {
        const auto w = static_cast<size_t>(labels.Get("writer")[0] - '0');
        EXPECT_GE(static_cast<int64_t>(points.size()), before[w]);
        EXPECT_EQ(points.rbegin()->first, kTestStartMs + static_cast<int64_t>(points.size()) - 1);
      }
      EXPECT_TRUE(harness.engine().Series(Everything()).has_value());
      EXPECT_TRUE(harness.engine().LabelNames(Everything()).has_value());
      (void)harness.engine().Stats(store::kDefaultTenant);
    }
  });
  for (std::thread& thread : threads) thread.join();
  done = true;
  maintenance.join();
  reader.join();
  const auto check = [&] {
    const Contents all = ReadAll(harness.engine(), Everything()).value();
    EXPECT_EQ(all.size(), kWriters * 10u);
    for (const auto& [labels, points] : all) EXPECT_EQ(points.size(), static_cast<size_t>(kRounds));
  };
  check();
  ASSERT_TRUE(harness.Restart().has_value());
  check();
  ASSERT_TRUE(harness.engine().Flush().has_value());
  check();
  base::SetLogLevel(base::LogLevel::kInfo);
}

// What still names a removed series by its slot must never mean another one.
TEST(SeriesTable, SlotsComeFreeWithTheNextRemoval) {
  SeriesTable table(0, 0);
  const auto all = [](const Series&) { return true; };
  const Labels a{{"__name__", "a"}}, b{{"__name__", "b"}}, c{{"__name__", "c"}};
  const uint32_t first = table.Add(a.Hash())->index;
  EXPECT_EQ(table.RemoveIf(all), std::vector{first});
  EXPECT_EQ(table.Find(a.Hash(), all), nullptr);
  const uint32_t second = table.Add(b.Hash())->index;
  EXPECT_NE(second, first);
  EXPECT_EQ(table.RemoveIf(all), std::vector{second});
  EXPECT_EQ(table.Add(c.Hash())->index, first);
  EXPECT_EQ(table.size(), 1u);
}

// A series that is made again while many leave memory is found by the next reader.
TEST(Head, SeriesMadeAgainDuringRemovalIsSeen) {
  base::MemoryBudget budget(1u << 30);
  Head head(2, {}, 1, budget);
  uint32_t generation = 1;
  bool made = false;
  std::vector<uint32_t> order;
  const auto append = [&](store::SeriesHandle handle) {
    const store::SampleWrite write{handle, kTestStartMs + generation, 1};
    AppendOutcome outcome{.order = &order};
    head.Append({&write, 1}, {}, {}, outcome);
  };
  const auto rotate = [&] { head.Rotate(++generation); };
  const Labels again{{"__name__", "again"}};
  const std::vector<model::Matcher> only_again{model::Matcher::Equal("__name__", "again")};
  for (int round = 0; round < 5; ++round) {
    for (int s = 0; s < 20'000; ++s) append(*head.Resolve(Name(0, s), Priority::kForced, &made));
    append(*head.Resolve(again, Priority::kForced, &made));
    rotate();
    EXPECT_EQ(head.DropFrozen(), 0u);
    rotate();
    std::atomic<bool> started{false};
    std::thread writer([&] {
      for (made = false; !made; started = true) {
        const auto handle = head.Resolve(again, Priority::kForced, &made);
        if (made) append(*handle);
      }
    });
    while (!started) std::this_thread::yield();
    EXPECT_EQ(head.DropFrozen(), 20'001u);
    writer.join();
    EXPECT_EQ(head.Collect(only_again, INT64_MIN, INT64_MAX).series.size(), 1u);
  }
}

}  // namespace
}  // namespace pharos::samples
