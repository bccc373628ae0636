// What a range argument (range selector or subquery) says about its window.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "query/promql/ast.h"

namespace pharos::query::promql {

struct RangeShape {
  int64_t range_ms = 0;
  double range_seconds = 0;
  const TimeShift* shift = nullptr;
  const VectorSelector* selector = nullptr;  ///< null for a subquery
  bool anchored = false;
  bool smoothed = false;
};

RangeShape ShapeOf(const Expr& arg);

/// Why `function` does not go with an anchored or smoothed selector; "" where it does.
std::string ExtendedProblem(std::string_view function, const RangeShape& shape);

}  // namespace pharos::query::promql
