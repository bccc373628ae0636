#include "base/hash.h"

#include <nmmintrin.h>

// The hash of a label block is most of finding a series: no calls into a shared library.
#define XXH_INLINE_ALL
#include <xxhash.h>

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

uint32_t Crc32c(std::string_view bytes) {
  uint64_t crc = 0xFFFFFFFF;
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; left > 0; --left, ++p) {
    crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(*p));
  }
  return static_cast<uint32_t>(crc) ^ 0xFFFFFFFF;
}

}  // namespace pharos::base
