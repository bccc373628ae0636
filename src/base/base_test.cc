#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "base/ack.h"
#include "base/arena.h"
#include "base/budget.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/spares.h"

namespace pharos::base {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(ErrorKind::kBadInput, "odd");
  return n / 2;
}

Result<int> Quarter(int n) {
  PHAROS_TRY(const int half, Half(n));
  return Half(half);
}

TEST(Result, TryPassesErrorsOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message, "odd");
  EXPECT_EQ(Wrap(Error{ErrorKind::kIo, "gone"}, "open x").error().message, "open x: gone");
}

TEST(ResultDeathTest, CheckAbortsWithContext) {
  EXPECT_DEATH(PHAROS_CHECK(1 == 2, "sums"), "broken invariant: 1 == 2: sums");
}

TEST(Hash, KnownValues) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);  // the standard's check value
  EXPECT_EQ(HashBytes64(""), 0x2D06800538D394C2u);
  EXPECT_NE(HashBytes128("a"), HashBytes128("b"));
}

TEST(Hash, Crc32cOfLongTextsIsThatOfTheirBits) {
  std::mt19937 random(7);
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>(random());
  uint32_t crc = 0xFFFFFFFF;
  for (size_t size = 0; size <= text.size(); ++size) {
    if (size % 512 < 20 || size % 3072 > 3060) {
      ASSERT_EQ(Crc32c({text.data(), size}), crc ^ 0xFFFFFFFF) << size;
    }
    if (size == text.size()) break;
    crc ^= static_cast<uint8_t>(text[size]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
}

TEST(Arena, CopiesLiveAndAlign) {
  Arena arena(16);
  std::vector<std::string_view> copies;
  for (int i = 0; i < 1000; ++i) copies.push_back(arena.Copy(std::to_string(i)));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(copies[i], std::to_string(i));
  arena.Copy("x");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.Allocate(8, 8)) % 8, 0u);
}

TEST(Budget, RefusesBeyondTheLimit) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.TryReserve(80));
  EXPECT_FALSE(budget.Tight());
  EXPECT_FALSE(budget.TryReserve(21));
  EXPECT_EQ(budget.used_bytes(), 80u);
  budget.Reserve(40);  // known series go on
  EXPECT_TRUE(budget.Tight());
  budget.Release(120);
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_GT(MemoryBudget::DefaultLimitBytes(), 1u << 20);
}

TEST(Ack, ResolvesOnceForAll) {
  Ack ack;
  int calls = 0;
  ack.Then([&](const Result<void>& r) { calls += r ? 1 : 100; });
  std::thread waiter([&] { EXPECT_TRUE(ack.Wait()); });
  ack.Resolve({});
  ack.Resolve(Fail(ErrorKind::kIo, "late"));
  waiter.join();
  ack.Then([&](const Result<void>& r) { calls += r ? 1 : 100; });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(Ack::Failed({ErrorKind::kFull, "full"}).Wait().error().message, "full");
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock(5'000'000);
  EXPECT_EQ(clock.NowMs(), 5);
  clock.Advance(std::chrono::milliseconds(2));
  EXPECT_EQ(clock.NowMs(), 7);
}

TEST(Metrics, ExposesInTextFormat) {
  GetCounter("test_things_total", "Things.", "kind=\"a\"").Add(3);
  GetLatency("test_duration_seconds", "Time.").ObserveNs(3'000'000);
  SetGauge("test_level", "Level.", [] { return 1.5; });
  const std::string text = ExposeMetrics();
  for (const char* line :
       {"# TYPE test_things_total counter\ntest_things_total{kind=\"a\"} 3\n",
        "test_duration_seconds_bucket{le=\"0.0025\"} 0\n",
        "test_duration_seconds_bucket{le=\"0.005\"} 1\n",
        "test_duration_seconds_bucket{le=\"+Inf\"} 1\n", "test_duration_seconds_sum 0.003\n",
        "# TYPE test_level gauge\ntest_level 1.5\n", "process_resident_memory_bytes "}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  SetGauge("test_level", "Level.", {});
  EXPECT_EQ(ExposeMetrics().find("test_level 1.5"), std::string::npos);
}

TEST(Metrics, GaugesMayCountAndWaitForThoseWhoCount) {
  std::mutex owner;  // held by whoever counts, taken by the gauge
  std::atomic<bool> asked{false};
  SetGauge("test_gauge", "", [&] {
    asked = true;
    std::lock_guard lock(owner);
    GetCounter("test_reads_total", "").Add();
    return 7.0;
  });
  std::unique_lock lock(owner);
  auto page = std::async(std::launch::async, [] { return ExposeMetrics("test_"); });
  while (!asked) std::this_thread::yield();
  GetCounter("test_new_total", "made while a gauge waits").Add();
  lock.unlock();
  EXPECT_NE(page.get().find("\ntest_gauge 7\n"), std::string::npos);
  SetGauge("test_gauge", "", {});
  EXPECT_EQ(ExposeMetrics("test_").find("\ntest_gauge 7"), std::string::npos);
}

TEST(Spares, GiveMemoryAgainUpToABound) {
  using Spare = Spares<std::vector<int64_t>>;
  EXPECT_EQ(Spare::Take().capacity(), 0u);
  std::vector<int64_t> some(1000);
  const int64_t* memory = some.data();
  Spare::Give(std::move(some));
  std::thread([] { EXPECT_EQ(Spare::Take().capacity(), 0u); }).join();
  some = Spare::Take();
  EXPECT_TRUE(some.empty());
  EXPECT_EQ(some.data(), memory);
  Spare::Give(std::vector<int64_t>(Spare::kMostBytes / sizeof(int64_t) + 1));
  EXPECT_EQ(Spare::Take().capacity(), 0u);
}

}  // namespace
}  // namespace pharos::base
