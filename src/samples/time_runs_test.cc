#include "samples/time_runs.h"

#include <gtest/gtest.h>

#include <numeric>

namespace pharos::samples {
namespace {

TimeRun RunOf(std::vector<uint64_t> columns, size_t size) {
  TimeRun run;
  run.columns = std::move(columns);
  run.times_ms.resize(size);
  std::iota(run.times_ms.begin(), run.times_ms.end(), 100);
  return run;
}

uint64_t HashOf(const TimeRunPtr& run) { return HashOfColumns(run->columns); }

TEST(TimeRuns, KeepsWhatIsAskedForAndForgetsTheRest) {
  base::MemoryBudget budget(1 << 20);
  {
    TimeRuns runs(20'000, budget);
    const TimeRunPtr wanted = runs.Put(HashOfColumns(std::vector<uint64_t>{1}), RunOf({1}, 500));
    const TimeRunPtr forgotten = runs.Put(HashOfColumns(std::vector<uint64_t>{2}), RunOf({2}, 500));
    for (uint64_t i = 3; i < 20; ++i) {
      const std::vector<uint64_t> columns{i};
      runs.Put(HashOfColumns(columns), RunOf(columns, 500));
      EXPECT_EQ(runs.Find(HashOf(wanted), wanted->columns), wanted);
      EXPECT_LE(budget.used_bytes(), 20'000u);
    }
    EXPECT_EQ(runs.Find(HashOf(forgotten), forgotten->columns), nullptr);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(TimeRuns, TellsColumnsOfTheSameHashApart) {
  base::MemoryBudget budget(1 << 20);
  TimeRuns runs(100'000, budget);
  const TimeRunPtr first = runs.Put(7, RunOf({1}, 3));
  const TimeRunPtr second = runs.Put(7, RunOf({2}, 3));
  EXPECT_NE(first->id, second->id);
  EXPECT_EQ(runs.Put(7, RunOf({1}, 3)), first);
  EXPECT_EQ(runs.Find(7, first->columns), first);
  EXPECT_EQ(runs.Find(7, second->columns), nullptr);
}

TEST(TimeRuns, KeepsNothingWhileMemoryIsShort) {
  base::MemoryBudget budget(100'000);
  TimeRuns runs(50'000, budget);
  const TimeRunPtr kept = runs.Put(7, RunOf({1}, 100));
  EXPECT_NE(kept->id, 0u);
  EXPECT_EQ(kept->period_ms, 1);
  budget.Reserve(95'000);
  const TimeRunPtr passing = runs.Put(8, RunOf({2}, 100));
  EXPECT_EQ(passing->id, 0u);
  EXPECT_EQ(runs.Find(8, passing->columns), nullptr);
  EXPECT_EQ(runs.Find(7, kept->columns), nullptr);
  EXPECT_EQ(budget.used_bytes(), 95'000u);
}

TEST(TimeRuns, DoesNotKeepWhatWouldFillIt) {
  base::MemoryBudget budget(1 << 20);
  TimeRuns runs(10'000, budget);
  const TimeRunPtr small = runs.Put(7, RunOf({1}, 100));
  const TimeRunPtr large = runs.Put(8, RunOf({2}, 1000));
  EXPECT_EQ(large->times_ms.size(), 1000u);
  EXPECT_EQ(runs.Find(8, large->columns), nullptr);
  EXPECT_EQ(runs.Find(7, small->columns), small);
  EXPECT_LE(budget.used_bytes(), 10'000u);
}

TEST(RecentTimeRuns, CutsRunsToTheRange) {
  base::MemoryBudget budget(1 << 20);
  TimeRuns runs(100'000, budget);
  struct Case {
    int64_t start_ms, end_ms;
    size_t before, size;
  };
  for (const Case& c : {Case{0, 1000, 0, 10}, Case{100, 109, 0, 10}, Case{101, 108, 1, 8},
                        Case{0, 99, 0, 0}, Case{110, 200, 10, 0}, Case{105, 104, 5, 0}}) {
    RecentTimeRuns recent(c.start_ms, c.end_ms);
    const TimeRunPtr run = runs.Put(7, RunOf({1}, 10));
    EXPECT_EQ(recent.Find(7, run->columns), nullptr);
    recent.Put(7, run);
    const TimeCut* const cut = recent.Find(7, run->columns);
    ASSERT_NE(cut, nullptr);
    EXPECT_EQ(cut->run, run.get());
    EXPECT_EQ(cut->before, c.before) << c.start_ms;
    EXPECT_EQ(cut->size, c.size) << c.start_ms;
  }
}

}  // namespace
}  // namespace pharos::samples
