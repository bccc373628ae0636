// Runs of decimal digits in texts, eight bytes at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pharos::events {

inline constexpr size_t kMaxNumberDigits = 19;  // of what fits into 64 bits, unsigned

inline constexpr std::array<int64_t, 19> kTenTo = [] {
  std::array<int64_t, 19> out{};
  out[0] = 1;
  for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

/// Up to eight bytes at `at`, those before `end`; zeros behind it. Nothing else is read.
inline uint64_t LoadUpTo8(const char* at, const char* end) {
  const auto n = static_cast<size_t>(end - at);
  const auto load = [at]<class Word>(Word word, size_t offset) {
    std::memcpy(&word, at + offset, sizeof word);
    return static_cast<uint64_t>(word);
  };
  if (n >= 8) return load(uint64_t{}, 0);
  if (n >= 4) return load(uint32_t{}, 0) | load(uint32_t{}, n - 4) << 8 * (n - 4);
  if (n >= 2) return load(uint16_t{}, 0) | load(uint16_t{}, n - 2) << 8 * (n - 2);
  return n == 1 ? static_cast<uint8_t>(*at) : 0;
}

/// The high bit of each byte that is no decimal digit.
inline uint64_t NoDigits(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101u;
  const uint64_t value = word ^ kEach * '0';
  return (((value & kEach * 0x7F) + kEach * (0x7F - 9)) | value) & kEach * 0x80;
}

/// The number that eight digits are, the first in the lowest byte.
inline uint64_t EightDigits(uint64_t word) {
  word = (word & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
  word = (word & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
  return (word & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}

struct DigitRun {
  size_t length = 0;
  uint64_t number = 0;  ///< of at most kMaxNumberDigits; of a longer run anything
};

/// All digits from `at` on.
inline DigitRun ReadDigits(const char* at, const char* end) {
  DigitRun run;
  while (true) {
    const uint64_t word = LoadUpTo8(at, end);
    const uint64_t others = NoDigits(word);
    if (others != 0) {
      const auto n = static_cast<size_t>(std::countr_zero(others)) / 8;
      if (n == 0) return run;
      run.number =
          run.number * static_cast<uint64_t>(kTenTo[n]) + EightDigits(word << (64 - 8 * n));
      run.length += n;
      return run;
    }
    run.number = run.number * 100'000'000 + EightDigits(word);
    run.length += 8;
    at += 8;
  }
}

}  // namespace pharos::events
