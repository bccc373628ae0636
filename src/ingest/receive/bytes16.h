// Sixteen bytes of a text at once.
#pragma once

#include <tmmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace pharos::ingest::receive {

inline constexpr size_t kBlock = 16;

inline __m128i Load16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
/// Letters in lower case; some other bytes become others.
inline __m128i Lowered(__m128i bytes) { return _mm_or_si128(bytes, _mm_set1_epi8(0x20)); }
inline __m128i Are(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
inline uint32_t Bits(__m128i mask) { return static_cast<uint32_t>(_mm_movemask_epi8(mask)); }

/// A byte for each lower half of a byte.
using ByLowerHalf = std::array<char, kBlock>;
inline __m128i Load16(const ByLowerHalf& table) { return Load16(table.data()); }
/// Which of 16 bytes are what `table` has for the lower half of the byte of `keys` at their place.
/// A key above ASCII has a zero.
inline __m128i AreAsOf(const ByLowerHalf& table, __m128i keys, __m128i bytes) {
  return _mm_cmpeq_epi8(_mm_shuffle_epi8(Load16(table), keys), bytes);
}

}  // namespace pharos::ingest::receive
