// The bounds of windows against counting sample by sample, and the sharing of plans.
#include "query/promql/window_plan.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "query/promql/value.h"

namespace pharos::query::promql {
namespace {

void ExpectSameStretch(const RateStretch& a, const RateStretch& b) {
  EXPECT_EQ(std::bit_cast<uint64_t>(a.factor), std::bit_cast<uint64_t>(b.factor));
  EXPECT_EQ(a.sampled, b.sampled);
  EXPECT_EQ(a.to_start, b.to_start);
  EXPECT_EQ(a.to_end, b.to_end);
}

/// Returns whether the cheap way took it.
bool ExpectSameWhereAlike(const WindowGrid& grid, const std::vector<int64_t>& times,
                          const WindowPlan& plan) {
  SharedBounds bounds(grid);
  WindowPlan alike;
  // Twice into the same memory, after another plan.
  const std::vector<int64_t> other{0, 1, 3};
  (void)alike.BuildAlike(grid, other, 0, true, bounds);
  if (!alike.BuildAlike(grid, times, 0, true, bounds)) return false;
  EXPECT_EQ(alike.bounds->low, plan.bounds->low);
  EXPECT_EQ(alike.bounds->high, plan.bounds->high);
  for (size_t step = 0; step < grid.steps; ++step)
    ExpectSameStretch(alike.RateAt(step), plan.RateAt(step));
  return true;
}

void ExpectBounds(const WindowGrid& grid, const std::vector<int64_t>& times, int& alike) {
  const WindowPlan plan(grid, times, true);
  int64_t samples = 0;
  for (size_t step = 0; step < grid.steps; ++step) {
    const int64_t end = grid.first_end_ms + static_cast<int64_t>(step) * grid.stride_ms;
    uint32_t low = 0, high = 0;
    for (const int64_t t : times) {
      low += t <= end - grid.range_ms ? 1 : 0;
      high += t <= end ? 1 : 0;
    }
    ASSERT_EQ(plan.bounds->low[step], low) << "step " << step;
    ASSERT_EQ(plan.bounds->high[step], high) << "step " << step;
    samples += high - low;
    const bool usable = high - low > 1;
    if (!usable) continue;
    const double sampled = static_cast<double>(times[high - 1] - times[low]) / 1000;
    const RateStretch stretch = plan.RateAt(step);
    ASSERT_EQ(stretch.sampled, sampled) << "step " << step;
    ASSERT_GE(plan.most_to_start, stretch.to_start);
    ASSERT_LE(plan.least_sampled, stretch.sampled);
  }
  EXPECT_EQ(plan.bounds->samples, samples);
  alike += ExpectSameWhereAlike(grid, times, plan) ? 1 : 0;
}

TEST(WindowPlanTest, BoundsAreThoseOfCounting) {
  std::mt19937_64 random(11);
  const auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  int alike = 0;
  for (int round = 0; round < 500; ++round) {
    const int64_t period = 1 + below(20'000);
    std::vector<int64_t> times;
    int64_t at = below(2) * 1'000'000 - below(100'000);
    const int64_t jitter = round % 3 == 0 ? 1 + below(period) : 1;
    for (int64_t i = below(80); i > 0; --i) {
      times.push_back(at);
      at += std::max<int64_t>(1, period + below(jitter));
    }
    WindowGrid grid;
    grid.first_end_ms = below(2'000'000) - 500'000;
    grid.stride_ms = round % 2 == 0 ? period * (1 + below(4)) : below(30'000);
    grid.range_ms = 1 + below(600'000);
    grid.steps = static_cast<size_t>(1 + below(60));
    grid.range_seconds = static_cast<double>(grid.range_ms) / 1000;
    grid.is_rate = true;
    ExpectBounds(grid, times, alike);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(alike, 50);
}

TEST(WindowPlanTest, AWindowLikeTheOneBeforeHasItsFactor) {
  std::vector<int64_t> times;
  for (int i = 0; i < 100; ++i) times.push_back(i * 15'000 + 7);
  times[60] += 3;                                       // one scrape was late
  times.erase(times.begin() + 30, times.begin() + 55);  // and for a while there was none
  const WindowGrid grid{300'000, 15'000, 30'000, 80, 30, true};
  const WindowPlan all(grid, times, true);
  for (size_t step = 0; step < grid.steps; ++step) {
    const WindowGrid one{grid.first_end_ms + static_cast<int64_t>(step) * grid.stride_ms,
                         15'000,
                         30'000,
                         1,
                         30,
                         true};
    const WindowPlan alone(one, times, true);
    const RateStretch a = all.RateAt(step), b = alone.RateAt(0);
    ASSERT_EQ(IsAbsent(a.factor), IsAbsent(b.factor)) << step;
    if (IsAbsent(b.factor)) continue;
    EXPECT_EQ(a.factor, b.factor);
    EXPECT_EQ(a.to_start, b.to_start);
    EXPECT_EQ(a.to_end, b.to_end);
  }
}

TEST(WindowPlanTest, PlansAreSharedAndTimesWithoutIdAreToldApart) {
  const WindowGrid grid{100'000, 15'000, 60'000, 10, 60, false};
  SharedWindowPlans shared(grid, false);
  WindowPlans a(shared), b(shared);
  const std::vector<int64_t> x{10, 20, 90'000}, y{10, 20, 120'000};
  const WindowPlan* const first = &a.Of(x, 1);
  EXPECT_EQ(&b.Of(x, 1), first);
  EXPECT_NE(&b.Of(y, 1 + 1024), first);  // the same place among the recent ones
  EXPECT_EQ(&b.Of(x, 1), first);
  const WindowPlan* const by_times = &a.Of(x, 0);
  EXPECT_EQ(by_times->times_ms, x);
  EXPECT_EQ(&b.Of(x, 0), by_times);
  EXPECT_EQ(b.Of(y, 0).times_ms, y);
}

}  // namespace
}  // namespace pharos::query::promql
