#include "base/pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace pharos::base {
namespace {

constexpr size_t kPageBytes = 4096;

char* Map(size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(data);
}

}  // namespace

Pages::Pages(size_t bytes) : bytes_((bytes + kPageBytes - 1) / kPageBytes * kPageBytes) {
  if (bytes_ < kHugePageBytes) {
    data_ = Map(bytes_);
    return;
  }
  // More than is needed, then the ends are cut off where no huge page begins or ends.
  bytes_ = (bytes_ + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  char* mapped = Map(bytes_ + kHugePageBytes);
  const size_t before =
      (kHugePageBytes - reinterpret_cast<uintptr_t>(mapped) % kHugePageBytes) % kHugePageBytes;
  data_ = mapped + before;
  if (before > 0) ::munmap(mapped, before);
  if (before < kHugePageBytes) ::munmap(data_ + bytes_, kHugePageBytes - before);
  (void)::madvise(data_, bytes_, MADV_HUGEPAGE);  // where the system has none, small ones do
}

Pages::~Pages() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace pharos::base
