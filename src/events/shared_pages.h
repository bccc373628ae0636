// Pages of parts that were read lately, unpacked, for all queries of an engine together.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/budget.h"

namespace pharos::events {

/// A page's bytes, shared with whoever reads them.
using PageBytes = std::shared_ptr<const std::string>;

/// What a reader leaves there.
enum class Keep : uint8_t {
  kNone,   ///< nothing: the part will be gone soon
  kSmall,  ///< pages up to kSmallPageBytes: it reads very many, which would drive out all others
  kAll,    ///< those as well that took unpacking
};

/// Owns: at most the bytes it was made for, the least recently used go first, and counts at most
/// kHeldBytes that parts hold; borrows the budget until Close. Threads: any. Cost: a short lock and
/// a hash look-up.
class SharedPages {
 public:
  /// `budget`: pages take their bytes from it while it is not tight, and give most of them back
  /// when it is; null for none.
  explicit SharedPages(size_t most_bytes, base::MemoryBudget* budget = nullptr)
      : most_bytes_(most_bytes), budget_(budget) {}
  ~SharedPages() { Close(); }
  SharedPages(const SharedPages&) = delete;

  /// Null when it is not there. `part` is a number that no other part has or had.
  PageBytes Find(uint64_t part, uint8_t section, uint32_t page);
  void Put(uint64_t part, uint8_t section, uint32_t page, PageBytes bytes);
  /// Takes memory for what stays as long as a part is open, until Unhold; false where there is too
  /// little left. The less there is, the less one may take: small parts, which are many, go before
  /// large ones.
  bool Hold(size_t bytes);
  void Unhold(size_t bytes);
  size_t bytes() const {
    std::lock_guard lock(mutex_);
    return bytes_;
  }

  /// Drops all pages, and takes no more.
  void Close();

 private:
  struct Key {
    uint64_t part = 0;
    uint64_t page = 0;  // section and number
    bool operator==(const Key&) const = default;
  };
  struct KeyHasher {
    size_t operator()(const Key& key) const {
      return (key.part * 0x9E3779B97F4A7C15u ^ key.page) * 0xD6E8FEB86659FD93u;
    }
  };
  struct Entry {
    Key key;
    PageBytes bytes;
  };
  static size_t SizeOf(const std::string& bytes);
  void Shrink(size_t most_bytes);

  mutable std::mutex mutex_;  // guards all below
  size_t most_bytes_;
  base::MemoryBudget* budget_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHasher> index_;
  size_t bytes_ = 0;
  size_t held_ = 0;
};

}  // namespace pharos::events
