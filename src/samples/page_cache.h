// Decompressed pages of parts, the least used first to go.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/budget.h"

namespace pharos::samples {

/// Owns: pages (shared with readers). Threads: any. Errors: none; nothing is kept while the
/// budget is tight. Cost: one lock and a hash look-up a page.
class PageCache {
 public:
  using Page = std::shared_ptr<const std::string>;
  struct Key {
    uint64_t part = 0;  ///< unique in the process
    uint64_t page = 0;  ///< section and number
    bool operator==(const Key&) const = default;
  };

  PageCache(size_t capacity_bytes, base::MemoryBudget& budget)
      : capacity_(capacity_bytes), budget_(budget) {}
  ~PageCache();

  Page Find(Key key);  ///< null when it is not there
  void Put(Key key, Page page);

 private:
  struct Hasher {
    size_t operator()(const Key& key) const {
      return (key.part << 32 ^ key.page) * 0x9E3779B97F4A7C15;
    }
  };
  struct Entry {
    Key key;
    Page page;
  };
  void DropLast();

  const size_t capacity_;
  base::MemoryBudget& budget_;
  std::mutex mutex_;
  std::list<Entry> used_;  // mutex_; the latest first
  std::unordered_map<Key, std::list<Entry>::iterator, Hasher> by_key_;
  size_t bytes_ = 0;
};

}  // namespace pharos::samples
