#include "codec/kernels.h"

#include <array>

namespace pharos::codec {
namespace {

struct Usable {
  Usable() {
    for (const Kernels* kernels : {ScalarKernels(), Avx2Kernels(), Avx512Kernels()}) {
      if (kernels != nullptr) list[count++] = kernels;
    }
  }
  std::array<const Kernels*, 3> list;
  size_t count = 0;
};

const Usable& All() {
  static const Usable usable;
  return usable;
}

}  // namespace

const Kernels& BestKernels() {
  static const Kernels& best = *All().list[All().count - 1];
  return best;
}

std::span<const Kernels* const> UsableKernels() { return {All().list.data(), All().count}; }

}  // namespace pharos::codec
