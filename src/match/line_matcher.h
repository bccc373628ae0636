// One line filter of LogQL, compiled: substring, regex, pattern or ip, and its negations.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pharos::match {

enum class LineOp : uint8_t { kContains, kNotContains, kRegex, kNotRegex, kPattern, kNotPattern };

/// `|=`, `!~`, …
std::string_view LineOpText(LineOp op);
inline bool IsNegative(LineOp op) {
  return op == LineOp::kNotContains || op == LineOp::kNotRegex || op == LineOp::kNotPattern;
}

/// `|= "a" or ip("b")`: one of these.
struct LineTerm {
  std::string text;
  bool ip = false;
  bool operator==(const LineTerm&) const = default;
};

/// Compiles a Go-dialect regex for use anywhere in a text. kBadInput with Go's wording.
base::Result<void> CheckRegex(std::string_view pattern);

/// A string that every match of the regex holds, "" when none is known. Where `whole` comes
/// back true the regex is nothing but this string.
std::string RequiredLiteral(std::string_view regex, bool* whole);
/// All such strings, in their order; they do not overlap in a match.
std::vector<std::string> RequiredLiterals(std::string_view regex, bool* whole);

/// Owns: the compiled terms. Threads: immutable. Errors: Make: kBadInput with Loki's text.
/// Cost: memmem for substrings and plain regexes; other regexes search their literal first.
class LineMatcher {
 public:
  /// A positive op holds where one of the terms is found, a negative one where none is.
  static base::Result<LineMatcher> Make(LineOp op, const std::vector<LineTerm>& terms);
  bool Matches(std::string_view line) const;

  /// What the line must contain for Matches to be true, when that can be said (positive ops
  /// with one term). `exact`: containing it is all there is to it.
  std::string_view literal() const { return literal_; }
  bool exact() const { return exact_; }
  /// All that the line must contain, where that can be said.
  const std::vector<std::string>& literals() const { return literals_; }
  LineOp op() const { return op_; }

  struct Term;

 private:
  LineOp op_ = LineOp::kContains;
  std::string literal_;
  std::vector<std::string> literals_;
  bool exact_ = false;
  std::vector<std::shared_ptr<const Term>> terms_;
};

}  // namespace pharos::match
