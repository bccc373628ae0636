// The syntax tree of JMESPath, between its parser and its evaluator.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "match/jmespath.h"

namespace pharos::match {

struct JmesPath::Node {
  enum class Kind : uint8_t {
    kCurrent,
    kField,       ///< text
    kIndex,       ///< first
    kSlice,       ///< first, last, step
    kLiteral,     ///< value
    kSub,         ///< left then right on its result
    kPipe,        ///< the same, but ends a projection
    kProjection,  ///< right on each item of the array left
    kValues,      ///< right on each value of the object left
    kFilter,      ///< right on each item of left for which condition holds
    kFlatten,     ///< left's arrays put together, one level
    kOr,
    kAnd,
    kNot,      ///< left
    kCompare,  ///< text is the operator
    kList,     ///< children
    kHash,     ///< children under names
    kCall,     ///< text is the function, children its arguments
  };
  Kind kind = Kind::kCurrent;
  std::string text;
  std::optional<int64_t> first, last, step;
  JsonValue value;
  std::unique_ptr<Node> left, right, condition;
  std::vector<std::unique_ptr<Node>> children;
  std::vector<std::string> names;
};

/// True for the functions that the evaluator knows.
bool IsJmesFunction(std::string_view name);
base::Result<std::unique_ptr<JmesPath::Node>> ParseJmesPath(std::string_view expression);

}  // namespace pharos::match
