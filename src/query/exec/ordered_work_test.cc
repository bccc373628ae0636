#include "query/exec/ordered_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include "base/priority.h"

namespace pharos::query::exec {
namespace {

class Squares final : public OrderedWork {
 public:
  explicit Squares(size_t workers) : slots_(SlotsFor(workers)) {}
  base::Result<void> Make(size_t item, size_t /*worker*/, size_t slot) override {
    if (item % 7 == 3) std::this_thread::yield();
    if (item == fails_at)
      return base::Fail(base::ErrorKind::kLimit, "item " + std::to_string(item));
    slots_[slot] = item * item;
    return {};
  }
  base::Result<void> Take(size_t item, size_t slot) override {
    EXPECT_FALSE(taking_.exchange(true));
    EXPECT_EQ(item, taken.size());
    taken.push_back(slots_[slot]);
    taking_ = false;
    return {};
  }
  std::vector<size_t> taken;
  size_t fails_at = SIZE_MAX;

 private:
  std::vector<size_t> slots_;
  std::atomic<bool> taking_{false};
};

TEST(OrderedWorkTest, TakesAllInOrder) {
  for (const size_t workers : {1u, 2u, 4u, 8u}) {
    Squares work(workers);
    ASSERT_TRUE(RunOrdered(1000, workers, work));
    ASSERT_EQ(work.taken.size(), 1000u);
    for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(work.taken[i], i * i);
  }
}

TEST(OrderedWorkTest, NothingToDo) {
  Squares work(4);
  EXPECT_TRUE(RunOrdered(0, 4, work));
}

TEST(OrderedWorkTest, TheFirstFailureInOrderEndsIt) {
  for (const size_t workers : {1u, 2u, 8u}) {
    Squares work(workers);
    work.fails_at = 123;
    const auto result = RunOrdered(1000, workers, work);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "item 123");
    EXPECT_EQ(work.taken.size(), 123u);
  }
}

TEST(OrderedWorkTest, ManyCallsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) {
        Squares work(3);
        ASSERT_TRUE(RunOrdered(40, 3, work));
        EXPECT_EQ(work.taken.size(), 40u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Its caller is lowered in the middle of the work.
class Lowered final : public OrderedWork {
 public:
  base::Result<void> Make(size_t item, size_t worker, size_t /*slot*/) override {
    if (item == 20 && worker == 0) base::LowerPriority(base::CurrentThread());
    if (item > 60 && worker != 0 && !base::HasLowPriority()) quick_helpers_late = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }
  base::Result<void> Take(size_t item, size_t /*slot*/) override {
    EXPECT_EQ(item, taken++);
    return {};
  }
  size_t taken = 0;
  std::atomic<bool> quick_helpers_late{false};
};

TEST(OrderedWorkTest, HelpersFollowTheirCallersPriority) {
  StartHelpers();
  for (int i = 0; i < 3; ++i) {
    Lowered work;
    std::thread caller([&] {
      // Were item 20 a helper's, nothing would be lowered: the first call decides nothing.
      if (i > 0) base::LowerPriority(base::CurrentThread());
      EXPECT_TRUE(RunOrdered(100, 2, work));
      if (i == 0 && !base::HasLowPriority()) work.quick_helpers_late = false;
    });
    caller.join();
    EXPECT_EQ(work.taken, 100u);
    EXPECT_FALSE(work.quick_helpers_late);
  }
}

}  // namespace
}  // namespace pharos::query::exec
