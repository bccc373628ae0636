#include "query/promql/sample_count.h"

#include <algorithm>
#include <numeric>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/histogram_math.h"
#include "query/promql/newest.h"
#include "query/promql/parser.h"
#include "query/promql/preprocess.h"
#include "query/promql/range_shape.h"

namespace pharos::query::promql {
namespace {

/// A sample's time, and what it counts: 1, a histogram more.
struct Weight {
  int64_t time_ms = 0;
  int64_t count = 0;
};

/// What lies in (after, until].
int64_t Between(const std::vector<Weight>& weights, int64_t after, int64_t until) {
  auto at = std::upper_bound(weights.begin(), weights.end(), after,
                             [](int64_t time, const Weight& w) { return time < w.time_ms; });
  int64_t sum = 0;
  for (; at != weights.end() && at->time_ms <= until; ++at) sum += at->count;
  return sum;
}

std::vector<Weight> WeightsOf(const store::SeriesColumns& columns) {
  std::vector<Weight> out;
  for (size_t i = 0; i < columns.times_ms.size(); ++i)
    if (!model::IsStaleNan(columns.values[i])) out.push_back({columns.times_ms[i], 1});
  for (const model::HistogramSample& sample : columns.histograms) {
    if (!model::IsStaleNan(sample.histogram->sum))
      out.push_back({sample.time_ms, HistogramSize(*sample.histogram)});
  }
  std::sort(out.begin(), out.end(),
            [](const Weight& a, const Weight& b) { return a.time_ms < b.time_ms; });
  return out;
}

/// Walks a prepared tree on one grid.
class Counter {
 public:
  Counter(Run& run, const Grid& grid) : run_(run), grid_(grid), steps_(grid.Steps()) {
    counts_.looked_at.resize(steps_);
    counts_.read.resize(steps_);
  }

  base::Result<SampleCounts> Of(const Expr& expr) {
    PHAROS_TRY_VOID(Walk(&expr));
    return std::move(counts_);
  }

 private:
  base::Result<void> Walk(const Expr* expr) {
    if (expr == nullptr) return {};
    switch (expr->kind) {
      case NodeKind::kVector: return Selector(static_cast<const VectorSelector&>(*expr), false);
      case NodeKind::kMatrix: return Range(*expr, false);
      case NodeKind::kSubquery: return Subquery(static_cast<const SubqueryExpr&>(*expr));
      case NodeKind::kCall: return Function(static_cast<const Call&>(*expr));
      case NodeKind::kStepInvariant:
        return Invariant(*static_cast<const StepInvariantExpr*>(expr)->expr);
      case NodeKind::kUnary: return Walk(static_cast<const UnaryExpr*>(expr)->expr.get());
      case NodeKind::kParen: return Walk(static_cast<const ParenExpr*>(expr)->expr.get());
      case NodeKind::kAggregate: {
        const auto& node = static_cast<const AggregateExpr&>(*expr);
        PHAROS_TRY_VOID(Walk(node.param.get()));
        return Walk(node.expr.get());
      }
      case NodeKind::kBinary: {
        const auto& node = static_cast<const BinaryExpr&>(*expr);
        PHAROS_TRY_VOID(Walk(node.lhs.get()));
        return Walk(node.rhs.get());
      }
      default: return {};
    }
  }

  base::Result<void> Function(const Call& node) {
    const std::string_view name = node.function->name;
    if (name == "timestamp" || name == "start_timestamp") {
      const Expr* arg = Bare(node.args[0].get());
      if (const auto* selector = As<VectorSelector>(arg, NodeKind::kVector))
        return Selector(*selector, true);
    }
    for (size_t i = 0; i < node.args.size(); ++i) {
      // The second argument of info() is no selector to read.
      if (name == "info" && i == 1) continue;
      if (node.args[i]->type() == ValueType::kMatrix)
        PHAROS_TRY_VOID(Range(*Bare(node.args[i].get()), true));
      else
        PHAROS_TRY_VOID(Walk(node.args[i].get()));
    }
    return {};
  }

