// Fixed-width bit packing: n numbers of w bits each, little-endian, no gaps.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::codec {

/// Bits needed for `value`; 0 for 0.
inline int BitWidth(uint64_t value) { return std::bit_width(value); }

inline size_t PackedBytes(size_t count, int width) {
  return (count * static_cast<size_t>(width) + 7) / 8;
}

/// Appends PackedBytes(count, width) bytes. Bits above `width` (0 to 64) are dropped.
void PackBits(const uint64_t* values, size_t count, int width, std::string& out);

/// `bytes` holds exactly PackedBytes(count, width). Nothing beyond it is read.
void UnpackBits(std::string_view bytes, size_t count, int width, uint64_t* values);

}  // namespace pharos::codec
