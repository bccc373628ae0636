// The functions of PromQL: name, signature and one line each. Parser and checker read the
// signatures, the engine finds its implementation by id, the reference page is made from it.
#pragma once

#include <span>
#include <string_view>

#include "query/promql/ast.h"

namespace pharos::query::promql {

struct Function {
  std::string_view name;
  std::string_view arguments;  ///< v instant vector, m range vector, s scalar, t string
  /// 0: exactly these; n: the last up to n times, and it may be missing; -1: any number.
  int variadic = 0;
  ValueType result = ValueType::kVector;
  bool experimental = false;
  std::string_view doc;

  size_t ArgumentCount() const { return arguments.size(); }
  ValueType ArgumentType(size_t index) const;
};

/// Null when there is none of that name (names are in lower case, and case matters).
const Function* FindFunction(std::string_view name);
/// All, sorted by name.
std::span<const Function> AllFunctions();

}  // namespace pharos::query::promql
