// Makes a checked tree ready for one evaluation: start(), end(), step(), range() become
// numbers, duration expressions become durations, what is the same at every step is marked.
#pragma once

#include "base/result.h"
#include "query/promql/ast.h"
#include "query/promql/value.h"

namespace pharos::query::promql {

/// `grid.step_ms` counts as 0 for an instant query. kUnprocessable for a duration
/// expression without a usable value.
base::Result<ExprPtr> Preprocess(ExprPtr expr, const Grid& grid, bool instant);

/// True for functions whose value depends on the step's time even where their arguments
/// do not (time(), predict_linear(), …).
bool DependsOnTime(std::string_view function);

}  // namespace pharos::query::promql
