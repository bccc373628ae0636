// JMESPath: how Promtail's json stage says what to take out of a line. Fields, indices,
// slices, projections, filters, multi-selects, pipes, literals and the common functions.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "match/json_value.h"

namespace pharos::match {

/// Owns: the parsed expression, shared by copies. Threads: immutable. Errors: Compile:
/// kBadInput with the words of Go's library ("SyntaxError: Unknown char: '#'"); a function
/// that Pharos does not have is refused by name. Cost: a walk over the value.
class JmesPath {
 public:
  struct Node;
  static base::Result<JmesPath> Compile(std::string_view expression);
  /// kBadInput where a function got a value it does not take; null where nothing is there.
  base::Result<JsonValue> Search(const JsonValue& value) const;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace pharos::match
