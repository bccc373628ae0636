#include "samples/pair_table.h"

#include <algorithm>

#include "base/hash.h"

namespace pharos::samples {
namespace {

constexpr size_t kBlockBytes = 16 * 1024;

}  // namespace

uint32_t PairTable::NumberOf(std::string_view pair) {
  if (pairs_.size() * 2 >= table_.size()) GrowTable();
  const size_t mask = table_.size() - 1;
  for (size_t at = base::HashBytes64(pair) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      pairs_.push_back(Keep(pair));
      table_[at] = static_cast<uint32_t>(pairs_.size());
      return table_[at] - 1;
    }
    if (pairs_[table_[at] - 1] == pair) return table_[at] - 1;
  }
}

std::string_view PairTable::Keep(std::string_view pair) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < pair.size())
    blocks_.emplace_back().reserve(std::max(kBlockBytes, pair.size()));
  std::string& block = blocks_.back();
  const size_t at = block.size();
  block += pair;
  return std::string_view(block).substr(at);
}

void PairTable::GrowTable() {
  table_.assign(std::max<size_t>(1024, table_.size() * 2), 0);
  const size_t mask = table_.size() - 1;
  for (uint32_t number = 0; number < pairs_.size(); ++number) {
    size_t at = base::HashBytes64(pairs_[number]) & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = number + 1;
  }
}

}  // namespace pharos::samples
