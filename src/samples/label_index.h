// The head's label index: which series in memory have which label. Each label ("name=value") has
// a number, and series hold these numbers instead of their label bytes: what a fleet's series
// have in common is in memory once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "samples/postings.h"

namespace pharos::samples {

/// Owns: labels, their numbers and lists. Threads: any; readers share, writers exclude; Pair and
/// what is built on it take no lock, for labels of series that have not been removed. Errors:
/// none. Cost: Add is one hash look-up a label; Remove goes through the lists that it is told.
/// Whoever asks for a range of values first sorts them (4 bytes a value from then on).
class LabelIndex {
 public:
  /// Appends to `pairs` the numbers of the labels (canonical bytes), in their order, and puts the
  /// series on their lists. Returns what the labels that were new take (bytes).
  size_t Add(uint32_t series, std::string_view labels, std::vector<uint32_t>* pairs);
  /// Takes the series (sorted) out of the lists of `touched` (any order, doubles allowed) and
  /// drops labels that nobody has any more; their numbers are given to others. Returns what
  /// they took.
  size_t Remove(const std::vector<uint32_t>& gone, std::vector<uint32_t> touched);

  /// Canonical label bytes of one label.
  std::string_view Pair(uint32_t number) const {
    const Entry& entry = At(number);
    return {entry.bytes.get(), entry.size};
  }
  /// Whether the numbers are those of the labels.
  bool Same(std::span<const uint32_t> pairs, std::string_view labels) const;
  void AppendLabels(std::span<const uint32_t> pairs, std::string* out) const;
  /// No number is as high as this one.
  uint32_t PairLimit() const;

  std::vector<uint32_t> Select(const std::vector<model::Matcher>& matchers) const;
  std::vector<std::string> Names() const;
  std::vector<std::string> Values(std::string_view name) const;

  /// How many values the name has, and how many series one of them.
  size_t ValueCount(std::string_view name) const;
  size_t SeriesCount(std::string_view name, std::string_view value) const;
  /// Calls back for each label pair, all of a name one after the other; no series is added or
  /// removed meanwhile.
  void ForEachPair(const std::function<void(std::string_view name, std::string_view value,
                                            std::span<const uint32_t> series)>& on_pair) const;

 private:
  class Source;

  struct Entry {
    std::unique_ptr<char[]> bytes;
    uint32_t size = 0;
    uint32_t hash = 0;
    uint32_t name = 0;   // number in names_
    uint32_t place = 0;  // in that name's values
    std::vector<uint32_t> series;
  };
  struct Name {
    std::string text;
    std::vector<uint32_t> values;  // labels of that name, in no order
    // Once somebody has asked for a range of values: the same labels by value, and those that
    // came since.
    bool ordered = false;
    std::vector<uint32_t> by_value, fresh;
  };

  // Entries never move: slab k has 1024 << k of them.
  static constexpr uint32_t kFirstSlab = 1024, kSlabs = 22;
  Entry& At(uint32_t number) const {
    const uint32_t at = number + kFirstSlab;
    const int slab = 31 - __builtin_clz(at) - 10;
    return slabs_[static_cast<size_t>(slab)][at - (kFirstSlab << slab)];
  }
  /// UINT32_MAX when there is none.
  uint32_t Find(std::string_view pair) const;
  uint32_t FindOrMake(std::string_view name, std::string_view pair, size_t* made_bytes);
  uint32_t NewNumber();
  void Link(uint32_t number);
  void GrowTable();
  size_t Drop(uint32_t number);
  /// The name's labels by value. The caller has mutex_, shared.
  const std::vector<uint32_t>& ByValue(uint32_t name) const;
  bool ValueLess(uint32_t a, uint32_t b) const;

  mutable std::shared_mutex mutex_;
  std::array<std::unique_ptr<Entry[]>, kSlabs> slabs_;
  uint32_t limit_ = 0;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> table_;      // open addressing by hash: number + 1, or 0
  mutable std::vector<Name> names_;  // without values: free
  mutable std::mutex order_mutex_;   // among readers: by_value and fresh
  std::vector<uint32_t> free_names_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> name_numbers_;
  std::vector<uint32_t> all_;
};

}  // namespace pharos::samples
