// Reads protobuf wire format from hostile bytes, field by field, without exceptions and
// without allocation. What the generated code would do, for messages that we walk by hand.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::wire {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// A cursor over one message. Usage: while (m.Next()) switch (m.field()) …; then m.ok().
/// Next reads tag and value; a field that nobody asks for is skipped by that.
///
/// Owns: nothing; views point into the bytes. Threads: one. Errors: sticky; after one, Next
/// is false and every accessor gives zero or empty. Cost: no allocation.
class PbReader {
 public:
  PbReader() = default;
  explicit PbReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Moves to the next field; false at the end or on an error.
  bool Next() {
    if (at_ == end_) return false;
    field_start_ = at_;
    const uint64_t tag = ReadVarint();
    if (failed_) return false;
    field_ = static_cast<uint32_t>(tag >> 3);
    type_ = static_cast<WireType>(tag & 7);
    if (field_ == 0 || (tag >> 32) != 0) return Fail("proto: illegal tag");
    switch (type_) {
      case WireType::kVarint: number_ = ReadVarint(); return !failed_;
      case WireType::kFixed64: return ReadFixed(8);
      case WireType::kFixed32: return ReadFixed(4);
      case WireType::kBytes: return ReadBytes();
    }
    return Fail("proto: illegal wireType");
  }

  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  /// The current field from its tag to its last byte.
  std::string_view raw_field() const {
    return {field_start_, static_cast<size_t>(at_ - field_start_)};
  }

  uint64_t Varint() { return Is(WireType::kVarint) ? number_ : 0; }
  int64_t Int64() { return static_cast<int64_t>(Varint()); }
  int32_t Int32() { return static_cast<int32_t>(Varint()); }
  uint32_t Uint32() { return static_cast<uint32_t>(Varint()); }
  bool Bool() { return Varint() != 0; }
  int64_t Sint64() {
    const uint64_t v = Varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  uint64_t Fixed64() { return Is(WireType::kFixed64) ? number_ : 0; }
  uint32_t Fixed32() { return Is(WireType::kFixed32) ? static_cast<uint32_t>(number_) : 0; }
  double Double() { return std::bit_cast<double>(Fixed64()); }
  std::string_view Bytes() { return Is(WireType::kBytes) ? bytes_ : std::string_view(); }

  /// A repeated number, packed or not: calls `each` with every value.
  template <class F>
  void EachVarint(F each) {
    if (type_ != WireType::kBytes) return each(Varint());
    PbReader packed(bytes_);
    while (!packed.failed_ && packed.at_ != packed.end_) {
      const uint64_t v = packed.ReadVarint();
      if (!packed.failed_) each(v);
    }
    if (packed.failed_) Fail(packed.error_);
  }
  template <class F>
  void EachFixed64(F each) {
    if (type_ != WireType::kBytes) return each(Fixed64());
    if (bytes_.size() % 8 != 0) {
      Fail("unexpected EOF");
      return;
    }
    for (size_t i = 0; i < bytes_.size(); i += 8) {
      uint64_t v;
      std::memcpy(&v, bytes_.data() + i, 8);
      each(v);
    }
  }

  bool ok() const { return !failed_; }
  const char* error() const { return error_; }
  /// Marks the message as bad; `why` must live for ever.
  bool Fail(const char* why) {
    if (!failed_) error_ = why;
    failed_ = true;
    at_ = end_;
    return false;
  }
  base::Result<void> Status() const {
    if (ok()) return {};
    return base::Fail(base::ErrorKind::kBadInput, error_);
  }

 private:
  bool Is(WireType wanted) {
    if (type_ == wanted && !failed_) return true;
    return Fail("proto: wrong wireType for a known field");
  }
  uint64_t ReadVarint() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return Fail("unexpected EOF");
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return Fail("proto: integer overflow");
  }
  bool ReadFixed(size_t bytes) {
    if (static_cast<size_t>(end_ - at_) < bytes) return Fail("unexpected EOF");
    number_ = 0;
    std::memcpy(&number_, at_, bytes);
    at_ += bytes;
    return true;
  }
  bool ReadBytes() {
    const uint64_t length = ReadVarint();
    if (failed_) return false;
    if (length > static_cast<uint64_t>(end_ - at_)) return Fail("unexpected EOF");
    bytes_ = {at_, static_cast<size_t>(length)};
    at_ += length;
    return true;
  }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* field_start_ = nullptr;
  uint32_t field_ = 0;
  WireType type_{};
  bool failed_ = false;
  uint64_t number_ = 0;
  std::string_view bytes_;
  const char* error_ = "";
};

