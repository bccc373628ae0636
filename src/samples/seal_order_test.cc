#include "samples/seal_order.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>

#include "model/labels.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

TEST(SealOrder, IsThatOfTheLabels) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    // Few distinct labels and many; sets that are longer than what one comparison sees.
    const uint64_t letters = round % 2 == 0 ? 3 : 26;
    const uint64_t most = round % 3 == 0 ? 40 : 5;
    std::set<model::Labels> sets;
    for (size_t n = random() % 600; n > 0; --n) {
      std::set<std::string> names;
      for (size_t l = random() % most; l > 0; --l)
        names.insert(std::string(1 + random() % 3, static_cast<char>('a' + random() % letters)));
      std::vector<std::pair<std::string, std::string>> pairs;
      for (const std::string& name : names)
        pairs.emplace_back(name,
                           std::string(1 + random() % 3, static_cast<char>('x' + random() % 3)));
      std::vector<model::LabelView> views;
      for (const auto& [name, value] : pairs) views.push_back({name, value});
      sets.insert(model::Labels::FromPairs(std::move(views)));
    }
    std::vector<const model::Labels*> shuffled;
    for (const model::Labels& labels : sets) shuffled.push_back(&labels);
    std::shuffle(shuffled.begin(), shuffled.end(), random);

    LabelIndex index;
    std::vector<std::unique_ptr<Series>> series;
    std::vector<std::unique_ptr<MemSeries>> memory;
    std::vector<const MemSeries*> order;
    for (const model::Labels* labels : shuffled) {
      std::vector<uint32_t> pairs;
      index.Add(static_cast<uint32_t>(series.size()), labels->bytes(), &pairs);
      series.push_back(std::make_unique<Series>());
      series.back()->SetPairs(pairs);
      memory.push_back(std::make_unique<MemSeries>());
      memory.back()->series = series.back().get();
      order.push_back(memory.back().get());
    }
    SealOrder sorted(index, order);
    ASSERT_EQ(order.size(), sets.size());
    size_t at = 0;
    for (const model::Labels& labels : sets) {
      std::string bytes;
      for (const uint32_t rank : sorted.RanksOf(*order[at])) bytes += sorted.pairs()[rank];
      ASSERT_EQ(bytes, labels.bytes()) << at;
      ++at;
    }
  }
}

}  // namespace
}  // namespace pharos::samples
