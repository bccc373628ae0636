#include "net/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <numeric>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/priority.h"

namespace pharos::net {
namespace {

using namespace std::chrono_literals;

/// Until it is so, or (false) for seconds not.
template <class Condition>
bool Await(const Condition& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

/// Uses a core until its thread is lowered, or (false) for seconds in vain.
bool WorksUntilLowered() {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < until) {
    if (base::HasLowPriority()) return true;
  }
  return false;
}

TEST(WorkersTest, LongJobsThatYieldAreLowered) {
  Workers workers({.threads = 1, .max_queued = 10, .watch = true});
  std::atomic<int> seen{0};
  ASSERT_TRUE(workers.TryRun([&] { seen = Await([] { return base::HasLowPriority(); }) ? 1 : 2; },
                             /*yields=*/true));
  EXPECT_TRUE(Await([&] { return seen != 0; }));
  EXPECT_EQ(seen, 1);
  // Whether or not this process may raise priorities, what comes after runs at the usual one.
  std::atomic<int> after{0};
  ASSERT_TRUE(workers.TryRun([&] { after = base::HasLowPriority() ? 1 : 2; }, true));
  EXPECT_TRUE(Await([&] { return after != 0; }));
  EXPECT_EQ(after, 2);
}

TEST(WorkersTest, WhoOnlyWaitsIsNot) {
  Workers workers({.threads = 1, .max_queued = 10, .watch = true});
  std::atomic<int> seen{0};
  ASSERT_TRUE(workers.TryRun(
      [&] {
        std::this_thread::sleep_for(300ms);
        seen = base::HasLowPriority() ? 1 : 2;
      },
      true));
  EXPECT_TRUE(Await([&] { return seen != 0; }));
  EXPECT_EQ(seen, 2);
}

TEST(WorkersTest, OtherJobsAndQuickOnesAreNot) {
  Workers workers({.threads = 1, .max_queued = 10, .watch = true});
  std::atomic<int> seen{0};
  ASSERT_TRUE(workers.TryRun([&] {
    const auto until = std::chrono::steady_clock::now() + 250ms;
    while (std::chrono::steady_clock::now() < until) {
    }
    seen = base::HasLowPriority() ? 1 : 2;
  }));
  EXPECT_TRUE(Await([&] { return seen != 0; }));
  EXPECT_EQ(seen, 2);
}

TEST(WorkersTest, TheWatcherWakesForAJobAfterAQuietTime) {
  Workers workers({.threads = 2, .max_queued = 10, .watch = true});
  std::this_thread::sleep_for(300ms);  // it sleeps by now
  std::atomic<int> seen{0};
  ASSERT_TRUE(workers.TryRun([&] { seen = WorksUntilLowered() ? 1 : 2; }, true));
  EXPECT_TRUE(Await([&] { return seen != 0; }));
  EXPECT_EQ(seen, 1);
}

TEST(WorkersTest, PatientOnesAreLowAllTheTime) {
  Workers workers({.threads = 1, .patient = true});
  std::atomic<int> seen{0};
  ASSERT_TRUE(workers.Resume([&] { seen = base::HasLowPriority() ? 1 : 2; }));
  EXPECT_TRUE(Await([&] { return seen != 0; }));
  EXPECT_EQ(seen, 1);
}

TEST(WorkersTest, TheQueueIsBoundedButForWhatWasLetIn) {
  Workers workers({.threads = 1, .max_queued = 2});
  std::binary_semaphore held(0), go(0);
  ASSERT_TRUE(workers.TryRun([&] {
    held.release();
    go.acquire();
  }));
  held.acquire();
  std::atomic<int> ran{0};
  EXPECT_TRUE(workers.TryRun([&] { ++ran; }));
  EXPECT_TRUE(workers.TryRun([&] { ++ran; }));
  EXPECT_FALSE(workers.TryRun([&] { ++ran; }));
  EXPECT_TRUE(workers.Resume([&] { ++ran; }));
  go.release();
  workers.Stop();
  EXPECT_EQ(ran, 3);
  EXPECT_FALSE(workers.TryRun([] {}));
  EXPECT_FALSE(workers.Resume([] {}));
}

TEST(WorkersTest, FewThreadsWorkWhereOneWouldDo) {
  Workers workers({.threads = 16, .max_queued = 10});
  std::map<std::thread::id, int> jobs_of;
  std::binary_semaphore done{0};
  constexpr int kJobs = 1000;
  for (int i = 0; i < kJobs; ++i) {
    ASSERT_TRUE(workers.TryRun([&] {
      ++jobs_of[std::this_thread::get_id()];  // one job at a time
      done.release();
    }));
    done.acquire();
  }
  std::vector<int> jobs;
  for (const auto& [thread, count] : jobs_of) jobs.push_back(count);
  std::sort(jobs.rbegin(), jobs.rend());
  // A thread may not be back yet when the next job comes, but in turn a quarter of the threads
  // would have done a quarter of the jobs.
  jobs.resize(4);
  EXPECT_GT(std::accumulate(jobs.begin(), jobs.end(), 0), kJobs / 2);
}

}  // namespace
}  // namespace pharos::net