/// A tag as it stands in a message, for PbCursor.
constexpr uint32_t PbTag(uint32_t field, WireType type) {
  return field << 3 | static_cast<uint32_t>(type);
}

/// The same for messages that come by the million. The caller switches on whole tags, reads the
/// value of each it knows and skips all others:
/// while (const uint32_t tag = m.Next()) switch (tag) … default: m.Skip(tag, known); then m.ok().
///
/// Owns: nothing; views point into the bytes. Threads: one. Errors: sticky, as PbReader's. Cost: it
/// stays in registers: what is not inlined takes no address of it.
class PbCursor {
 public:
  explicit PbCursor(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// The next tag; 0 at the end or on an error.
  [[gnu::always_inline]] uint32_t Next() {
    if (at_ == end_) return 0;
    const auto byte = static_cast<uint8_t>(*at_);
    if (byte < 0x80 && byte >= 8) {
      ++at_;
      return byte;
    }
    const uint64_t tag = Varint();
    if (error_ != nullptr) return 0;
    if ((tag >> 32) != 0 || tag < 8) {
      Fail("proto: illegal tag");
      return 0;
    }
    return static_cast<uint32_t>(tag);
  }

  // The value behind a tag of that type.
  [[gnu::always_inline]] uint64_t Varint() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    const Number read = LongVarint(at_, end_);
    if (read.after == nullptr) {
      Fail(read.value == 0 ? kShort : "proto: integer overflow");
      return 0;
    }
    at_ = read.after;
    return read.value;
  }
  [[gnu::always_inline]] uint64_t Fixed64() { return Fixed<uint64_t>(); }
  [[gnu::always_inline]] uint32_t Fixed32() { return Fixed<uint32_t>(); }
  [[gnu::always_inline]] std::string_view Bytes() {
    const uint64_t length = Varint();
    if (length > static_cast<uint64_t>(end_ - at_)) {
      Fail(kShort);
      return {};
    }
    const std::string_view bytes(at_, static_cast<size_t>(length));
    at_ += length;
    return bytes;
  }

  /// Passes over the value of a tag. Bits of `known` are numbers of fields (below 32) that the
  /// caller knows: their tags have another wire type than they should.
  void Skip(uint32_t tag, uint32_t known) {
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::kVarint: Varint(); break;
      case WireType::kFixed64: Fixed64(); break;
      case WireType::kBytes: Bytes(); break;
      case WireType::kFixed32: Fixed32(); break;
      default: return Fail("proto: illegal wireType");
    }
    const uint32_t field = tag >> 3;
    if (field < 32 && (known >> field & 1) != 0) {
      Fail("proto: wrong wireType for a known field");
    }
  }

  bool AtEnd() const { return at_ == end_ && ok(); }
  bool ok() const { return error_ == nullptr; }
  const char* error() const { return error_; }  ///< not when ok

 private:
  static constexpr const char* kShort = "unexpected EOF";
  struct Number {
    const char* after =
        nullptr;  // null: no number; `value` says whether it is too short or too long
    uint64_t value = 0;
  };
  [[gnu::noinline]] static Number LongVarint(const char* at, const char* end) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) return {};
      const auto byte = static_cast<uint8_t>(*at++);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return {at, value};
    }
    return {nullptr, 1};
  }
  template <class T>
  [[gnu::always_inline]] T Fixed() {
    T value = 0;
    if (static_cast<size_t>(end_ - at_) < sizeof value) {
      Fail(kShort);
      return 0;
    }
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  void Fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    at_ = end_;
  }

  const char* at_;
  const char* end_;
  const char* error_ = nullptr;
};

}  // namespace pharos::wire
