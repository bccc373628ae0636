#include "codec/bitpack.h"

#include <cstring>

#include "codec/kernels.h"

namespace pharos::codec {
namespace {

uint64_t Mask(int width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

/// Collects bits from the lowest upwards and writes whole words.
struct Packer {
  void Put(uint64_t value, int width) {
    word |= value << used;
    used += width;
    if (used < 64) return;
    std::memcpy(at, &word, 8);
    at += 8;
    used -= 64;
    word = used == 0 ? 0 : value >> (width - used);
  }
  char* at;
  uint64_t word = 0;
  int used = 0;
};

}  // namespace

void PackBits(const uint64_t* values, size_t count, int width, std::string& out) {
  if (width == 0) return;
  const size_t start = out.size();
  out.resize(start + PackedBytes(count, width) + 8);
  Packer packer{out.data() + start};
  const uint64_t mask = Mask(width);
  size_t i = 0;
  if (width <= 16) {
    for (; i + 4 <= count; i += 4) {
      const uint64_t low = (values[i] & mask) | (values[i + 1] & mask) << width;
      const uint64_t high = (values[i + 2] & mask) | (values[i + 3] & mask) << width;
      packer.Put(low | high << (2 * width), 4 * width);
    }
  } else if (width <= 32) {
    for (; i + 2 <= count; i += 2)
      packer.Put((values[i] & mask) | (values[i + 1] & mask) << width, 2 * width);
  }
  for (; i < count; ++i) packer.Put(values[i] & mask, width);
  std::memcpy(packer.at, &packer.word, 8);
  out.resize(start + PackedBytes(count, width));
}

void UnpackBits(std::string_view bytes, size_t count, int width, uint64_t* values) {
  BestKernels().unpack(bytes.data(), bytes.size(), count, width, values);
}

}  // namespace pharos::codec
