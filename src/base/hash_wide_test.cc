// The wide form of the hash gives what XXH3 gives.
#include "base/hash_wide.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash.h"

namespace pharos::base {
namespace {

TEST(HashWide, IsXxh3) {
  std::mt19937_64 random(3);
  std::string text(70'000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  for (size_t size = 0; size < text.size(); size += 1 + size / 9) {
    for (const size_t from : {0, 1, 7}) {  // wherever it lies
      const std::string_view piece = std::string_view(text).substr(from, size);
      const uint64_t want = XXH3_64bits(piece.data(), piece.size());
      ASSERT_EQ(HashBytes64(piece), want) << size;
      if (CanHashWide()) {
        ASSERT_EQ(HashWide64(piece), want) << size;
      }
    }
  }
}

}  // namespace
}  // namespace pharos::base
