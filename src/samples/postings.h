// From label matchers to series numbers: the set algebra that the head's index and the
// parts' indexes share. It knows neither.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/matcher.h"

namespace pharos::samples {

/// An upper bound that holds nothing back.
inline constexpr std::string_view kEndOfValues = "\xff";

/// What an index must answer. Lists are sorted and without doubles; a series has at most one
/// value of a name, so the lists of one name do not overlap.
class PostingSource {
 public:
  using OnValue = std::function<void(std::string_view value, std::span<const uint32_t> series)>;

  virtual ~PostingSource() = default;
  virtual std::span<const uint32_t> Find(std::string_view name, std::string_view value) const = 0;
  /// At least the values within [from, to]; a source whose values are in no order gives all.
  virtual void ForEachValue(std::string_view name, std::string_view from, std::string_view to,
                            const OnValue& on_value) const = 0;
  virtual size_t ValueCount(std::string_view name) const = 0;
  virtual std::vector<uint32_t> All() const = 0;
  /// Whether ValueOf can be asked.
  virtual bool KnowsValues() const { return false; }
  /// The series' value of `name`, "" where it has none.
  virtual std::string_view ValueOf(uint32_t /*series*/, std::string_view /*name*/) const {
    return {};
  }
};

/// Series that all matchers match, sorted. A missing label matches as "".
/// Cost: equality and alternations of literals look values up, the shortest list first; other
/// regexes test the values between the bounds that RE2 finds for them, or those of the series
/// that are left when these are fewer. So do negations.
std::vector<uint32_t> SelectSeries(const PostingSource& source,
                                   const std::vector<model::Matcher>& matchers);

}  // namespace pharos::samples
