// A query's predicate, compiled once: regexes ready, and what only looks at the line split
// from what needs the whole event.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "match/regex_literals.h"
#include "match/regex_outline.h"
#include "store/events.h"

namespace pharos::events {

/// Agrees with store::Matches on every event.
///
/// Owns: the compiled tree. Threads: immutable. Errors: Make gives kBadInput for a regex
/// that does not compile or a tree that is none.
class CompiledPredicate {
 public:
  static base::Result<CompiledPredicate> Make(const store::Predicate& predicate);
  CompiledPredicate(CompiledPredicate&&) noexcept;
  ~CompiledPredicate();

  bool TestsLine() const { return !line_tests_.empty(); }
  bool TestsEvent() const { return !event_tests_.empty(); }
  /// The tests that need the line alone.
  bool TestLine(std::string_view line) const;
  /// All others.
  bool TestEvent(const model::Event& event) const;
  bool Test(const model::Event& event) const {
    return TestLine(event.body.text) && TestEvent(event);
  }
  /// Substrings that each line which passes must (or, `negated`, must not) hold; when
  /// `exact`, these are all that TestLine tests.
  struct Substring {
    std::string text;
    bool negated = false;
  };
  const std::vector<Substring>& substrings() const { return substrings_; }
  /// Further literals: each line that passes holds one of each clause. Regexes are not run, and
  /// parts not read, where they are missing.
  const std::vector<match::RegexClause>& clauses() const { return clauses_; }
  /// Of regexes that each line which passes must match, and that have no such literal.
  const std::vector<match::RegexOutline>& outlines() const { return outlines_; }
  bool substrings_are_all() const { return substrings_are_all_; }

 private:
  struct Node;
  CompiledPredicate();
  static base::Result<std::unique_ptr<Node>> Compile(const store::Predicate& p, int depth);
  static std::vector<match::RegexClause> ClausesOf(const Node& node);
  void ChooseClauses();
  base::Result<void> Split(const store::Predicate& p, int depth);

  std::vector<std::unique_ptr<Node>> line_tests_;   // all must hold
  std::vector<std::unique_ptr<Node>> event_tests_;  // all must hold
  std::vector<Substring> substrings_;
  std::vector<match::RegexClause> clauses_;
  std::vector<match::RegexOutline> outlines_;
  bool substrings_are_all_ = true;
};

}  // namespace pharos::events
