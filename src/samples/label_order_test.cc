#include "samples/label_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

TEST(LabelOrder, IsThatOfTheLabels) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<model::Labels> sets;
    for (size_t n = random() % 600; n > 0; --n) {
      std::vector<std::pair<std::string, std::string>> pairs;
      for (size_t l = random() % 5; l > 0; --l) {
        pairs.emplace_back(std::string(1 + random() % 2, static_cast<char>('a' + random() % 3)),
                           std::string(1 + random() % 3, static_cast<char>('x' + random() % 3)));
      }
      std::vector<model::LabelView> views;
      for (const auto& [name, value] : pairs) {
        const auto same = [&](const model::LabelView& v) { return v.name == name; };
        if (std::none_of(views.begin(), views.end(), same)) views.push_back({name, value});
      }
      sets.push_back(model::Labels::FromPairs(std::move(views)));
    }
    LabelOrder order;
    for (const model::Labels& labels : sets) order.Add(labels.bytes());
    const std::vector<uint32_t> got = order.Sort();
    ASSERT_EQ(got.size(), sets.size());
    for (size_t i = 1; i < got.size(); ++i) {
      ASSERT_TRUE(CompareLabels(sets[got[i - 1]].bytes(), sets[got[i]].bytes()) <= 0) << i;
    }
    std::vector<uint32_t> all = got;
    std::sort(all.begin(), all.end());
    for (uint32_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i) << "each once";
  }
}

}  // namespace
}  // namespace pharos::samples
