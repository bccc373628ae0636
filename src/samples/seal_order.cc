#include "samples/seal_order.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "base/pages.h"
#include "samples/label_bytes.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

/// As many ranks of the series' first labels as fit, the first one highest; 0 where it has none.
struct Key {
  uint64_t front = 0, back = 0;
  const MemSeries* series = nullptr;
};

}  // namespace

SealOrder::SealOrder(const LabelIndex& index, std::vector<const MemSeries*>& series) {
  RankPairs(index, series);
  if (series.empty()) return;
  const auto bits = static_cast<size_t>(std::bit_width(pairs_.size()));
  const size_t in_word = 64 / std::max<size_t>(bits, 1);
  // Straight from the system: it is large and goes away at once, before most of a seal's work.
  const base::Pages memory(series.size() * sizeof(Key));
  const std::span keys(reinterpret_cast<Key*>(memory.data()), series.size());
  std::uninitialized_value_construct(keys.begin(), keys.end());
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i].series = series[i];
    const auto labels = series[i]->series->pairs();
    for (size_t at = 0; at < 2 * in_word; ++at) {
      uint64_t& word = at < in_word ? keys[i].front : keys[i].back;
      word = word << bits | (at < labels.size() ? rank_[labels[at]] + uint64_t{1} : 0);
    }
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.front != b.front) return a.front < b.front;
    if (a.back != b.back) return a.back < b.back;
    const auto x = a.series->series->pairs(), y = b.series->series->pairs();
    return std::ranges::lexicographical_compare(
        x, y, {}, [&](uint32_t pair) { return rank_[pair]; },
        [&](uint32_t pair) { return rank_[pair]; });
  });
  for (size_t i = 0; i < keys.size(); ++i) series[i] = keys[i].series;
}

void SealOrder::RankPairs(const LabelIndex& index, const std::vector<const MemSeries*>& series) {
  rank_.resize(index.PairLimit());
  for (const MemSeries* mem : series) {
    for (const uint32_t pair : mem->series->pairs()) rank_[pair] = 1;
  }
  std::vector<uint32_t> order;
  for (uint32_t pair = 0; pair < rank_.size(); ++pair) {
    if (rank_[pair] != 0) order.push_back(pair);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return CompareLabels(index.Pair(a), index.Pair(b)) < 0;
  });
  pairs_.reserve(order.size());
  for (const uint32_t pair : order) {
    rank_[pair] = static_cast<uint32_t>(pairs_.size());
    pairs_.push_back(index.Pair(pair));
  }
}

std::span<const uint32_t> SealOrder::RanksOf(const MemSeries& series) {
  ranks_.clear();
  for (const uint32_t pair : series.series->pairs()) ranks_.push_back(rank_[pair]);
  return ranks_;
}

}  // namespace pharos::samples
