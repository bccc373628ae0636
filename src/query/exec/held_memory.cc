#include "query/exec/held_memory.h"

#include "query/exec/limits.h"

namespace pharos::query::exec {

bool HeldMemory::SetTo(int64_t bytes) {
  const int64_t wanted = (bytes + kHeldStepBytes - 1) / kHeldStepBytes * kHeldStepBytes;
  if (budget_ != nullptr && wanted > taken_ &&
      !budget_->TryReserve(static_cast<size_t>(wanted - taken_))) {
    return false;
  }
  if (budget_ != nullptr && wanted < taken_) budget_->Release(static_cast<size_t>(taken_ - wanted));
  taken_ = wanted;
  bytes_ = bytes;
  return true;
}

}  // namespace pharos::query::exec
