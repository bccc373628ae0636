#include "base/memory.h"

#include <malloc.h>
#include <mimalloc.h>
#include <sys/mman.h>

#include <cstdint>

// mimalloc is linked into the server only; elsewhere the symbols are null.
#pragma weak mi_collect
#pragma weak mi_option_set
#pragma weak mi_manage_os_memory

namespace pharos::base {
namespace {

// mimalloc 2 gives each thread segments of this size, at a border of the same, and fills them from
// the front; objects of half of it and more are segments of their own.
constexpr size_t kSegment = 32u << 20;
constexpr size_t kHugePage = 2u << 20;
constexpr size_t kRegion = size_t{8} << 30;  // of addresses; what is beyond has small pages

}  // namespace

void ReturnFreedMemory() {
  if (&mi_collect != nullptr) {
    mi_collect(true);
  } else {
    malloc_trim(0);
  }
}

void KeepFreedMemory(std::chrono::milliseconds time) {
  if (&mi_option_set == nullptr) return;
  mi_option_set(mi_option_decommit_delay, static_cast<long>(time.count()));
  mi_option_set(mi_option_segment_decommit_delay, static_cast<long>(time.count()));
}

void UseHugePages() {
  if (&mi_manage_os_memory == nullptr) return;
  void* const mapped = mmap(nullptr, kRegion + kSegment, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;  // a limit of addresses: small pages then
  char* const begin = static_cast<char*>(mapped);
  char* const region = begin + (kSegment - reinterpret_cast<uintptr_t>(begin) % kSegment);
  for (size_t at = 0; at < kRegion; at += kSegment) {
    madvise(region + at, kHugePage, MADV_NOHUGEPAGE);
    madvise(region + at + kHugePage, kSegment - kHugePage, MADV_HUGEPAGE);
  }
  // Not "committed": only such memory is given back when it is free. To commit it does nothing.
  mi_manage_os_memory(region, kRegion, false, false, true, -1);
}

std::optional<std::chrono::milliseconds> IdleReturn::Pause() const {
  constexpr std::chrono::milliseconds kPauses[kReturns] = {
      std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(60)};
  if (returned_ == kReturns) return std::nullopt;
  return kPauses[returned_];
}

void IdleReturn::Return() {
  ReturnFreedMemory();
  ++returned_;
}

}  // namespace pharos::base
