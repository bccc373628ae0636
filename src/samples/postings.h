// From label matchers to series numbers: the set algebra that the head's index and the
// parts' indexes share. It knows neither.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "model/matcher.h"

namespace pharos::samples {

/// What an index must answer. Lists are sorted and without doubles; a series has at most one
/// value of a name, so the lists of one name do not overlap.
class PostingSource {
 public:
  using OnValue = std::function<void(std::string_view value, std::span<const uint32_t> series)>;

  virtual ~PostingSource() = default;
  virtual std::span<const uint32_t> Find(std::string_view name, std::string_view value) const = 0;
  virtual void ForEachValue(std::string_view name, const OnValue& on_value) const = 0;
  virtual std::vector<uint32_t> All() const = 0;
};

/// Series that all matchers match, sorted. A missing label matches as "".
/// Cost: equality and alternations of literals look values up; other regexes and negations
/// test each value of the name once.
std::vector<uint32_t> SelectSeries(const PostingSource& source,
                                   const std::vector<model::Matcher>& matchers);

}  // namespace pharos::samples
