#include "base/snappy_block.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <random>
#include <string>

#include "base/compress.h"

namespace pharos::base {
namespace {

using Random = std::mt19937_64;

/// Bytes with repetitions near and far, or none.
std::string Anything(Random& random) {
  std::string raw(random() % 4 == 0 ? random() % 100'000 : random() % 400, 'x');
  const size_t back = std::size_t{1} << random() % 12, often = 1 + random() % 64;
  for (size_t i = 0; i < raw.size(); ++i) {
    raw[i] = i >= back && random() % often != 0 ? raw[i - back] : static_cast<char>(random());
  }
  return raw;
}

TEST(SnappyBlock, ReadsWhatTheLibraryWrites) {
  Random random(1);
  Scratch scratch;
  for (int round = 0; round < 500; ++round) {
    const std::string raw = Anything(random);
    const auto back = SnappyDecompress(SnappyCompress(raw), 1u << 20, &scratch);
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(*back, raw);
  }
}

TEST(SnappyBlock, AgreesWithTheLibraryOnDamage) {
  Random random(2);
  Scratch scratch;
  int broken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = SnappyCompress(Anything(random).substr(0, 300));
    for (size_t flips = random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    const auto theirs = SnappyDecompress(bytes, 1u << 16);
    const auto ours = SnappyDecompress(bytes, 1u << 16, &scratch);
    ASSERT_EQ(ours.has_value(), theirs.has_value());
    if (!ours) {
      ++broken;
      ASSERT_EQ(ours.error().message, theirs.error().message);
    } else {
      ASSERT_EQ(*ours, *theirs);
    }
  }
  EXPECT_GT(broken, 1000);
}

TEST(SnappyBlock, LongLiteralsAndFarCopies) {
  Random random(3);
  Scratch scratch;
  std::string raw(70'000, 0);
  for (char& c : raw) c = static_cast<char>(random());
  // The library itself copies from at most 64 KiB back; the format goes further.
  std::string bytes("\xfa\xa2\x04", 3);  // 70,010
  bytes += '\xf8';                       // a literal whose length has three bytes
  bytes += "\x6f\x11\x01" + raw;
  bytes += "\x27" + std::string("\x70\x11\x01\x00", 4);  // ten bytes from 70,000 back
  const auto ours = SnappyDecompress(bytes, 1u << 20, &scratch);
  ASSERT_TRUE(ours.has_value());
  EXPECT_EQ(*ours, raw + raw.substr(0, 10));
  std::string theirs;
  EXPECT_TRUE(snappy::Uncompress(bytes.data(), bytes.size(), &theirs));
  EXPECT_EQ(theirs, *ours);
}

TEST(Scratch, KeepsWhatIsNotTooMuch) {
  Scratch scratch;
  const char* small = scratch.Room(100);
  EXPECT_EQ(scratch.Room(50), small);
  (void)scratch.Room(Scratch::kKeptBytes + 1);
  scratch.Room(10)[9] = 'x';
}

}  // namespace
}  // namespace pharos::base
