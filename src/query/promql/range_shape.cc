#include "query/promql/range_shape.h"

#include "query/promql/go_duration.h"

namespace pharos::query::promql {

RangeShape ShapeOf(const Expr& arg) {
  RangeShape shape;
  int64_t range_ns = 0;
  if (const auto* matrix = As<MatrixSelector>(&arg, NodeKind::kMatrix)) {
    shape.selector = matrix->selector();
    shape.shift = &shape.selector->shift;
    shape.anchored = shape.selector->anchored;
    shape.smoothed = shape.selector->smoothed;
    range_ns = matrix->range_ns;
  } else {
    const auto& subquery = static_cast<const SubqueryExpr&>(arg);
    shape.shift = &subquery.shift;
    range_ns = subquery.range_ns;
  }
  shape.range_ms = range_ns / kNsPerMs;
  shape.range_seconds = static_cast<double>(range_ns / kNsPerSecond) +
                        static_cast<double>(range_ns % kNsPerSecond) / 1e9;
  return shape;
}

std::string ExtendedProblem(std::string_view function, const RangeShape& shape) {
  const bool rate = function == "rate" || function == "increase" || function == "delta";
  if (shape.smoothed && !rate) {
    return "smoothed modifier can only be used with: delta, increase, rate - not with " +
           std::string(function);
  }
  if (shape.anchored && !rate && function != "resets" && function != "changes") {
    return "anchored modifier can only be used with: changes, delta, increase, rate, resets - not "
           "with " +
           std::string(function);
  }
  return "";
}

}  // namespace pharos::query::promql
