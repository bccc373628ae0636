// Numbers whose digits stand at known places of a text, read two at a time.
#pragma once

#include <tmmintrin.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "events/digit_run.h"

namespace pharos::events {

/// Texts of less than this are read from a copy with as much room behind it as a load takes.
inline constexpr size_t kShortText = 16;
inline constexpr size_t kLoadedDigits = 8;

/// What NumberPlaces::Put has written. Borrows it.
struct PlacedNumbers {
  /// Up to eight digits twice: from each place eight bytes are loaded.
  struct Pair {
    uint16_t at[2];
    /// A number's digits end with its half. kNoDigit, or which of the sixteen bytes is the digit,
    /// and kNoZero where it must not be a zero.
    uint8_t bytes[2 * kLoadedDigits];
  };
  static constexpr uint8_t kNoDigit = 0x80, kNoZero = 0x40;
  /// More digits of a number, which are read behind all numbers.
  struct More {
    uint16_t number = 0;
    uint16_t digits = 0;
  };

  const Pair* pairs = nullptr;
  const More* more = nullptr;
  uint16_t pair_count = 0;
  uint16_t more_count = 0;
  uint16_t numbers = 0;

  /// What Read writes to, of which the numbers come first.
  size_t Room() const { return 2 * size_t{pair_count}; }
  /// The numbers, unsigned. False where one has a zero that it must not have; then `out` holds
  /// anything.
  bool Read(const char* text, int64_t* out) const;
};

/// Where the numbers of a text stand. Owns: the places. Threads: one.
class NumberPlaces {
 public:
  /// For a text of so many bytes.
  void Begin(size_t text_bytes);
  /// `digits` of them, 1 to kMaxNumberDigits, are a number; `no_zero`: the first one is none.
  void Add(size_t at, size_t digits, bool no_zero);
  /// More digits of the last number.
  void AddMore(size_t at, size_t digits);
  /// Bytes that Put writes.
  size_t Bytes() const;
  /// To memory that is aligned for PlacedNumbers::More.
  PlacedNumbers Put(char* to) const;

 private:
  struct Digits {
    size_t at, count;
    bool no_zero;
  };
  size_t Pairs() const { return (numbers_.size() + more_.size() + 1) / 2; }
  void PutDigits(const Digits& digits, size_t half, PlacedNumbers::Pair& pair) const;

  size_t text_bytes_ = 0;
  std::vector<Digits> numbers_;  // the first digits of each
  std::vector<Digits> more_;
  std::vector<PlacedNumbers::More> of_more_;
};

}  // namespace pharos::events
