// Sorts many label sets. Comparing them as they are would read every label of the common front
// again and again (most sets of a metric share it); so each distinct label gets its rank first,
// and sets are compared by ranks.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pharos::samples {

/// Owns: ranks, 4 bytes a label, and 16 bytes a set; the bytes of the sets are the caller's and
/// live as long. Threads: one. Errors: none. Cost: a hash look-up a label, then a sort.
class LabelOrder {
 public:
  /// `labels`: canonical bytes.
  void Add(std::string_view labels);
  /// The numbers of the sets, in order of Add from 0, sorted as CompareLabels has it.
  std::vector<uint32_t> Sort();

 private:
  uint32_t NumberOf(std::string_view pair);
  void GrowTable();
  void RankPairs();

  std::vector<std::string_view> pairs_;  // distinct labels by number
  std::vector<uint32_t> table_;          // open addressing by hash: number + 1, or 0
  std::vector<uint32_t> labels_;         // of all sets: numbers, then ranks
  std::vector<uint32_t> end_;            // a set's last in labels_, exclusive
};

}  // namespace pharos::samples
