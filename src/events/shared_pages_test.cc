#include "events/shared_pages.h"

#include <gtest/gtest.h>

#include "events/body_writer.h"
#include "events/random_events_test.h"
#include "events/row_input.h"
#include "events/sealed_parts_test.h"
#include "events/splice.h"

namespace pharos::events {
namespace {

TEST(SharedPages, LargePartsHoldLessOfTheLastMemoryThanSmallOnes) {
  base::MemoryBudget budget(1 << 30);
  SharedPages pages(1 << 20, &budget);
  constexpr size_t kLarge = 256 << 10, kSmall = 4 << 10;
  size_t large = 0, small = 0;
  while (pages.Hold(kLarge)) ++large;
  while (pages.Hold(kSmall)) ++small;
  EXPECT_GT(large, 100u);
  EXPECT_GT(small, 900u);
  EXPECT_EQ(budget.used_bytes(), large * kLarge + small * kSmall);
  pages.Unhold(large * kLarge);
  EXPECT_TRUE(pages.Hold(kLarge));
  pages.Close();
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_FALSE(pages.Hold(1));
}

TEST(SharedPages, SmallPagesCountWithWhatTheyTakeBesideTheirBytes) {
  SharedPages pages(1 << 20);
  constexpr uint32_t kPages = 20'000;
  for (uint32_t i = 0; i < kPages; ++i) {
    pages.Put(1, 'b', i, std::make_shared<const std::string>("x"));
  }
  EXPECT_LE(pages.bytes(), 1u << 20);
  uint32_t left = 0;
  while (left < kPages && pages.Find(1, 'b', kPages - 1 - left)) ++left;
  EXPECT_GT(left, 1000u);
  EXPECT_LT(left, 8000u);
}

class MergeReadsTest : public SealedPartsTest {
 protected:
  void SetUp() override {
    SealedPartsTest::SetUp();
    RandomEvents random(3);
    const model::Labels shop{{"app", "shop"}};
    for (int part = 0; part < 2; ++part) {
      for (int i = 0; i < 50; ++i) {
        Append(shop, random.Span(kNow + i * kSecond));
      }
      Seal();
    }
    for (const io::PartEntry& entry : Entries()) {
      edit_.drop.push_back(entry.id);
      parts_.push_back(Open(entry, pages_));
      ASSERT_TRUE(parts_.back());
    }
    ASSERT_EQ(parts_.size(), 2u);
    EXPECT_TRUE(LoadGranule(parts_[0], 0, 0, {.keep = Keep::kNone}).has_value());
    EXPECT_EQ(pages_->bytes(), 0u);
  }

  const std::shared_ptr<SharedPages> pages_ = std::make_shared<SharedPages>(1 << 20);
  std::vector<std::shared_ptr<const Part>> parts_;
  io::ManifestEdit edit_;
  const PartPlan plan_{"default", model::EventKind::kSpan, kNow / (24 * kHour), 1};
};

TEST_F(MergeReadsTest, AMergeByRowsLeavesNoPages) {
  const auto input = ReadParts(parts_);
  BodyWriter bodies;
  const auto merged = WritePart(*world_->manifest, plan_, *input, edit_, nullptr, bodies);
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ((*merged)->meta().rows, 100u);
  EXPECT_EQ(pages_->bytes(), 0u);
  EXPECT_TRUE(LoadGranule(parts_[0], 0, 0, {}).has_value());
  EXPECT_GT(pages_->bytes(), 0u);
}

TEST_F(MergeReadsTest, ASpliceLeavesNoPages) {
  const auto spliced = SpliceParts(*world_->manifest, plan_, parts_, edit_, nullptr);
  ASSERT_TRUE(spliced.has_value()) << spliced.error().message;
  EXPECT_EQ((*spliced)->meta().rows, 100u);
  EXPECT_EQ(pages_->bytes(), 0u);
}

}  // namespace
}  // namespace pharos::events
