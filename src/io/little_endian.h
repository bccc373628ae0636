// Fixed-width little-endian integers: how every number lies in files of Pharos.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pharos::io {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

template <std::integral T>
void PutInt(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

/// Overwrites the integer at `at`.
template <std::integral T>
void StoreInt(char* at, T value) {
  std::memcpy(at, &value, sizeof(T));
}

/// The caller has checked that the bytes are there.
template <std::integral T>
T LoadInt(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// Takes integers and strings off the front of a view. Once something was missing, `ok()` is
/// false and every further take gives zero or nothing.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  T Int() {
    if (rest_.size() < sizeof(T)) return Missing(), T{};
    const T value = LoadInt<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view Bytes(size_t length) {
    if (rest_.size() < length) return Missing(), std::string_view{};
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  bool ok() const { return ok_; }
  /// Bytes not taken yet.
  size_t left() const { return rest_.size(); }

 private:
  void Missing() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace pharos::io
