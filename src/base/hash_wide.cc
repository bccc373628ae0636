// XXH3-64 of long texts with 32-byte vectors, for processors that have AVX2: checksums of pages are
// a good part of a search over many gigabytes.
#include "base/hash_wide.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define XXH_INLINE_ALL
#define XXH_VECTOR 2  // XXH_AVX2
#include <xxhash.h>

namespace pharos::base {

uint64_t HashWide64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace pharos::base
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace pharos::base {
bool CanHashWide() { return __builtin_cpu_supports("avx2"); }
}  // namespace pharos::base

#else

#include "base/hash.h"

namespace pharos::base {
bool CanHashWide() { return false; }
uint64_t HashWide64(std::string_view bytes) { return HashBytes64(bytes); }
}  // namespace pharos::base

#endif
