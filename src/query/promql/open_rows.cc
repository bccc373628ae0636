// Selectors and range functions as streams of rows.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"

namespace pharos::query::promql {
namespace {

/// What a subquery found, as a selection.
class SubquerySelection final : public store::Selection {
 public:
  explicit SubquerySelection(std::vector<store::SeriesColumns> series)
      : series_(std::move(series)) {}
  size_t size() const override { return series_.size(); }
  model::Labels LabelsOf(size_t series) const override { return series_[series].labels; }
  std::unique_ptr<store::SelectionReader> NewReader() const override {
    return std::make_unique<Reader>(series_);
  }

 private:
  class Reader final : public store::SelectionReader {
   public:
    explicit Reader(const std::vector<store::SeriesColumns>& series) : series_(series) {}
    base::Result<store::SeriesSpan> Read(size_t series) override {
      const store::SeriesColumns& of = series_[series];
      return store::SeriesSpan{of.times_ms, of.values, of.starts_ms, of.histograms};
    }

   private:
    const std::vector<store::SeriesColumns>& series_;
  };
  std::vector<store::SeriesColumns> series_;
};

/// The one name that a selector's series can have; "" where there may be several.
std::string OnlyName(const VectorSelector& node) {
  for (const model::Matcher& matcher : node.matchers) {
    if (matcher.name() != model::kMetricName) continue;
    if (matcher.op() == model::MatchOp::kEqual) return matcher.value();
    if (matcher.op() == model::MatchOp::kRegex && matcher.literals().size() == 1)
      return matcher.literals()[0];
  }
  return "";
}

const Expr& Bare(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* paren = As<ParenExpr>(at, NodeKind::kParen)) at = paren->expr.get();
  return *at;
}

/// Keeps rows.
class Collector final : public RowSink {
 public:
  Collector(exec::QueryContext& context, Matrix& out) : context_(context), out_(out) {}
  bool wants_labels() const override { return true; }
  base::Result<void> Take(std::span<const MadeRow> rows) override {
    for (const MadeRow& made : rows) {
      PHAROS_TRY_VOID(context_.Charge(made.count));
      PHAROS_TRY_VOID(context_.HoldBytes(context_.held_bytes() + made.row->Bytes()));
      out_.rows.push_back(std::move(*made.row));
      *made.row = Row{};
    }
    return {};
  }

 private:
  exec::QueryContext& context_;
  Matrix& out_;
};

}  // namespace

base::Result<std::unique_ptr<store::Selection>> Evaluator::Choose(store::SampleQuery query) {
  auto selection = run_.source->Choose(query);
  if (!selection) return base::Wrap(std::move(selection).error(), "expanding series");
  return selection;
}

base::Result<bool> Evaluator::OpenRows(const Expr& expr, bool presence_only, RowStream* out) {
  const Expr& bare = Bare(expr);
  if (const auto* selector = As<VectorSelector>(&bare, NodeKind::kVector)) {
    if (selector->smoothed) return false;
    PHAROS_TRY_VOID(OpenSelector(*selector, presence_only, out));
    return true;
  }
  const auto* call = As<Call>(&bare, NodeKind::kCall);
  if (call == nullptr || call->function->name == "absent_over_time") return false;
  for (size_t i = 0; i < call->args.size(); ++i) {
    if (call->args[i]->type() != ValueType::kMatrix) continue;
    PHAROS_TRY_VOID(OpenRange(*call, i, out));
    return true;
  }
  return false;
}

