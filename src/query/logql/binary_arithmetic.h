// Two numbers and an operator.
#pragma once

#include "query/logql/ast.h"

namespace pharos::query::logql {

/// Arithmetic as IEEE has it; comparisons give 1 or 0. Not for set operators.
double CombineScalars(BinaryOp op, double left, double right);
/// For a comparison only.
bool Compare(BinaryOp op, double left, double right);

}  // namespace pharos::query::logql
