// A column of integers that is read at single places: constant, frame of reference, a small
// dictionary, differences or as they are, whichever is shortest.
// Format: docs/format/events.md, "Packed ints".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "events/coding.h"

namespace pharos::events {

/// Of how many distinct values a list is tried. It takes some nanoseconds for each of them, also in
/// vain; many may be worth it in a column of all rows.
inline constexpr size_t kFewDistinct = 256, kManyDistinct = 1024;

/// Appends the column; nothing for no values. The count is not stored. `most_distinct`: at most
/// kManyDistinct.
void PutPackedInts(std::string& out, std::span<const int64_t> values,
                   size_t most_distinct = kFewDistinct);

/// The same for numbers from 0 that all occur up to the greatest.
void PutPackedCodes(std::string& out, std::span<const uint16_t> codes);

/// Owns: values of a column of differences, else nothing: a view into the page.
/// Or a view of numbers. Threads: immutable once parsed. Cost: At is a load, a shift and a mask.
class PackedInts {
 public:
  /// As stored.
  enum class Form : uint8_t { kConst, kReference, kDictionary, kDelta, kPlain };

  /// False, with the reader failed, for bytes that are no column of `n` values.
  bool Parse(Reader& in, size_t n);
  /// `n` numbers, at least one, that lie in memory, one in `stride`; borrowed.
  static PackedInts OneIn(size_t stride, const int64_t* first, size_t n);
  int64_t At(size_t i) const {
    switch (form_) {
      case Form::kConst: return base_;
      case Form::kReference: return WrapAdd(base_, static_cast<int64_t>(Code(i) * factor_));
      case Form::kDictionary: return values_[Code(i)];
      default: return values_[i];
    }
  }
  void Decode(std::vector<int64_t>* values) const;
  /// Values that number things, of which there are `limit`; others, as in a damaged page, are 0.
  void DecodeBelow(uint32_t limit, std::vector<uint32_t>* values) const;
  size_t size() const { return size_; }
  bool constant() const { return form_ == Form::kConst; }
  /// No value is greater, all taken as unsigned; not always one of them.
  uint64_t MostUnsigned() const;

 private:
  uint64_t Code(size_t i) const {
    const size_t bit = i * width_;
    const size_t at = bit >> 3;
    uint64_t word = 0;
    if (at + 8 <= bits_.size()) {
      std::memcpy(&word, bits_.data() + at, 8);
    } else {
      std::memcpy(&word, bits_.data() + at, bits_.size() - at);
    }
    return (word >> (bit & 7)) & mask_;
  }
  bool TakeBits(Reader& in, size_t n);

  Form form_ = Form::kConst;
  size_t size_ = 0;
  int64_t base_ = 0;
  uint64_t factor_ = 1;
  size_t width_ = 0;
  uint64_t mask_ = 0;
  std::string_view bits_;
  std::vector<int64_t> values_;
};

}  // namespace pharos::events
