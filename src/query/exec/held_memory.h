// The part of the memory of all queries that one of them, or its answer, holds.
#pragma once

#include <cstdint>
#include <utility>

#include "base/budget.h"

namespace pharos::query::exec {

/// Owns: what it took of the budget, until its end. Threads: one at a time. Errors: SetTo is false
/// when the budget has no more; it then holds what it held. Cost: an atomic add a megabyte.
class HeldMemory {
 public:
  explicit HeldMemory(base::MemoryBudget* budget = nullptr) : budget_(budget) {}
  HeldMemory(HeldMemory&& other) noexcept
      : budget_(other.budget_),
        bytes_(std::exchange(other.bytes_, 0)),
        taken_(std::exchange(other.taken_, 0)) {}
  HeldMemory& operator=(HeldMemory&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~HeldMemory() { SetTo(0); }

  int64_t bytes() const { return bytes_; }
  bool SetTo(int64_t bytes);

 private:
  base::MemoryBudget* budget_;  // null: nobody counts
  int64_t bytes_ = 0;
  int64_t taken_ = 0;  // of the budget: whole kHeldStepBytes
};

}  // namespace pharos::query::exec
