// Memory straight from the system, for tables and arenas that are large and go away as a
// whole: given back at once when freed, and in huge pages where it is large enough, since
// random access to small pages spends more time on finding the page than on the access.
#pragma once

#include <cstddef>
#include <utility>

namespace pharos::base {

inline constexpr size_t kHugePageBytes = 2u << 20;

/// Zeroed memory. Owns: its pages. Threads: as plain memory. Errors: std::bad_alloc.
class Pages {
 public:
  Pages() = default;
  /// Rounded up to whole pages; from kHugePageBytes on aligned to that.
  explicit Pages(size_t bytes);
  ~Pages();
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace pharos::base
