// Numbers for label pairs ("name=value") in order of appearance: how a part in the making knows
// its labels until they are all there and can be sorted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pharos::samples {

/// Owns: the pairs' bytes. Threads: one. Errors: none. Cost: a hash look-up a pair; 24 bytes a
/// pair and its own.
class PairTable {
 public:
  /// `pair`: canonical bytes.
  uint32_t NumberOf(std::string_view pair);
  /// By number.
  const std::vector<std::string_view>& pairs() const { return pairs_; }

 private:
  std::string_view Keep(std::string_view pair);
  void GrowTable();

  std::vector<std::string> blocks_;  // never grown, so that views stay valid
  std::vector<std::string_view> pairs_;
  std::vector<uint32_t> table_;  // open addressing by hash: number + 1, or 0
};

}  // namespace pharos::samples
