// A tree back to text: on one line as Prometheus prints it (String), or broken over lines
// as /api/v1/format_query does (Pretty).
#pragma once

#include <string>

#include "query/promql/ast.h"

namespace pharos::query::promql {

std::string Print(const Expr& expr);
/// Breaks what is longer than `width` bytes. Where the indents of a deep tree would make it longer
/// than kMaxPrettyBytes, it stays on one line. Cost: linear in both texts.
std::string Prettify(const Expr& expr, size_t width = 100);

/// ` on (a) group_left (b)`: what stands between operator and right side.
std::string PrintMatching(const BinaryExpr& node);
/// ` @ 12.000 offset 5m`.
std::string PrintShift(const TimeShift& shift);

}  // namespace pharos::query::promql
