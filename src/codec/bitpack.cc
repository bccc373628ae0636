#include "codec/bitpack.h"

#include <algorithm>
#include <cstring>

namespace pharos::codec {
namespace {

uint64_t Mask(int width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

uint64_t Load64(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

/// The value at bit `bit` of bytes that can be read 16 bytes past it.
uint64_t ReadAt(const char* bytes, size_t bit, int width) {
  const char* at = bytes + bit / 8;
  const int shift = static_cast<int>(bit % 8);
  uint64_t value = Load64(at) >> shift;
  if (shift + width > 64)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(at[8])) << (64 - shift);
  return value & Mask(width);
}

}  // namespace

void PackBits(const uint64_t* values, size_t count, int width, std::string& out) {
  if (width == 0) return;
  const size_t start = out.size();
  out.resize(start + PackedBytes(count, width) + 8);
  char* at = out.data() + start;
  const uint64_t mask = Mask(width);
  uint64_t word = 0;
  int used = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t value = values[i] & mask;
    word |= value << used;
    used += width;
    if (used >= 64) {
      std::memcpy(at, &word, 8);
      at += 8;
      used -= 64;
      word = used == 0 ? 0 : value >> (width - used);
    }
  }
  std::memcpy(at, &word, 8);
  out.resize(start + PackedBytes(count, width));
}

void UnpackBits(std::string_view bytes, size_t count, int width, uint64_t* values) {
  if (width == 0) {
    std::fill(values, values + count, 0);
    return;
  }
  // All but the last values can be read as whole words; the tail goes through a padded copy.
  size_t safe = 0;
  if (bytes.size() >= 16)
    safe = std::min(count, (bytes.size() - 16) * 8 / static_cast<size_t>(width));
  const char* data = bytes.data();
  const auto step = static_cast<size_t>(width);
  size_t bit = 0;
  if (width <= 57) {
    const uint64_t mask = Mask(width);
    for (size_t i = 0; i < safe; ++i, bit += step)
      values[i] = (Load64(data + bit / 8) >> (bit % 8)) & mask;
  } else {
    for (size_t i = 0; i < safe; ++i, bit += step) values[i] = ReadAt(data, bit, width);
  }
  if (safe == count) return;
  const size_t from = bit / 8;
  char tail[64] = {};
  std::memcpy(tail, data + from, bytes.size() - from);
  bit -= from * 8;
  for (size_t i = safe; i < count; ++i, bit += step) values[i] = ReadAt(tail, bit, width);
}

}  // namespace pharos::codec
