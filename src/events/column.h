// Columns of one granule: numbers and texts in the cheapest of a few forms. Pages are
// compressed as a whole afterwards. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/coding.h"
#include "events/packed_ints.h"

namespace pharos::events {

/// One value for all; zigzag; differences; offsets from the least divided by their common
/// divisor: whichever is shortest.
void PutInts(std::string& out, std::span<const int64_t> values);
/// Replaces `values` with `n` numbers; a failed reader for bytes that are no such column.
void GetInts(Reader& in, size_t n, std::vector<int64_t>* values);

/// One text for all, a dictionary, or lengths and the texts end to end.
void PutTexts(std::string& out, std::span<const std::string_view> texts);
/// What PutTexts writes for texts[row] of each of `rows`, of which there are twice as many.
void PutTextsOf(std::string& out, std::span<const std::string_view> texts,
                std::span<const uint8_t> rows);
/// Reads single texts of what PutTexts wrote. Views into the reader's bytes.
class PackedTexts {
 public:
  /// False, with the reader failed, for bytes that are no column of `n` texts.
  bool Parse(Reader& in, size_t n);
  std::string_view At(size_t i) const {
    if (constant_) return same_;
    if (!dictionary_) return Plain(i);
    const auto number = static_cast<uint64_t>(numbers_.At(i));
    return number < starts_.size() - 1 ? Plain(number) : std::string_view();
  }
  /// The distinct texts, or all of them, end to end: what is not in it is in none of them.
  std::string_view Everything() const { return constant_ ? same_ : bytes_; }

 private:
  bool ParsePlain(Reader& in, size_t n);
  std::string_view Plain(size_t i) const {
    return bytes_.substr(starts_[i], starts_[i + 1] - starts_[i]);
  }
  bool constant_ = true;
  bool dictionary_ = false;
  std::string_view same_;
  std::string_view bytes_;
  std::vector<uint32_t> starts_;  // of the distinct or of all texts, and the end
  PackedInts numbers_;
};
/// All of them. Views into the reader's bytes.
void GetTexts(Reader& in, size_t n, std::vector<std::string_view>* texts);

}  // namespace pharos::events
