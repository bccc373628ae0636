// Calls over a range selector or a subquery: a window slides over each series' samples.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/histogram_math.h"
#include "query/promql/range_shape.h"

namespace pharos::query::promql {
namespace {

/// What a point of a range vector takes, with its time.
constexpr int64_t kPointBytes = 16;

void DropStale(store::SeriesColumns& columns) {
  size_t kept = 0;
  for (size_t i = 0; i < columns.values.size(); ++i) {
    if (model::IsStaleNan(columns.values[i])) continue;
    columns.times_ms[kept] = columns.times_ms[i];
    columns.values[kept++] = columns.values[i];
  }
  columns.times_ms.resize(kept);
  columns.values.resize(kept);
  columns.starts_ms.clear();
  std::erase_if(columns.histograms, [](const model::HistogramSample& s) {
    return model::IsStaleNan(s.histogram->sum);
  });
}

/// Cuts to (after, until].
void Clip(store::SeriesColumns* columns, int64_t after, int64_t until) {
  auto& times = columns->times_ms;
  const auto high = std::upper_bound(times.begin(), times.end(), until) - times.begin();
  const auto low = std::upper_bound(times.begin(), times.begin() + high, after) - times.begin();
  times.resize(static_cast<size_t>(high));
  columns->values.resize(static_cast<size_t>(high));
  times.erase(times.begin(), times.begin() + low);
  columns->values.erase(columns->values.begin(), columns->values.begin() + low);
  std::erase_if(columns->histograms,
                [&](const auto& h) { return h.time_ms <= after || h.time_ms > until; });
}

}  // namespace

base::Result<Matrix> Evaluator::EvalRangeCall(const Call& node, size_t range_arg) {
  RowStream stream;
  PHAROS_TRY_VOID(OpenRange(node, range_arg, &stream));
  PHAROS_TRY(Matrix matrix, CollectRows(stream));
  PHAROS_TRY_VOID(run_.context->Charge(-stream.held));
  if (node.function->name == "absent_over_time") return EvalAbsentOverTime(node, matrix);
  if (delayed() || !stream.drops_name || (stream.same_name && stream.input_drop_name.empty()))
    return matrix;
  // Two series that only differ in their name may not become one.
  std::vector<std::string_view> seen;
  seen.reserve(matrix.rows.size());
  for (const Row& row : matrix.rows) seen.push_back(row.labels.bytes());
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
    return EvalError(std::string(kSameLabels));
  return matrix;
}

base::Result<Matrix> Evaluator::EvalAbsentOverTime(const Call& node, const Matrix& present) {
  Row row = NewRow(AbsentLabels(*node.args[0]));
  row.drop_name = true;
  bool any = false;
  for (size_t step = 0; step < steps_; ++step) {
    const bool found = std::any_of(present.rows.begin(), present.rows.end(),
                                   [step](const Row& r) { return r.Has(step); });
    if (found) continue;
    row.values[step] = 1;
    any = true;
  }
  Matrix matrix;
  if (any) matrix.rows.push_back(std::move(row));
  return matrix;
}

// The inner expression on its own grid: multiples of the step inside (start − range, end].
base::Result<std::vector<store::SeriesColumns>> Evaluator::EvalSubquery(
    const SubqueryExpr& node, std::vector<bool>* drop_names) {
  const int64_t range_ms = node.range_ns / kNsPerMs;
  const int64_t step_ms = node.step_ns != 0 ? std::max<int64_t>(1, node.step_ns / kNsPerMs)
                                            : run_.options->default_subquery_step_ms;
  const Reach reach = ReachOf(node.shift);
  Grid grid{0, reach.last_ms, step_ms};
  grid.start_ms = step_ms * ((reach.first_ms - range_ms) / step_ms);
  if (grid.start_ms <= reach.first_ms - range_ms) grid.start_ms += step_ms;
  std::vector<store::SeriesColumns> out;
  if (grid.end_ms < grid.start_ms) return out;
  Evaluator inner(run_, grid);
  PHAROS_TRY_VOID(inner.CheckCells(1));
  int64_t held = run_.context->held_bytes();
  PHAROS_TRY(Matrix matrix, inner.Eval(*node.expr));
  out.reserve(matrix.rows.size());
  for (const Row& row : matrix.rows) held += kPointBytes * row.Count();
  PHAROS_TRY_VOID(run_.context->HoldBytes(held));
  for (Row& row : matrix.rows) {
    store::SeriesColumns columns;
    columns.labels = std::move(row.labels);
    for (size_t step = 0; step < row.values.size(); ++step) {
      if (!IsAbsent(row.values[step])) {
        columns.times_ms.push_back(grid.At(step));
        columns.values.push_back(row.values[step]);
      } else if (const model::Histogram* h = row.HistogramAt(step)) {
        HistogramPtr kept = row.histograms[step];
        if (h->reset == model::Histogram::Reset::kYes || h->reset == model::Histogram::Reset::kNo) {
          auto copy = std::make_shared<model::Histogram>(*h);
          copy->reset = model::Histogram::Reset::kUnknown;
          kept = std::move(copy);
        }
        columns.histograms.push_back({grid.At(step), std::move(kept)});
      }
    }
    drop_names->push_back(row.drop_name);
    out.push_back(std::move(columns));
    row = Row{};
  }
  return out;
}

// A range vector as the answer itself: only instant queries have such.
base::Result<std::vector<store::SeriesColumns>> Evaluator::EvalRangeVector(const Expr& expr) {
  std::vector<store::SeriesColumns> out;
  const RangeShape shape = ShapeOf(expr);
  if (shape.selector == nullptr) {
    std::vector<bool> drop_names;
    PHAROS_TRY(out, EvalSubquery(static_cast<const SubqueryExpr&>(expr), &drop_names));
    for (size_t i = 0; i < out.size(); ++i) {
      if (drop_names[i] && delayed()) out[i].labels = WithoutName(out[i].labels);
    }
    return out;
  }
  const int64_t until = RefTime(*shape.shift, 0);
  const int64_t after = until - shape.range_ms;
  const bool extended = shape.anchored || shape.smoothed;
  const int64_t lookback = run_.options->lookback_ms;
  PHAROS_TRY(const auto cursor, Open(*shape.selector, after + 1 - (extended ? lookback : 0),
                                     until + (shape.smoothed ? lookback : 0), ""));
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return out;
    DropStale(columns);
    if (extended && !columns.histograms.empty()) {
      return EvalError(std::string(shape.anchored ? "anchored" : "smoothed") +
                       " modifier is not supported with histograms");
    }
    if (extended) {
      ExtendFloats(after, until, shape.smoothed, &columns.times_ms, &columns.values);
    } else {
      Clip(&columns, after, until);
    }
    auto count = static_cast<int64_t>(columns.values.size());
    for (const model::HistogramSample& sample : columns.histograms)
      count += HistogramSize(*sample.histogram);
    run_.context->CountRead(count);
    PHAROS_TRY_VOID(run_.context->Charge(count));
    PHAROS_TRY_VOID(run_.context->HoldBytes(run_.context->held_bytes() + kPointBytes * count));
    if (count > 0) out.push_back(std::move(columns));
    columns = {};
  }
}

}  // namespace pharos::query::promql
