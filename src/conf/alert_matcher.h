// Matchers as Alertmanager's files and API write them: `foo="bar"`, `{foo!~"b.r", baz=x}`.
// Two parsers, as there: the newer one knows UTF-8 names, the classic one takes what people
// wrote before.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace pharos::conf {

/// `name op "value"`. A regex is Go's, fully anchored; unlike PromQL's its `.` does not match a
/// line end.
///
/// Owns: the compiled regex, shared by copies. Threads: immutable. Errors: Make: kBadInput for
/// a regex that does not compile. Cost: as model::Matcher.
class AlertMatcher {
 public:
  static base::Result<AlertMatcher> Make(model::MatchOp op, std::string name, std::string value);

  model::MatchOp op() const { return op_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool Matches(std::string_view value) const { return compiled_.Matches(value); }
  bool Matches(const model::Labels& labels) const { return Matches(labels.Get(name_)); }
  bool IsRegex() const { return op_ == model::MatchOp::kRegex || op_ == model::MatchOp::kNotRegex; }
  bool IsEqual() const { return op_ == model::MatchOp::kEqual || op_ == model::MatchOp::kRegex; }
  /// `foo="bar"`: part of the group key that receivers see.
  std::string ToString() const;
  bool operator==(const AlertMatcher& other) const {
    return op_ == other.op_ && name_ == other.name_ && value_ == other.value_;
  }
  /// By name, value, operator (=, !=, =~, !~).
  std::strong_ordering operator<=>(const AlertMatcher& other) const;

 private:
  AlertMatcher(model::MatchOp op, std::string name, std::string value, model::Matcher compiled)
      : op_(op), name_(std::move(name)), value_(std::move(value)), compiled_(std::move(compiled)) {}
  model::MatchOp op_;
  std::string name_;
  std::string value_;
  model::Matcher compiled_;
};

using AlertMatchers = std::vector<AlertMatcher>;

bool MatchesAll(const AlertMatchers& matchers, const model::Labels& labels);
/// `{a="b",c=~"d"}`
std::string ToString(const AlertMatchers& matchers);

/// The UTF-8 parser; where it fails, or the two disagree, the classic one's answer. kBadInput
/// in Alertmanager's words.
base::Result<AlertMatchers> ParseAlertMatchers(std::string_view text);
/// Exactly one, without braces.
base::Result<AlertMatcher> ParseAlertMatcher(std::string_view text);

/// Each parser alone.
base::Result<AlertMatchers> ParseUtf8Matchers(std::string_view text);
base::Result<AlertMatchers> ParseClassicMatchers(std::string_view text);
base::Result<AlertMatcher> ParseClassicMatcher(std::string_view text);

/// Not empty and UTF-8.
bool ValidAlertLabelName(std::string_view name);
/// [a-zA-Z_][a-zA-Z0-9_]*
bool ClassicLabelName(std::string_view name);
bool ValidUtf8Text(std::string_view text);
/// Go's strconv.Quote.
std::string GoQuoted(std::string_view text);

}  // namespace pharos::conf