  /// Computed once, but looked at by each step.
  base::Result<void> Invariant(const Expr& expr) {
    PHAROS_TRY(const SampleCounts once,
               Counter(run_, {grid_.start_ms, grid_.start_ms, grid_.step_ms}).Of(expr));
    for (int64_t& step : counts_.looked_at) step += once.looked_at[0];
    counts_.read[0] += once.read[0];
    return {};
  }

  base::Result<void> Selector(const VectorSelector& node, bool times_only) {
    if (node.smoothed) return {};
    const int64_t lookback = run_.options->lookback_ms;
    return ForEachSeries(
        node, TimeOf(node.shift, 0) - lookback + 1, TimeOf(node.shift, steps_ - 1),
        [&](const store::SeriesColumns& columns) {
          const store::SeriesSpan span{columns.times_ms, columns.values, columns.starts_ms,
                                       columns.histograms};
          Newest newest(span);
          for (size_t step = 0; step < steps_; ++step) {
            const int64_t ref = TimeOf(node.shift, step);
            if (!newest.SeekTo(ref) || newest.time_ms() <= ref - lookback || newest.stale())
              continue;
            const int64_t count =
                newest.is_histogram() && !times_only ? HistogramSize(*newest.histogram()) : 1;
            counts_.looked_at[step] += count;
            counts_.read[step] += count;
          }
        });
  }

  /// A range selector or subquery, as the argument of a function or as the answer itself.
  base::Result<void> Range(const Expr& arg, bool in_function) {
    const RangeShape shape = ShapeOf(arg);
    if (shape.selector == nullptr)
      return SubqueryArgument(static_cast<const SubqueryExpr&>(arg), shape);
    const int64_t lookback = run_.options->lookback_ms;
    const int64_t before = shape.range_ms + (shape.anchored || shape.smoothed ? lookback : 0);
    const int64_t behind = shape.smoothed ? lookback : 0;
    return ForEachSeries(*shape.selector, TimeOf(*shape.shift, 0) - before + 1,
                         TimeOf(*shape.shift, steps_ - 1) + behind,
                         [&](store::SeriesColumns& columns) {
                           if (!in_function && before != shape.range_ms) {
                             const int64_t until = TimeOf(*shape.shift, 0);
                             ExtendFloats(until - shape.range_ms, until, shape.smoothed,
                                          &columns.times_ms, &columns.values);
                           }
                           Windows(WeightsOf(columns), shape, before, behind, true);
                         });
  }

  void Windows(const std::vector<Weight>& weights, const RangeShape& shape, int64_t before,
               int64_t behind, bool read) {
    for (size_t step = 0; step < steps_; ++step) {
      const int64_t until = TimeOf(*shape.shift, step) + behind;
      const int64_t after = until - behind - before;
      counts_.looked_at[step] += Between(weights, after, until);
      if (!read || (step > 0 && shape.shift->at_ms.has_value())) continue;
      const int64_t known = step == 0 ? after : std::max(after, until - grid_.step_ms);
      counts_.read[step] += Between(weights, known, until);
    }
  }

  Grid InnerGrid(const SubqueryExpr& node) const {
    const int64_t range_ms = node.range_ns / kNsPerMs;
    const int64_t step_ms = node.step_ns != 0 ? std::max<int64_t>(1, node.step_ns / kNsPerMs)
                                              : run_.options->default_subquery_step_ms;
    const int64_t after = TimeOf(node.shift, 0) - range_ms;
    Grid grid{step_ms * (after / step_ms), TimeOf(node.shift, steps_ - 1), step_ms};
    if (grid.start_ms <= after) grid.start_ms += step_ms;
    return grid;
  }

  /// The points count as the function's windows see them, what made them where they are needed.
  base::Result<void> SubqueryArgument(const SubqueryExpr& node, const RangeShape& shape) {
    const Grid inner = InnerGrid(node);
    if (inner.end_ms < inner.start_ms) return {};
    PHAROS_TRY(const SampleCounts counts, Counter(run_, inner).Of(*node.expr));
    MergeRead(counts, inner, node.shift.original_offset_ns / kNsPerMs, shape.range_ms);
    PHAROS_TRY(const Matrix matrix, Evaluator(run_, inner).Eval(*node.expr));
    for (const Row& row : matrix.rows) {
      std::vector<Weight> weights;
      for (size_t step = 0; step < row.values.size(); ++step) {
        if (!IsAbsent(row.values[step]))
          weights.push_back({inner.At(step), 1});
        else if (const model::Histogram* h = row.HistogramAt(step))
          weights.push_back({inner.At(step), HistogramSize(*h)});
      }
      Windows(weights, shape, shape.range_ms, 0, false);
    }
    return {};
  }

