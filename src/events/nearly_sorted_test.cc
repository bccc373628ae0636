#include "events/nearly_sorted.h"

#include <gtest/gtest.h>

#include <random>

namespace pharos::events {
namespace {

TEST(NearlySorted, SortsAsAStableSortDoes) {
  std::mt19937_64 random(3);
  for (const size_t n : {0, 1, 2, 31, 32, 33, 64, 65, 100, 1000, 5000}) {
    for (const uint64_t disorder : {0, 3, 50, 100'000}) {
      std::vector<std::pair<uint64_t, size_t>> items;
      for (size_t i = 0; i < n; ++i) items.emplace_back(i / 3 + random() % (disorder + 1), i);
      auto expected = items;
      const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
      std::stable_sort(expected.begin(), expected.end(), less);
      SortNearlySorted(items, less);
      EXPECT_EQ(items, expected) << n << " items, " << disorder;
    }
  }
}

}  // namespace
}  // namespace pharos::events
