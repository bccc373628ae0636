// The series of a seal in the order of a part: sorted by their labels. Comparing label bytes
// would read what most sets have in common again and again; the labels that occur are ranked
// instead, and series are compared by a number made of their labels' ranks.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "samples/label_index.h"
#include "samples/memtable.h"

namespace pharos::samples {

/// Owns: ranks; views of the index' labels, which the series keep alive. Threads: one. Errors:
/// none. Cost: sorts the distinct labels, then the series with 24 bytes for each.
class SealOrder {
 public:
  /// Sorts `series`, of which no two have the same labels.
  SealOrder(const LabelIndex& index, std::vector<const MemSeries*>& series);

  /// The distinct labels of all the series, in order (canonical bytes); ranks count these.
  const std::vector<std::string_view>& pairs() const { return pairs_; }
  /// The ranks of the series' labels. Valid until the next call.
  std::span<const uint32_t> RanksOf(const MemSeries& series);

 private:
  void RankPairs(const LabelIndex& index, const std::vector<const MemSeries*>& series);

  std::vector<std::string_view> pairs_;
  std::vector<uint32_t> rank_;  // a label's number in the index → its rank
  std::vector<uint32_t> ranks_;
};

}  // namespace pharos::samples
