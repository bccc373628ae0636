// Bump allocation for things that live and die together: one request's decoded
// events, one query's intermediate strings. Nothing in it is destroyed one by one.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace pharos::base {

/// Owns: its blocks; views into it live until Clear or destruction. Threads: one at a
/// time. Errors: none (std::bad_alloc). Cost: amortised a pointer bump.
class Arena {
 public:
  explicit Arena(size_t first_block_bytes = 4096) : next_block_(first_block_bytes) {}
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// Uninitialised memory, aligned to `align` (a power of two ≤ 16).
  void* Allocate(size_t bytes, size_t align = 8) {
    size_t at = (used_ + align - 1) & ~(align - 1);
    if (at + bytes > capacity_) {
      Grow(bytes);
      at = 0;
    }
    used_ = at + bytes;
    return current_ + at;
  }

  /// A copy of the bytes that lives as long as the arena.
  std::string_view Copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* p = static_cast<char*>(Allocate(bytes.size(), 1));
    std::memcpy(p, bytes.data(), bytes.size());
    return {p, bytes.size()};
  }

  /// A copy of the items; T must need no destructor.
  template <class T>
  std::span<T> CopySpan(std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    T* p = static_cast<T*>(Allocate(items.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(p), items.data(), items.size_bytes());
    return {p, items.size()};
  }

  /// Bytes taken from the system, used or not.
  size_t ReservedBytes() const { return reserved_; }

  /// Invalidates every view and gives the memory back.
  void Clear() {
    blocks_.clear();
    current_ = nullptr;
    used_ = capacity_ = reserved_ = 0;
  }

 private:
  void Grow(size_t at_least) {
    const size_t bytes = at_least > next_block_ ? at_least : next_block_;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    current_ = blocks_.back().get();
    capacity_ = bytes;
    reserved_ += bytes;
    if (next_block_ < (size_t{1} << 20)) next_block_ *= 2;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* current_ = nullptr;
  size_t used_ = 0;
  size_t capacity_ = 0;
  size_t reserved_ = 0;
  size_t next_block_;
};

}  // namespace pharos::base
