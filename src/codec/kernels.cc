#include "codec/kernels.h"

#include <array>

#include "codec/limits.h"

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

void UnpackInPasses(const Kernels& kernels, const PackedDecimals& in, double* out) {
  std::array<uint64_t, kMaxBlockValues> integers;
  kernels.unpack(in.bytes, in.size, in.count, in.width, integers.data());
  if (in.deltas)
    kernels.prefix_sum(integers.data(), in.count, in.start, in.reference);
  else
    kernels.add(integers.data(), in.count, in.start + in.reference);
  kernels.to_doubles(reinterpret_cast<const int64_t*>(integers.data()), in.count, in.exponent, out);
}

}  // namespace pharos::codec
