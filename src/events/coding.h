// Bytes of records, batches and pages: LEB128 integers, zigzag, length-prefixed text.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pharos::events {

inline uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}
/// a − b and a + b that wrap instead of overflowing: times come from strangers.
inline int64_t WrapSub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline size_t VarintBytes(uint64_t v) {
  return (static_cast<size_t>(std::bit_width(v | 1)) + 6) / 7;
}

/// Whether n bytes are the same. For short texts, where a call would cost more than the work.
inline bool SameBytes(const char* a, const char* b, size_t n) {
  const auto differ = [&]<class Word>(Word, size_t at) {
    Word x, y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    return x != y;
  };
  if (n >= 8) {
    for (size_t at = 0; at + 8 <= n; at += 8) {
      if (differ(uint64_t{}, at)) return false;
    }
    return !differ(uint64_t{}, n - 8);
  }
  if (n >= 4) return !differ(uint32_t{}, 0) && !differ(uint32_t{}, n - 4);
  for (size_t at = 0; at < n; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}
inline bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameBytes(a.data(), b.data(), a.size());
}

/// The same for texts that are often one and the same in memory.
inline bool SameView(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.data() == b.data() || SameBytes(a.data(), b.data(), a.size()));
}

inline void PutVarint(std::string& out, uint64_t v) {
  char buffer[10];
  size_t n = 0;
  while (v >= 0x80) {
    buffer[n++] = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  buffer[n++] = static_cast<char>(v);
  out.append(buffer, n);
}
inline void PutZigZag(std::string& out, int64_t v) { PutVarint(out, ZigZag(v)); }
inline void PutByte(std::string& out, uint8_t v) { out += static_cast<char>(v); }
inline void PutText(std::string& out, std::string_view text) {
  PutVarint(out, text.size());
  out += text;
}
template <class T>
void PutFixed(std::string& out, const T& v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

/// The same into memory that is large enough.
struct RawBytes {
  char* at;
};
inline void PutVarint(RawBytes& out, uint64_t v) {
  while (v >= 0x80) {
    *out.at++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *out.at++ = static_cast<char>(v);
}
inline void PutZigZag(RawBytes& out, int64_t v) { PutVarint(out, ZigZag(v)); }
inline void PutByte(RawBytes& out, uint8_t v) { *out.at++ = static_cast<char>(v); }
inline void PutText(RawBytes& out, std::string_view text) {
  PutVarint(out, text.size());
  if (!text.empty()) std::memcpy(out.at, text.data(), text.size());
  out.at += text.size();
}
template <class T>
void PutFixed(RawBytes& out, const T& v) {
  std::memcpy(out.at, &v, sizeof v);
  out.at += sizeof v;
}

/// Walks over bytes. The first read that does not fit sets the reader failed; from then on
/// every read gives zero, so callers check ok() once at the end or before they allocate.
///
/// Owns: nothing; texts are views into the bytes. Threads: one.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  const char* at() const { return at_; }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }

  uint64_t Varint() {
    if (at_ < end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    Fail();
    return 0;
  }
  int64_t ZigZagged() { return UnZigZag(Varint()); }
  uint8_t Byte() { return static_cast<uint8_t>(Fixed<char>()); }
  std::string_view Bytes(uint64_t n) {
    if (n > left()) {
      Fail();
      return {};
    }
    const std::string_view out(at_, n);
    at_ += n;
    return out;
  }
  /// Passes over bytes that are there: n ≤ left().
  void Skip(size_t n) { at_ += n; }
  std::string_view Text() { return Bytes(Varint()); }
  /// A number of items of at least `item_bytes` each; fails where they cannot fit, so that
  /// nothing is allocated for a made-up count.
  uint64_t Count(size_t item_bytes) {
    const uint64_t n = Varint();
    if (n > left() / item_bytes) {
      Fail();
      return 0;
    }
    return n;
  }
  template <class T>
  T Fixed() {
    T v{};
    if (sizeof v > left()) {
      Fail();
      return v;
    }
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }

 private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace pharos::events
