#include "events/trace_filter.h"

#include <gtest/gtest.h>

#include <random>

#include "events/shared_pages.h"

namespace pharos::events {
namespace {

std::vector<TraceIndexEntry> Entries(size_t n) {
  std::mt19937 random(static_cast<uint32_t>(n));
  std::vector<TraceIndexEntry> out;
  for (size_t i = 0; i < n; ++i) {
    out.push_back({static_cast<uint32_t>(random()) | 1, static_cast<int64_t>(i) + 1});
  }
  return out;
}

TEST(TraceFilter, HasAllOfAPartAndFewOthers) {
  std::mt19937 random(3);
  for (const size_t n : {1, 20, 3000, 100'000}) {
    const auto entries = Entries(n);
    const std::string page = MakeTraceFilter(entries);
    EXPECT_LE(page.size(), n * 10 / 8 + 32);
    const auto filter = TraceFilter::Decode(page);
    ASSERT_TRUE(filter.has_value());
    for (const TraceIndexEntry& entry : entries) EXPECT_TRUE(filter->MayHave(entry.fingerprint));
    int others = 0;
    for (int i = 0; i < 10'000; ++i) {
      others += filter->MayHave(static_cast<uint32_t>(random()) & ~1u) ? 1 : 0;
    }
    EXPECT_LT(others, 250);
  }
}

TEST(TraceFilter, OneThatSaysNothingMayHaveAll) { EXPECT_TRUE(TraceFilter().MayHave(1)); }

TEST(TraceFilter, DamagedPagesAreRefused) {
  EXPECT_FALSE(TraceFilter::Decode("").has_value());
  EXPECT_FALSE(TraceFilter::Decode(std::string(33, 'x')).has_value());
}

}  // namespace
}  // namespace pharos::events
