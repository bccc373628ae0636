#include "samples/label_order.h"

#include <algorithm>

#include "base/hash.h"
#include "samples/label_bytes.h"

namespace pharos::samples {

void LabelOrder::Add(std::string_view labels) {
  ForEachLabel(labels,
               [&](model::LabelView, std::string_view pair) { labels_.push_back(NumberOf(pair)); });
  end_.push_back(static_cast<uint32_t>(labels_.size()));
}

uint32_t LabelOrder::NumberOf(std::string_view pair) {
  if (pairs_.size() * 2 >= table_.size()) GrowTable();
  const size_t mask = table_.size() - 1;
  for (size_t at = base::HashBytes64(pair) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      pairs_.push_back(pair);
      table_[at] = static_cast<uint32_t>(pairs_.size());
      return table_[at] - 1;
    }
    if (pairs_[table_[at] - 1] == pair) return table_[at] - 1;
  }
}

void LabelOrder::GrowTable() {
  table_.assign(std::max<size_t>(1024, table_.size() * 2), 0);
  const size_t mask = table_.size() - 1;
  for (uint32_t number = 0; number < pairs_.size(); ++number) {
    size_t at = base::HashBytes64(pairs_[number]) & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = number + 1;
  }
}

void LabelOrder::RankPairs() {
  std::vector<uint32_t> order(pairs_.size()), rank(pairs_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return CompareLabels(pairs_[a], pairs_[b]) < 0; });
  for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  for (uint32_t& label : labels_) label = rank[label];
  pairs_.clear();
  table_.clear();
}

std::vector<uint32_t> LabelOrder::Sort() {
  RankPairs();
  struct Key {
    uint64_t front;  // the first two labels: ranks + 1, 0 for none
    uint32_t set;
  };
  std::vector<Key> keys(end_.size());
  const auto begin = [&](uint32_t set) { return set == 0 ? 0 : end_[set - 1]; };
  for (uint32_t set = 0; set < keys.size(); ++set) {
    const uint32_t from = begin(set), count = end_[set] - from;
    const uint64_t first = count > 0 ? uint64_t{labels_[from]} + 1 : 0;
    const uint64_t second = count > 1 ? uint64_t{labels_[from + 1]} + 1 : 0;
    keys[set] = {first << 32 | second, set};
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.front != b.front) return a.front < b.front;
    return std::lexicographical_compare(
        labels_.begin() + begin(a.set), labels_.begin() + end_[a.set],
        labels_.begin() + begin(b.set), labels_.begin() + end_[b.set]);
  });
  std::vector<uint32_t> order(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) order[i] = keys[i].set;
  return order;
}

}  // namespace pharos::samples
