// The head's label index: which series in memory have which label value.
#pragma once

#include <functional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "samples/postings.h"

namespace pharos::samples {

/// Owns: names, values and lists. Threads: any; readers share, writers exclude. Errors:
/// none. Cost: Add is one hash look-up a label; Remove walks all lists once.
class LabelIndex {
 public:
  /// `labels` are canonical label bytes.
  void Add(uint32_t series, std::string_view labels);
  /// Takes the series (sorted) out of every list and drops values that nobody has any more.
  void Remove(const std::vector<uint32_t>& gone);

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
  template <class T>
  using Map = std::unordered_map<std::string, T, base::StringHasher, std::equal_to<>>;

  mutable std::shared_mutex mutex_;
  Map<Map<std::vector<uint32_t>>> names_;
  std::vector<uint32_t> all_;
};

}  // namespace pharos::samples
