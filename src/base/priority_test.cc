#include "base/priority.h"

#include <gtest/gtest.h>

#include <thread>

namespace pharos::base {
namespace {

TEST(PriorityTest, ALoweredThreadKnowsIt) {
  EXPECT_FALSE(HasLowPriority());
  std::thread([] {
    ASSERT_TRUE(LowerPriority(CurrentThread(), Priority::kModest));
    EXPECT_FALSE(HasLowPriority()) << "not the lowest";
    ASSERT_TRUE(LowerPriority(CurrentThread()));
    EXPECT_TRUE(HasLowPriority());
    const bool restored = RestorePriority(CurrentThread());  // as the system allows
    EXPECT_EQ(HasLowPriority(), !restored);
  }).join();
  EXPECT_FALSE(HasLowPriority()) << "other threads keep theirs";
  EXPECT_FALSE(LowerPriority(0)) << "nobody";
}

}  // namespace
}  // namespace pharos::base
