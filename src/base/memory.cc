#include "base/memory.h"

#include <malloc.h>

// mimalloc is linked into the server only; elsewhere the symbol is null.
extern "C" void mi_collect(bool force) __attribute__((weak));

namespace pharos::base {

void ReturnFreedMemory() {
  if (mi_collect != nullptr) {
    mi_collect(true);
  } else {
    malloc_trim(0);
  }
}

std::optional<std::chrono::milliseconds> IdleReturn::Pause() const {
  constexpr std::chrono::milliseconds kPauses[kReturns] = {
      std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(60)};
  if (returned_ == kReturns) return std::nullopt;
  return kPauses[returned_];
}

void IdleReturn::Return() {
  ReturnFreedMemory();
  ++returned_;
}

}  // namespace pharos::base
