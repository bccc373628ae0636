// XXH3 behind plain types: identity of series and streams (128 bits), checksums
// and hash tables (64 bits).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pharos::base {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

/// XXH3-128 of the bytes. Stable across releases and machines (it is on disk).
Hash128 HashBytes128(std::string_view bytes);
/// XXH3-64 of the bytes. Stable likewise.
uint64_t HashBytes64(std::string_view bytes);
/// CRC32C (Castagnoli) of the bytes, for WAL frames.
uint32_t Crc32c(std::string_view bytes);

/// For unordered containers keyed by Hash128: the low word is already mixed.
struct Hash128Hasher {
  size_t operator()(const Hash128& h) const { return h.low; }
};

/// Transparent hash for containers keyed by strings and looked up by views.
struct StringHasher {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return HashBytes64(s); }
};

}  // namespace pharos::base
