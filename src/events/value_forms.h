// Values that differ in their digits alone have their variables at the same places: they are of
// one form. Most texts have a form that was seen before, which is found by a hash of what is no
// digit; then their numbers are read without a search for where they stand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "events/skeleton.h"
#include "events/var_reader.h"

namespace pharos::events {

/// Owns: the forms of a column's values. Threads: one.
/// Errors: none; a value whose form is not known may have a skeleton nevertheless.
/// Cost: a nanosecond each eight bytes and each number.
class ValueForms {
 public:
  static constexpr int64_t kNone = -1;

  /// The skeleton of the value's form, kNone where that is not known. Its digits may not have it:
  /// Read or ReadNumbers says.
  int64_t Find(std::string_view value);
  /// What follows is for the value and the form that the last call of Find has found.
  bool only_numbers() const { return known_->only_numbers; }
  /// Its variables, which are all numbers. False where it has not the skeleton; then `out`, in
  /// which there is room for them, holds anything.
  bool ReadNumbers(std::string_view value, int64_t* out);
  /// Its variables, numbers without their texts; likewise.
  bool Read(std::string_view value, int64_t time_ns, VarReader& reader, VarValue* out);
  /// Keeps the form of the value that the last call of Find has not found, and that has the
  /// skeleton. Takes memory from `budget`; nothing is kept where there is none.
  void Keep(uint32_t number, const Skeleton& skeleton, std::string_view value, int64_t time_ns,
            VarReader& reader, size_t* budget);
  /// What was given up is tried again. `keep`: what forms there are stays.
  void BeginPart(bool keep);
  /// Skeletons have come that may say more of values whose form is known.
  void Forget();
  void Forget(uint32_t number);

 private:
  static constexpr size_t kBlock = 16, kMostBytes = 512;
  static constexpr size_t kWord = sizeof(uint64_t);

  /// Up to eight digits, or a variable that is none.
  struct Step {
    uint16_t at = 0;
    VarType type;
    uint8_t right = 0;  // bits of the eight bytes at `at` that lie in front of the digits
    uint8_t left = 0;   // 64 less the bits that the digits have
    uint8_t tens = 0;   // 0: a variable begins; else what is in front of these digits is so many
    uint8_t flags = 0;
  };
  /// Behind it its steps, then its blocks.
  struct Form {
    uint32_t number = 0;
    uint16_t size = 0;
    uint16_t steps = 0;
    bool only_numbers = false;

    const Step* first() const { return reinterpret_cast<const Step*>(this + 1); }
    const char* blocks() const { return reinterpret_cast<const char*>(first() + steps); }
  };
  struct Slot {
    const Form* form = nullptr;
    uint32_t hash = 0;    // of the form
    uint32_t missed = 0;  // of the last value that had another one
  };

  /// Makes blocks_ of the value, in which all digits are one.
  void Blank(std::string_view value);
  size_t Blocks(size_t size) const { return size <= kBlock ? 1 : (size + kBlock - 1) / kBlock; }
  bool PlaceVars(const Skeleton& skeleton, std::string_view value, int64_t time_ns,
                 VarReader& reader);
  void PlaceDigits(size_t at, size_t digits, size_t size, bool joins, uint8_t flags);
  inline const Form* KnownForm() const;
  static inline uint64_t Joined(const Step& step, const char* base, uint64_t number, bool* fits);
  bool Done(bool fits);
  void Insert(const Form* form, uint32_t hash);
  void Grow(size_t* budget);

  alignas(kBlock) std::array<char, kMostBytes + kBlock> blocks_;
  alignas(kBlock) std::array<char, kBlock + kWord> short_{};  // a value of less than a block
  uint32_t hash_ = 0;                                         // of blocks_
  bool blanked_ = false;                                      // by the last call of Find
  const Form* known_ = nullptr;                               // which that has found
  int hits_ = 0;                                              // less misses
  std::vector<Step> steps_;
  std::vector<Slot> slots_;
  size_t misses_ = 0;        // of Keep since slots_ grew
  base::Arena arena_{1024};  // a part may have a thousand columns
};

}  // namespace pharos::events
