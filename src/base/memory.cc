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

}  // namespace pharos::base
