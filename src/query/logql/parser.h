// Parses LogQL. A recursive descent over the tokens; errors read as Loki's do.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/logql/ast.h"

namespace pharos::query::logql {

/// Any query, log or metric. Errors: kBadInput, "parse error at line L, col C: …".
/// Cost: linear in the text; memory and recursion bounded by limits.h.
base::Result<ExprPtr> Parse(std::string_view text);

/// `{a="b"}` alone, as `match[]` takes it; `{}` selects everything.
base::Result<std::vector<model::Matcher>> ParseSelector(std::string_view text);

}  // namespace pharos::query::logql
