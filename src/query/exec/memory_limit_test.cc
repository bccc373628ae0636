// What a query may hold of memory, itself and with the others.
#include <gtest/gtest.h>

#include "query/exec/context.h"

namespace pharos::query::exec {
namespace {

constexpr int64_t kMiB = 1 << 20;

TEST(MemoryLimitTest, OneQuerysOwn) {
  QueryContext context({.max_bytes = 3 * kMiB}, "default");
  EXPECT_TRUE(context.HoldBytes(2 * kMiB));
  EXPECT_TRUE(context.CheckBytes(kMiB));
  EXPECT_FALSE(context.CheckBytes(kMiB + 1));
  const auto refused = context.HoldBytes(3 * kMiB + 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kLimit);
  EXPECT_EQ(refused.error().message,
            "the query needs more than 3 MiB of memory: select fewer series, a shorter time or a "
            "longer step, or raise limits.query_memory in pharos.yaml");
  EXPECT_EQ(context.held_bytes(), 2 * kMiB);
  EXPECT_TRUE(QueryContext({}, "default").HoldBytes(int64_t{1} << 50)) << "no limit";
}

TEST(MemoryLimitTest, AllTogether) {
  base::MemoryBudget budget(4 * kMiB);
  {
    QueryContext one({.memory = &budget}, "default"), two({.memory = &budget}, "default");
    EXPECT_TRUE(one.HoldBytes(1000));
    EXPECT_EQ(budget.used_bytes(), kMiB) << "whole steps";
    EXPECT_TRUE(one.HoldBytes(3 * kMiB));
    EXPECT_TRUE(two.HoldBytes(kMiB));
    const auto refused = two.HoldBytes(kMiB + 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, base::ErrorKind::kBusy);
    EXPECT_EQ(refused.error().message,
              "the queries and answers under way hold all of the 4 MiB of memory that they may: "
              "try again when they have ended");
    EXPECT_TRUE(one.HoldBytes(kMiB));
    EXPECT_TRUE(two.HoldBytes(3 * kMiB));
    // The answer outlives its query.
    HeldMemory answer = two.TakeMemory();
    EXPECT_EQ(answer.bytes(), 3 * kMiB);
    EXPECT_EQ(two.held_bytes(), 0);
    HeldMemory moved;
    moved = std::move(answer);
    EXPECT_EQ(budget.used_bytes(), 4 * kMiB);
    EXPECT_TRUE(moved.SetTo(0));
    EXPECT_EQ(budget.used_bytes(), kMiB);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace pharos::query::exec
