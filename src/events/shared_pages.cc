#include "events/shared_pages.h"

#include "events/limits.h"

namespace pharos::events {

PageBytes SharedPages::Find(uint64_t part, uint8_t section, uint32_t page) {
  const Key key{part, uint64_t{section} << 32 | page};
  std::lock_guard lock(mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->bytes;
}

void SharedPages::Put(uint64_t part, uint8_t section, uint32_t page, PageBytes bytes) {
  if (bytes->size() > most_bytes_ / 8) return;
  const Key key{part, uint64_t{section} << 32 | page};
  std::lock_guard lock(mutex_);
  if (index_.contains(key)) return;  // two read it at once
  bytes_ += bytes->capacity();
  entries_.push_front({key, std::move(bytes)});
  index_.emplace(key, entries_.begin());
  while (bytes_ > most_bytes_) {
    const Entry& oldest = entries_.back();
    bytes_ -= oldest.bytes->capacity();
    index_.erase(oldest.key);
    entries_.pop_back();
  }
}

SharedPages& SharedPages::Process() {
  static SharedPages pages(kSharedPageBytes);
  return pages;
}

}  // namespace pharos::events
