// What a text must hold for a regex to match in it: literals that an index can look for before
// the regex is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pharos::match {

struct RegexLiteral {
  std::string text;   ///< never empty
  bool fold = false;  ///< `text` is in lower case; ASCII letters of either case stand for it
  bool operator==(const RegexLiteral&) const = default;
};
/// One of these is in each text that matches.
using RegexClause = std::vector<RegexLiteral>;

/// Clauses that all hold for each text in which `regex` (RE2's language) matches somewhere; none
/// where nothing is known. A regex that does not compile gives any answer.
/// Cost: linear in the regex; at most 16 literals a clause.
std::vector<RegexClause> RequiredClauses(std::string_view regex);

}  // namespace pharos::match
