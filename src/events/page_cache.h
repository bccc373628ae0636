// The last few decoded pages of one kind of a part.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace pharos::events {

/// Owns: up to `most` pages, shared with who uses them. Threads: any. Cost: a short lock.
template <class Page, size_t most>
class PageCache {
 public:
  std::shared_ptr<const Page> Find(uint32_t number) {
    std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
      if (slot.page && slot.number == number) {
        slot.used = ++clock_;
        return slot.page;
      }
    }
    return nullptr;
  }
  void Put(uint32_t number, std::shared_ptr<const Page> page) {
    std::lock_guard lock(mutex_);
    Slot* oldest = &slots_[0];
    for (Slot& slot : slots_) {
      if (slot.used < oldest->used) oldest = &slot;
    }
    *oldest = {number, ++clock_, std::move(page)};
  }

 private:
  struct Slot {
    uint32_t number = 0;
    uint64_t used = 0;
    std::shared_ptr<const Page> page;
  };
  std::mutex mutex_;
  std::array<Slot, most> slots_;
  uint64_t clock_ = 0;
};

}  // namespace pharos::events
