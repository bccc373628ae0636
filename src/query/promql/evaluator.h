// Evaluates a prepared tree over all steps of a grid, node by node: each node yields its
// whole matrix (series × steps) at once.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/exec/context.h"
#include "query/promql/engine.h"
#include "query/promql/range_function.h"
#include "query/promql/remarks.h"
#include "query/promql/row_stream.h"
#include "query/promql/value.h"
#include "store/samples.h"

namespace pharos::query::promql {

/// What all evaluators of one query share.
struct Run {
  store::SampleSource* source;
  const EngineOptions* options;
  exec::QueryContext* context;
  Remarks remarks;
};

/// Owns: nothing but its grid. Threads: one. Errors: see Engine. Cost: a node's result is
/// allocated once, a vector a series.
class Evaluator {
 public:
  Evaluator(Run& run, const Grid& grid)
      : run_(run), grid_(grid), steps_(grid.end_ms < grid.start_ms ? 0 : grid.Steps()) {}

  /// When it returns, the query holds the matrix and what it held before.
  base::Result<Matrix> Eval(const Expr& expr);
  /// The samples of a range selector or subquery at the grid's single step.
  base::Result<std::vector<store::SeriesColumns>> EvalRangeVector(const Expr& expr);
  /// Merges what has the same labels; fails where two have a value at one step.
  base::Result<Matrix> MergeSameLabels(Matrix matrix);
  /// Drops the names that were marked (delayed name removal) and merges.
  base::Result<Matrix> DropMarkedNames(Matrix matrix);

 private:
  // evaluator.cc
  base::Result<Matrix> EvalNode(const Expr& expr);
  base::Result<Matrix> EvalInvariant(const StepInvariantExpr& node);
  base::Result<Matrix> EvalUnary(const UnaryExpr& node);
  Matrix Constant(double value) const;
  base::Result<void> Finish(Matrix* matrix, int64_t released = 0);
  Row NewRow(model::Labels labels) const;
  void DropName(Row* row) const;
  /// Whether so many rows may be made; `bytes` of memory a step each.
  base::Result<void> CheckCells(size_t rows, int64_t bytes = sizeof(double)) const;
  bool delayed() const { return run_.options->delayed_name_removal; }

  // eval_selector.cc
  struct Reach {
    int64_t first_ms;  ///< time that the first step looks at
    int64_t last_ms;
  };
  Reach ReachOf(const TimeShift& shift) const;
  int64_t RefTime(const TimeShift& shift, size_t step) const;
  base::Result<std::unique_ptr<store::SeriesCursor>> Open(const VectorSelector& node,
                                                          int64_t start_ms, int64_t end_ms,
                                                          std::string_view function);
  base::Result<Matrix> EvalSelector(const VectorSelector& node);
  base::Result<Matrix> EvalSmoothed(const VectorSelector& node);
  base::Result<Matrix> EvalTimestamp(const VectorSelector& selector, bool starts);
  base::Result<Matrix> SampleTimes(const VectorSelector& selector, const TimeShift& shift,
                                   bool starts = false);

  // eval_range.cc
  base::Result<Matrix> EvalRangeCall(const Call& node, size_t range_arg);
  base::Result<Matrix> EvalAbsentOverTime(const Call& node, const Matrix& present);
  base::Result<std::vector<store::SeriesColumns>> EvalSubquery(const SubqueryExpr& node,
                                                               std::vector<bool>* drop_names);

  // open_rows.cc
  /// Sets `out` up and returns true where `expr` is a selector or a range function (in
  /// parentheses or not), whose rows can be made one by one.
  /// `presence_only`: of a selector's floats nothing else matters.
  base::Result<bool> OpenRows(const Expr& expr, bool presence_only, RowStream* out);
  base::Result<void> OpenSelector(const VectorSelector& node, bool presence_only, RowStream* out);
  base::Result<void> OpenRange(const Call& node, size_t range_arg, RowStream* out);
  base::Result<Matrix> CollectRows(const RowStream& stream);
  base::Result<std::unique_ptr<store::Selection>> Choose(store::SampleQuery query);
  store::SampleQuery QueryOf(const VectorSelector& node, int64_t start_ms, int64_t end_ms,
                             std::string_view function) const;

  // eval_call.cc
  base::Result<Matrix> EvalCall(const Call& node);
  base::Result<Matrix> EvalMath(const Call& node);
  base::Result<Matrix> EvalTime(const Call& node);
  base::Result<Matrix> EvalDate(const Call& node);
  base::Result<Matrix> EvalAbsent(const Call& node);
  base::Result<Matrix> EvalScalar(const Call& node);
  base::Result<Matrix> EvalSort(const Call& node);
  base::Result<Matrix> EvalClamp(const Call& node);
  base::Result<Matrix> EvalRound(const Call& node);
  base::Result<Matrix> MapFloats(Matrix matrix, const std::function<double(double, size_t)>& f);

  // func_label.cc
  base::Result<Matrix> EvalLabelReplace(const Call& node);
  base::Result<Matrix> EvalLabelJoin(const Call& node);

  // func_histogram.cc
  base::Result<Matrix> EvalHistogramValue(const Call& node);
  base::Result<Matrix> EvalHistogramQuantile(const Call& node);
  base::Result<Matrix> EvalHistogramQuantiles(const Call& node);
  base::Result<Matrix> EvalHistogramFraction(const Call& node);

  // func_info.cc
  base::Result<Matrix> EvalInfo(const Call& node);

  // eval_aggregate.cc, aggregate_k.cc
  base::Result<Matrix> EvalAggregate(const AggregateExpr& node);
  base::Result<Matrix> EvalCountValues(const AggregateExpr& node);
  base::Result<Matrix> EvalTopK(const AggregateExpr& node, Matrix input,
                                const std::vector<double>& params);
  base::Result<std::vector<double>> EvalParameter(const Expr* param);

  // eval_binary.cc
  base::Result<Matrix> EvalBinary(const BinaryExpr& node);
  base::Result<Matrix> EvalVectorScalar(const BinaryExpr& node, Matrix vector, const Matrix& scalar,
                                        bool swapped);
  base::Result<Matrix> EvalSetOperator(const BinaryExpr& node, Matrix lhs, Matrix rhs);
  base::Result<Matrix> EvalVectorVector(const BinaryExpr& node, Matrix lhs, Matrix rhs);

  class StreamFold;

  friend class VectorMatcher;
  friend class InfoJoin;

  Run& run_;
  const Grid grid_;
  const size_t steps_;
};

inline std::unexpected<base::Error> EvalError(std::string message) {
  return base::Fail(base::ErrorKind::kUnprocessable, std::move(message));
}
constexpr std::string_view kSameLabels = "vector cannot contain metrics with the same labelset";

/// `labels` without the metric's name (and its type and unit, where they are labels).
model::Labels WithoutName(const model::Labels& labels);
/// The labels an absent() or absent_over_time() makes of its argument.
model::Labels AbsentLabels(const Expr& arg);

}  // namespace pharos::query::promql