  base::Result<void> Subquery(const SubqueryExpr& node) {
    const Grid inner = InnerGrid(node);
    if (inner.end_ms < inner.start_ms) return {};
    PHAROS_TRY(const SampleCounts counts, Counter(run_, inner).Of(*node.expr));
    counts_.looked_at.back() +=
        std::accumulate(counts.looked_at.begin(), counts.looked_at.end(), int64_t{0});
    MergeRead(counts, inner, 0, 0);
    return {};
  }

  /// Each inner step belongs to the first outer one that uses it; 0 as a range: to one at least.
  void MergeRead(const SampleCounts& counts, const Grid& inner, int64_t offset_ms,
                 int64_t range_ms) {
    for (size_t k = 0; k < counts.read.size(); ++k) {
      const int64_t time_ms = inner.At(k) + offset_ms;
      size_t step = 0;
      if (steps_ > 1 && time_ms > grid_.start_ms) {
        step = static_cast<size_t>((time_ms - grid_.start_ms + grid_.step_ms - 1) / grid_.step_ms);
        step = std::min(step, steps_ - 1);
      }
      if (steps_ > 1 && range_ms > 0 && time_ms <= grid_.At(step) - range_ms) continue;
      counts_.read[step] += counts.read[k];
    }
  }

  base::Result<void> ForEachSeries(const VectorSelector& node, int64_t start_ms, int64_t end_ms,
                                   const std::function<void(store::SeriesColumns&)>& use) {
    store::SampleQuery query;
    query.tenant = run_.context->tenant();
    query.matchers = node.matchers;
    query.start_ms = start_ms;
    query.end_ms = end_ms;
    query.step_ms = grid_.step_ms;
    query.series_limit = run_.context->limits().max_series;
    PHAROS_TRY(const auto cursor, run_.source->Select(query));
    store::SeriesColumns columns;
    while (true) {
      PHAROS_TRY_VOID(run_.context->Check("query statistics"));
      PHAROS_TRY(const bool more, cursor->Next(&columns));
      if (!more) return {};
      use(columns);
      columns = {};
    }
  }

  int64_t TimeOf(const TimeShift& shift, size_t step) const {
    constexpr int64_t kFar = int64_t{1} << 60;
    return std::clamp(shift.at_ms.has_value() ? *shift.at_ms : grid_.At(step), -kFar, kFar) -
           shift.original_offset_ns / kNsPerMs;
  }

  static const Expr* Bare(const Expr* expr) {
    while (true) {
      if (const auto* paren = As<ParenExpr>(expr, NodeKind::kParen))
        expr = paren->expr.get();
      else if (const auto* fixed = As<StepInvariantExpr>(expr, NodeKind::kStepInvariant))
        expr = fixed->expr.get();
      else
        return expr;
    }
  }

  Run& run_;
  const Grid grid_;
  const size_t steps_;
  SampleCounts counts_;
};

}  // namespace

int64_t SampleCounts::Read() const { return std::accumulate(read.begin(), read.end(), int64_t{0}); }

base::Result<SampleCounts> CountSamples(std::string_view query, Grid grid,
                                        store::SampleSource* source, const EngineOptions& options,
                                        exec::QueryContext& context) {
  const bool instant = grid.step_ms == 0;
  if (instant) grid.step_ms = 1;
  PHAROS_TRY(ExprPtr expr, ParseExpr(query));
  PHAROS_TRY(expr, Preprocess(std::move(expr), grid, instant));
  Run run{source, &options, &context, Remarks(context.annotations())};
  return Counter(run, grid).Of(*expr);
}

}  // namespace pharos::query::promql
