// LEB128 numbers and fixed little-endian words: the small change of every encoded block.
// Readers are bounds-checked and never trust a length; writers append to a string.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pharos::codec {

inline void PutVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

/// Writes at `at`, which has room for 10 bytes; returns the end.
inline char* PutVarintAt(char* at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

/// Small magnitudes of either sign become small unsigned numbers.
inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

inline void PutSigned(std::string& out, int64_t value) { PutVarint(out, ZigZag(value)); }

inline void PutFixed64(std::string& out, uint64_t value) {
  char bytes[8];
  std::memcpy(bytes, &value, 8);
  out.append(bytes, 8);
}

/// Length, then the bytes.
inline void PutBytes(std::string& out, std::string_view bytes) {
  PutVarint(out, bytes.size());
  out += bytes;
}

/// Reads from the front of a byte string that it does not own. After any failed read `ok()`
/// is false, all further reads give zero, and nothing outside the bytes was touched.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  const char* position() const { return at_; }
  std::string_view rest() const { return {at_, left()}; }

  uint64_t Varint() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    if (left() < 8) return OneByOne();
    uint64_t word;
    std::memcpy(&word, at_, 8);
    const uint64_t ends = ~word & 0x8080808080808080;
    if (ends == 0) return OneByOne();
    const uint64_t last = ends & (0 - ends);  // the top bit of the last byte
    at_ += std::countr_zero(ends) / 8 + 1;
    word &= (last - 1) & 0x7F7F7F7F7F7F7F7F;
    // Groups of 7 bits move together: to 14, to 28, to 56.
    word = (word & 0x007F007F007F007F) | (word & 0x7F007F007F007F00) >> 1;
    word = (word & 0x00003FFF00003FFF) | (word & 0x3FFF00003FFF0000) >> 2;
    return (word & 0x000000000FFFFFFF) | (word & 0x0FFFFFFF00000000) >> 4;
  }
  int64_t Signed() { return UnZigZag(Varint()); }
  uint8_t Byte() { return at_ != end_ ? static_cast<uint8_t>(*at_++) : Broken(); }
  uint64_t Fixed64() {
    if (left() < 8) return Broken();
    uint64_t value;
    std::memcpy(&value, at_, 8);
    at_ += 8;
    return value;
  }
  std::string_view Take(size_t length) {
    if (length > left()) {
      Broken();
      return {};
    }
    const std::string_view out(at_, length);
    at_ += length;
    return out;
  }
  /// What PutBytes wrote.
  std::string_view Bytes() { return Take(Varint()); }
  /// A count of things that each take at least one byte; broken when it cannot be true.
  size_t Count() {
    const uint64_t count = Varint();
    return count <= left() ? count : Broken();
  }
  void Fail() { Broken(); }

 private:
  uint64_t OneByOne() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return Broken();
  }
  uint8_t Broken() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace pharos::codec
