// What is known of longer than one part, by the numbers that a part has for it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pharos::events {

/// Numbers things in the order in which the part comes to use them. Threads: one.
class PartNumbers {
 public:
  uint32_t Of(uint32_t thing) {
    if (thing >= numbers_.size()) numbers_.resize(thing + 1, kNone);
    if (numbers_[thing] == kNone) {
      numbers_[thing] = static_cast<uint32_t>(used_.size());
      used_.push_back(thing);
    }
    return numbers_[thing];
  }
  /// What the part uses, by its numbers.
  std::span<const uint32_t> used() const { return used_; }
  /// For the next part. Cost: what was used.
  void Clear() {
    for (const uint32_t thing : used_) numbers_[thing] = kNone;
    used_.clear();
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> numbers_;  // by thing
  std::vector<uint32_t> used_;
};

}  // namespace pharos::events
