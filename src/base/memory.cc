#include "base/memory.h"

#include <malloc.h>
#include <mimalloc.h>

// mimalloc is linked into the server only; elsewhere the symbols are null.
#pragma weak mi_collect
#pragma weak mi_option_set

namespace pharos::base {

void ReturnFreedMemory() {
  if (&mi_collect != nullptr) {
    mi_collect(true);
  } else {
    malloc_trim(0);
  }
}

void KeepFreedMemory(std::chrono::milliseconds time) {
  if (&mi_option_set == nullptr) return;
  mi_option_set(mi_option_decommit_delay, static_cast<long>(time.count()));
  mi_option_set(mi_option_segment_decommit_delay, static_cast<long>(time.count()));
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
