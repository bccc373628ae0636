// Label matchers, as every query language here selects series and streams.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace pharos::model {

enum class MatchOp : uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };

/// `name op "value"`. Regexes are Go's dialect, fully anchored, `.` matches newline.
///
/// Owns: the compiled regex, shared by copies. Threads: immutable. Errors: Make returns
/// kBadInput for a regex that does not compile. Cost: Matches on a regex is RE2 unless the
/// pattern is a plain string or an alternation of them.
class Matcher {
 public:
  static base::Result<Matcher> Make(MatchOp op, std::string name, std::string value);
  /// Equality needs no compiling, so it cannot fail.
  static Matcher Equal(std::string name, std::string value);

  MatchOp op() const { return op_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  /// `value` is "" where the label is missing.
  bool Matches(std::string_view value) const;
  bool MatchesEmpty() const { return matches_empty_; }
  /// For a kRegex that is an alternation of plain strings: these; else empty. Lets an index
  /// look values up instead of scanning.
  const std::vector<std::string>& literals() const;

  /// For a kRegex that is not plain: all values that it matches lie within [min, max], byte by
  /// byte. False when nothing is known (it begins with `.*`, say).
  bool Bounds(std::string* min, std::string* max) const;

  /// `name=~"value"`
  std::string ToString() const;
  bool operator==(const Matcher& other) const {
    return op_ == other.op_ && name_ == other.name_ && value_ == other.value_;
  }

 private:
  struct Regex;
  Matcher(MatchOp op, std::string name, std::string value);

  MatchOp op_;
  bool matches_empty_ = false;
  std::string name_;
  std::string value_;
  std::shared_ptr<const Regex> regex_;
};

/// True when all matchers match.
bool MatchesAll(const std::vector<Matcher>& matchers, const Labels& labels);

}  // namespace pharos::model
