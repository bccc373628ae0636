#include "base/hash.h"

#include <nmmintrin.h>

// The hash of a label block is most of finding a series: no calls into a shared library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

#include "base/hash_wide.h"

namespace pharos::base {

Hash128 HashBytes128(std::string_view bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.low64, h.high64};
}

uint64_t HashBytes64(std::string_view bytes) {
  constexpr size_t kLong = 2048;  // shorter ones are not worth the call
  static const bool wide = CanHashWide();
  if (bytes.size() >= kLong && wide) return HashWide64(bytes);
  return XXH3_64bits(bytes.data(), bytes.size());
}

namespace {

constexpr size_t kLane = 1024;  // bytes, a multiple of 8

uint64_t CrcWord(uint64_t crc, const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return _mm_crc32_u64(crc, word);
}

/// What a checksum becomes when kLane zero bytes follow, by table: it is linear in its bits.
class LaneShift {
 public:
  LaneShift() {
    std::array<uint32_t, 32> of_bit;
    for (size_t bit = 0; bit < of_bit.size(); ++bit) {
      uint64_t crc = uint64_t{1} << bit;
      for (size_t at = 0; at < kLane; at += 8) crc = _mm_crc32_u64(crc, 0);
      of_bit[bit] = static_cast<uint32_t>(crc);
    }
    for (size_t byte = 0; byte < by_byte_.size(); ++byte) {
      for (size_t value = 0; value < 256; ++value) {
        for (size_t bit = 0; bit < 8; ++bit) {
          if ((value >> bit & 1) != 0) by_byte_[byte][value] ^= of_bit[8 * byte + bit];
        }
      }
    }
  }
  uint64_t operator()(uint64_t crc) const {
    return by_byte_[0][crc & 0xFF] ^ by_byte_[1][crc >> 8 & 0xFF] ^ by_byte_[2][crc >> 16 & 0xFF] ^
           by_byte_[3][crc >> 24];
  }

 private:
  std::array<std::array<uint32_t, 256>, 4> by_byte_{};
};

}  // namespace

/// The instruction gives a result only after three cycles, but takes words each cycle: long texts
/// are summed in three lanes at once.
uint32_t Crc32c(std::string_view bytes) {
  uint64_t crc = 0xFFFFFFFF;
  const char* p = bytes.data();
  size_t left = bytes.size();
  if (left >= 3 * kLane) {
    static const LaneShift shift;
    for (; left >= 3 * kLane; left -= 3 * kLane, p += 3 * kLane) {
      uint64_t second = 0, third = 0;
      for (const char* at = p; at != p + kLane; at += 8) {
        crc = CrcWord(crc, at);
        second = CrcWord(second, at + kLane);
        third = CrcWord(third, at + 2 * kLane);
      }
      crc = shift(shift(crc) ^ second) ^ third;
    }
  }
  for (; left >= 8; left -= 8, p += 8) crc = CrcWord(crc, p);
  for (; left > 0; --left, ++p) {
    crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(*p));
  }
  return static_cast<uint32_t>(crc) ^ 0xFFFFFFFF;
}

}  // namespace pharos::base
