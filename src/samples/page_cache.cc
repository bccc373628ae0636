#include "samples/page_cache.h"

namespace pharos::samples {

PageCache::~PageCache() { budget_.Release(bytes_); }

PageCache::Page PageCache::Find(Key key) {
  std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second);
  return found->second->page;
}

void PageCache::Put(Key key, Page page) {
  std::lock_guard lock(mutex_);
  if (by_key_.contains(key)) return;
  while (!used_.empty() && (bytes_ + page->size() > capacity_ || budget_.Tight())) DropLast();
  if (budget_.Tight() || page->size() > capacity_) return;
  bytes_ += page->size();
  budget_.Reserve(page->size());
  used_.push_front({key, std::move(page)});
  by_key_[key] = used_.begin();
}

void PageCache::DropLast() {
  const Entry& last = used_.back();
  bytes_ -= last.page->size();
  budget_.Release(last.page->size());
  by_key_.erase(last.key);
  used_.pop_back();
}

}  // namespace pharos::samples
