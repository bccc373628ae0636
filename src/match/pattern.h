// Loki's `<a> - <_>` patterns: captures for `| pattern`, a test for `|>` and `!>`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pharos::match {

/// Owns: its pieces. Threads: immutable. Errors: kBadInput with Loki's text. Cost: one
/// substring search a literal.
class Pattern {
 public:
  /// For `| pattern`: at least one named capture, no two captures side by side, no name twice.
  static base::Result<Pattern> ForCaptures(std::string_view text);
  /// For `|>`: only `<_>`.
  static base::Result<Pattern> ForFilter(std::string_view text);

  /// Calls back for each named capture that was found, in order.
  void Capture(
      std::string_view line,
      const std::function<void(std::string_view name, std::string_view value)>& found) const;
  /// The whole line has this shape; every `<_>` stands for at least one byte.
  bool Test(std::string_view line) const;

 private:
  struct Piece {
    bool capture = false;
    std::string text;  ///< the literal, or the capture's name
  };
  static base::Result<Pattern> Parse(std::string_view text);
  std::vector<Piece> pieces_;
};

}  // namespace pharos::match
