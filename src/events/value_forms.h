// Values that differ in their digits alone have their variables at the same places: they are of
// one form. Most texts have a form that was seen before, which is found by a hash of what is no
// digit; then their numbers are read without a search for where they stand. Letters of ids in hex
// count as digits where a text would have no form otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "events/hex_words.h"
#include "events/number_places.h"
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
  /// Find may be asked for this one next: its form is brought near, which lies anywhere in the
  /// memory. Until Find or EndSoon the value has to stay.
  void Soon(std::string_view value);
  void EndSoon() { blanks_[1 - now_].of = {}; }
  /// What follows is for the value and the form that the last call of Find has found.
  bool only_numbers() const { return known_->others == 0; }
  /// Its variables, which are all numbers. False where it has not the skeleton; then `out` holds
  /// anything, up to number_room().
  bool ReadNumbers(std::string_view value, int64_t* out);
  size_t number_room() const { return known_->numbers.Room(); }
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
  static constexpr size_t kBlock = kShortText, kMostBytes = HexWords::kMostBytes;
  /// Forms are given up when so many more values had none that was known than had one.
  static constexpr int kTries = 1024;
  static constexpr size_t kWord = sizeof(uint64_t);

  /// A variable that is no number.
  struct Other {
    uint16_t at = 0;
    uint16_t variable = 0;
    VarType type;
  };
  /// Behind it its numbers, other variables and blocks.
  struct Form {
    uint32_t number = 0;
    uint16_t size = 0;
    uint16_t others = 0;
    const Other* other = nullptr;
    const char* blocks = nullptr;
    PlacedNumbers numbers;
  };
  struct Slot {
    const Form* form = nullptr;
    uint32_t hash = 0;    // of the form
    uint32_t missed = 0;  // of the last value that had another one
  };

  /// A value, in which all digits are one.
  struct Blanks {
    alignas(kBlock) std::array<char, kMostBytes + kBlock> blocks;
    alignas(kBlock) std::array<char, kBlock + kWord> text{};  // of a value of less than a block
    std::string_view of;
    uint32_t hash = 0;
    bool hex_words = false;  // were looked for
  };
  static inline void Blank(std::string_view value, Blanks& out);
  static inline uint32_t HashOf(const Blanks& blanks, size_t size);
  /// Letters of the value's hex words become one as well, if it has any.
  void BlankHexWords(std::string_view value, Blanks& out);
  /// Whether all values of the form have the literal at the place.
  bool IsFixed(std::string_view literal, size_t at) const;
  bool MayBlank(std::string_view value) const {
    return value.size() <= kMostBytes && !value.empty() && hits_ > -kTries;
  }
  const char* DigitsOf(std::string_view value) const {
    return value.size() < kBlock ? blanks_[now_].text.data() : value.data();
  }
  static size_t Blocks(size_t size) { return size <= kBlock ? 1 : (size + kBlock - 1) / kBlock; }
  bool PlaceVars(const Skeleton& skeleton, std::string_view value, int64_t time_ns,
                 VarReader& reader);
  inline const Form* KnownForm(uint32_t hash) const;
  /// That of the value, if it is known.
  inline const Form* FormOf(std::string_view value, const Blanks& blanks) const;
  bool Done(bool fits);
  void Insert(const Form* form, uint32_t hash);
  void Grow(size_t* budget);

  std::array<Blanks, 2> blanks_;  // of the last call of Find, and of Soon
  size_t now_ = 0;                // which of them is the former
  bool blanked_ = false;          // by the last call of Find
  bool has_ids_ = false;          // values may have
  HexWords hex_words_;
  const Form* known_ = nullptr;  // which that has found
  int hits_ = 0;                 // less misses
  NumberPlaces places_;
  std::vector<Other> others_;
  std::vector<int64_t> numbers_;  // of a value that has others as well
  std::vector<Slot> slots_;
  size_t misses_ = 0;        // of Keep since slots_ grew
  base::Arena arena_{1024};  // a part may have a thousand columns
};

}  // namespace pharos::events
