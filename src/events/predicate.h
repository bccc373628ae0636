// A query's predicate, compiled once: regexes ready, and what only looks at the line split
// from what needs the whole event.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
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
  /// False when no line within `bytes` can pass TestLine.
  bool MayContain(std::string_view bytes) const;

 private:
  struct Node;
  CompiledPredicate();
  static base::Result<std::unique_ptr<Node>> Compile(const store::Predicate& p, int depth);
  base::Result<void> Split(const store::Predicate& p, int depth);

  std::vector<std::unique_ptr<Node>> line_tests_;   // all must hold
  std::vector<std::unique_ptr<Node>> event_tests_;  // all must hold
};

}  // namespace pharos::events
