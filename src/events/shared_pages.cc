#include "events/shared_pages.h"

#include "events/limits.h"

namespace pharos::events {

/// Page, entry and index together: many pages have a few bytes.
size_t SharedPages::SizeOf(const std::string& bytes) {
  constexpr size_t kNodes = 192;
  return bytes.capacity() + kNodes;
}

PageBytes SharedPages::Find(uint64_t part, uint8_t section, uint32_t page) {
  const Key key{part, uint64_t{section} << 32 | page};
  std::lock_guard lock(mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->bytes;
}

void SharedPages::Put(uint64_t part, uint8_t section, uint32_t page, PageBytes bytes) {
  const Key key{part, uint64_t{section} << 32 | page};
  const size_t size = SizeOf(*bytes);
  std::lock_guard lock(mutex_);
  if (bytes->size() > most_bytes_ / 8) return;
  if (index_.contains(key)) return;  // two read it at once
  if (budget_ != nullptr && budget_->Tight()) return Shrink(most_bytes_ / 4);
  if (budget_ != nullptr) budget_->Reserve(size);
  bytes_ += size;
  entries_.push_front({key, std::move(bytes)});
  index_.emplace(key, entries_.begin());
  Shrink(most_bytes_);
}

bool SharedPages::Hold(size_t bytes) {
  std::lock_guard lock(mutex_);
  if (most_bytes_ == 0 || bytes > (kHeldBytes - held_) / 16) return false;
  held_ += bytes;
  if (budget_ != nullptr) budget_->Reserve(bytes);
  return true;
}

void SharedPages::Unhold(size_t bytes) {
  std::lock_guard lock(mutex_);
  held_ -= bytes;
  if (budget_ != nullptr) budget_->Release(bytes);
}

void SharedPages::Shrink(size_t most_bytes) {
  while (bytes_ > most_bytes) {
    const Entry& oldest = entries_.back();
    const size_t size = SizeOf(*oldest.bytes);
    bytes_ -= size;
    if (budget_ != nullptr) budget_->Release(size);
    index_.erase(oldest.key);
    entries_.pop_back();
  }
}

void SharedPages::Close() {
  std::lock_guard lock(mutex_);
  most_bytes_ = 0;
  Shrink(0);
  if (budget_ != nullptr) budget_->Release(held_);
  budget_ = nullptr;
}

}  // namespace pharos::events
