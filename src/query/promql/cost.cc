#include "query/promql/cost.h"

#include <algorithm>

#include "query/promql/go_duration.h"
#include "query/promql/parser.h"
#include "query/promql/preprocess.h"
#include "query/promql/printer.h"
#include "query/promql/range_shape.h"

namespace pharos::query::promql {
namespace {

// Measured on two cores of a Xeon of 2023: a sample decoded, a cell made, a series found.
constexpr double kSampleSeconds = 1.5e-9;
constexpr double kCellSeconds = 1.5e-9;
constexpr double kSeriesSeconds = 150e-9;
constexpr double kQuerySeconds = 50e-6;

/// Walks the tree and adds up what its selectors would read.
class Estimator {
 public:
  Estimator(store::SampleSource& source, const EngineOptions& options, std::string_view tenant)
      : source_(source), options_(options), tenant_(tenant) {}

  QueryCost Take() { return std::move(cost_); }

  base::Result<void> Visit(const Expr* expr, const Grid& grid) {
    if (expr == nullptr) return {};
    switch (expr->kind) {
      case NodeKind::kVector: {
        const auto& selector = static_cast<const VectorSelector&>(*expr);
        return Add(*expr, selector, selector.shift, grid, options_.lookback_ms);
      }
      case NodeKind::kMatrix: {
        const RangeShape shape = ShapeOf(*expr);
        return Add(*expr, *shape.selector, *shape.shift, grid, shape.range_ms);
      }
      case NodeKind::kSubquery: {
        const auto& node = static_cast<const SubqueryExpr&>(*expr);
        const RangeShape shape = ShapeOf(*expr);
        const int64_t step_ms = node.step_ns != 0 ? std::max<int64_t>(1, node.step_ns / kNsPerMs)
                                                  : options_.default_subquery_step_ms;
        const Grid reach = Shifted(node.shift, grid);
        return Visit(node.expr.get(), Grid{reach.start_ms - shape.range_ms, reach.end_ms, step_ms});
      }
      case NodeKind::kCall:
        for (const ExprPtr& arg : static_cast<const Call*>(expr)->args)
          PHAROS_TRY_VOID(Visit(arg.get(), grid));
        return {};
      case NodeKind::kAggregate: {
        const auto* node = static_cast<const AggregateExpr*>(expr);
        PHAROS_TRY_VOID(Visit(node->param.get(), grid));
        return Visit(node->expr.get(), grid);
      }
      case NodeKind::kBinary: {
        const auto* node = static_cast<const BinaryExpr*>(expr);
        PHAROS_TRY_VOID(Visit(node->lhs.get(), grid));
        return Visit(node->rhs.get(), grid);
      }
      case NodeKind::kUnary: return Visit(static_cast<const UnaryExpr*>(expr)->expr.get(), grid);
      case NodeKind::kParen: return Visit(static_cast<const ParenExpr*>(expr)->expr.get(), grid);
      case NodeKind::kStepInvariant:
        return Visit(static_cast<const StepInvariantExpr*>(expr)->expr.get(),
                     Grid{grid.start_ms, grid.start_ms, grid.step_ms});
      default: return {};
    }
  }

 private:
  static Grid Shifted(const TimeShift& shift, const Grid& grid) {
    constexpr int64_t kFar = int64_t{1} << 60;  // as the evaluator
    const int64_t offset_ms = shift.original_offset_ns / kNsPerMs;
    const int64_t start = std::clamp(shift.at_ms.value_or(grid.start_ms), -kFar, kFar);
    const int64_t end = std::clamp(shift.at_ms.value_or(grid.end_ms), -kFar, kFar);
    return {start - offset_ms, end - offset_ms, grid.step_ms};
  }

  base::Result<void> Add(const Expr& whole, const VectorSelector& selector, const TimeShift& shift,
                         const Grid& grid, int64_t before_ms) {
    const Grid reach = Shifted(shift, grid);
    store::SampleQuery query;
    query.tenant = tenant_;
    query.matchers = selector.matchers;
    query.start_ms = reach.start_ms - before_ms + 1;
    query.end_ms = reach.end_ms;
    PHAROS_TRY(const store::SelectCost found, source_.Estimate(query));
    cost_.reads.series += found.series;
    cost_.reads.blocks += found.blocks;
    cost_.reads.bytes += found.bytes;
    cost_.reads.samples += found.samples;
    cost_.cells += found.series * grid.Steps();
    cost_.selectors.push_back({Print(whole), query.start_ms, query.end_ms, found});
    return {};
  }

  store::SampleSource& source_;
  const EngineOptions& options_;
  const std::string tenant_;
  QueryCost cost_;
};

}  // namespace

base::Result<QueryCost> EstimateCost(std::string_view query, int64_t start_ms, int64_t end_ms,
                                     int64_t step_ms, store::SampleSource& source,
                                     const EngineOptions& options, std::string_view tenant) {
  PHAROS_TRY(ExprPtr expr, ParseExpr(query));
  const bool instant = step_ms <= 0;
  const Grid grid{instant ? end_ms : start_ms, std::max(start_ms, end_ms), instant ? 1 : step_ms};
  PHAROS_TRY(expr, Preprocess(std::move(expr), grid, instant));
  Estimator estimator(source, options, tenant);
  PHAROS_TRY_VOID(estimator.Visit(expr.get(), grid));
  QueryCost cost = estimator.Take();
  cost.seconds = kQuerySeconds + static_cast<double>(cost.reads.series) * kSeriesSeconds +
                 static_cast<double>(cost.reads.samples) * kSampleSeconds +
                 static_cast<double>(cost.cells) * kCellSeconds;
  return cost;
}

}  // namespace pharos::query::promql
