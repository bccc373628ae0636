// A set of granules of a part.
#pragma once

#include <cstddef>
#include <vector>

#include "events/coding.h"

namespace pharos::events {

class GranuleSet {
 public:
  explicit GranuleSet(size_t granules = 0, bool all = false) : bits_(granules, all) {}
  bool Has(size_t i) const { return bits_[i]; }
  void Insert(size_t i) { bits_[i] = true; }
  void AddAll() { bits_.assign(bits_.size(), true); }
  /// Reads what PutGranules wrote and adds it; fails the reader for numbers beyond the part.
  void Add(Reader& in);
  void Unite(const GranuleSet& other);
  void Intersect(const GranuleSet& other);

 private:
  std::vector<bool> bits_;
};

}  // namespace pharos::events