base::Result<void> Evaluator::OpenSelector(const VectorSelector& node, bool presence_only,
                                           RowStream* out) {
  const int64_t lookback = run_.options->lookback_ms;
  const Reach reach = ReachOf(node.shift);
  RowRecipe& recipe = out->recipe;
  recipe.grid = grid_;
  recipe.steps = steps_;
  recipe.windows = {reach.first_ms, node.shift.at_ms.has_value() ? 0 : grid_.step_ms, lookback,
                    steps_};
  recipe.counts_only = node.counts_only;
  recipe.plain = run_.options->plain;
  out->metric = OnlyName(node);
  out->same_name = !out->metric.empty();
  store::SampleQuery query = QueryOf(node, reach.first_ms - lookback + 1, reach.last_ms, "");
  query.presence_only = presence_only && !recipe.plain;
  PHAROS_TRY(out->selection, Choose(std::move(query)));
  return {};
}

base::Result<void> Evaluator::OpenRange(const Call& node, size_t range_arg, RowStream* out) {
  const std::string_view name = node.function->name;
  const Expr& arg = *node.args[range_arg];
  RowRecipe& recipe = out->recipe;
  recipe.is_instant = false;
  recipe.sweep.shape = ShapeOf(arg);
  const RangeShape& shape = recipe.sweep.shape;
  if (std::string problem = ExtendedProblem(name, shape); !problem.empty())
    return EvalError(std::move(problem));
  for (size_t i = 0; i < node.args.size(); ++i) {
    if (i == range_arg) continue;
    PHAROS_TRY(Matrix scalar, Eval(*node.args[i]));
    recipe.args.push_back(std::move(scalar.rows[0].values));
  }
  const Reach reach = ReachOf(*shape.shift);
  const int64_t lookback = run_.options->lookback_ms;
  recipe.grid = grid_;
  recipe.steps = steps_;
  recipe.windows = {reach.first_ms,      shape.shift->at_ms.has_value() ? 0 : grid_.step_ms,
                    shape.range_ms,      steps_,
                    shape.range_seconds, name == "rate"};
  recipe.plain = run_.options->plain;
  recipe.wants_counter = name == "rate" || name == "increase";
  recipe.heeds_starts = recipe.wants_counter || name == "irate" || name == "resets";
  recipe.sweep.function = FindRangeFunction(name);
  recipe.sweep.lookback_ms = lookback;
  recipe.sweep.wants_resets = recipe.wants_counter;
  recipe.sweep.use_starts = run_.options->use_start_timestamps;
  recipe.column = FindColumnFunction(name);
  recipe.range_arg = arg.span();
  recipe.first_arg = node.args[0]->span();
  recipe.call = node.where;
  out->drops_name = name != "last_over_time" && name != "first_over_time";
  if (shape.selector == nullptr) {
    const int64_t read_before = run_.context->stats().total_samples;
    const int64_t held_before = run_.context->held_samples();
    PHAROS_TRY(auto series,
               EvalSubquery(static_cast<const SubqueryExpr&>(arg), &out->input_drop_name));
    run_.context->ResetRead(read_before);  // the subquery's points count, not what made them
    out->held = run_.context->held_samples() - held_before;
    out->selection = std::make_unique<SubquerySelection>(std::move(series));
    return {};
  }
  recipe.counts_only = shape.selector->counts_only;
  out->metric = OnlyName(*shape.selector);
  out->same_name = !out->metric.empty();
  const int64_t before = shape.range_ms + (shape.anchored || shape.smoothed ? lookback : 0);
  const int64_t behind = shape.smoothed ? lookback : 0;
  store::SampleQuery query =
      QueryOf(*shape.selector, reach.first_ms - before + 1, reach.last_ms + behind, name);
  query.presence_only = !recipe.plain && (recipe.column == ColumnFunction::kCount ||
                                          recipe.column == ColumnFunction::kPresent);
  PHAROS_TRY(out->selection, Choose(std::move(query)));
  return {};
}

base::Result<Matrix> Evaluator::CollectRows(const RowStream& stream) {
  Matrix matrix;
  Collector collector(*run_.context, matrix);
  PHAROS_TRY_VOID(RunRows(stream, *run_.context, collector));
  if (stream.drops_name) {
    for (Row& row : matrix.rows) DropName(&row);
  }
  return matrix;
}

}  // namespace pharos::query::promql
