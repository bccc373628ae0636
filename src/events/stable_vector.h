// A growing array whose items never move, so that readers walk it without a lock while one
// writer appends.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/large_memory.h"

namespace pharos::events {

/// Buckets of 2^FirstBits, twice that, … items.
///
/// Owns: its items. Borrows, while it grows, the memory that they shall lie in, if any is named.
/// Threads: one writer under its owner's lock; readers may read every item whose index is below a
/// size that they took under that lock.
template <class T, size_t FirstBits>
class StableVector {
 public:
  StableVector() = default;
  explicit StableVector(base::LargeMemory& memory)
    requires std::is_trivially_default_constructible_v<T>
      : memory_(&memory) {}

  size_t size() const { return size_; }

  T& operator[](size_t i) { return *At(i); }
  const T& operator[](size_t i) const { return *const_cast<StableVector*>(this)->At(i); }

  /// Makes one more item, value-initialised; one of a type that needs no constructor is not.
  T& Grow() {
    const size_t bucket = BucketOf(size_);
    if (!buckets_[bucket]) {
      const size_t items = kFirst << bucket;
      buckets_[bucket] = MakeBucket(items);
      capacity_ += items;
    }
    return *At(size_++);
  }

  size_t ReservedBytes() const { return capacity_ * sizeof(T); }

 private:
  static constexpr size_t kFirst = size_t{1} << FirstBits;
  static size_t BucketOf(size_t i) {
    return static_cast<size_t>(std::bit_width(i + kFirst)) - 1 - FirstBits;
  }
  T* At(size_t i) {
    const size_t bucket = BucketOf(i);
    return buckets_[bucket].get() + (i + kFirst - (kFirst << bucket));
  }

  std::shared_ptr<T[]> MakeBucket(size_t items) {
    if constexpr (std::is_trivially_default_constructible_v<T>) {
      if (memory_ == nullptr) return std::make_unique_for_overwrite<T[]>(items);
      base::Room room = memory_->Take(items * sizeof(T));
      return {std::move(room.owner), reinterpret_cast<T*>(room.bytes.data())};
    } else {
      return std::make_unique<T[]>(items);
    }
  }

  base::LargeMemory* memory_ = nullptr;
  std::array<std::shared_ptr<T[]>, 48 - FirstBits> buckets_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace pharos::events
