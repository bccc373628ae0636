#include "io/log_bytes.h"

#include <algorithm>
#include <cstring>

namespace pharos::io {

void LogBytes::Restart(uint64_t end, size_t most) {
  start_ = end % kLogUnit;
  size_ = 0;
  if (capacity_ <= most) return;
  memory_.reset();
  capacity_ = 0;
}

void LogBytes::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (start_ + size_ + bytes.size() + kLogUnit > capacity_) Grow(size_ + bytes.size());
  std::memcpy(data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void LogBytes::Grow(size_t size) {
  const size_t needed = std::max(start_ + size + kLogUnit, capacity_ * 2);
  const size_t capacity = (needed + kLogUnit - 1) / kLogUnit * kLogUnit;
  std::unique_ptr<char, Freed> memory(static_cast<char*>(std::aligned_alloc(kLogUnit, capacity)));
  PHAROS_CHECK(memory != nullptr, "no memory for bytes of a log");
  if (size_ > 0) std::memcpy(memory.get() + start_, data(), size_);
  memory_ = std::move(memory);
  capacity_ = capacity;
}

}  // namespace pharos::io
