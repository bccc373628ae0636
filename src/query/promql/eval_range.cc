// Calls over a range selector or a subquery: a window slides over each series' samples.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"

namespace pharos::query::promql {
namespace {

/// What a range argument says about its window.
struct RangeShape {
  int64_t range_ms = 0;
  double range_seconds = 0;
  const TimeShift* shift = nullptr;
  const VectorSelector* selector = nullptr;  ///< null for a subquery
  bool anchored = false;
  bool smoothed = false;
};

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

void DropStale(store::SeriesColumns& columns) {
  if (std::any_of(columns.values.begin(), columns.values.end(), model::IsStaleNan)) {
    size_t kept = 0;
    for (size_t i = 0; i < columns.values.size(); ++i) {
      if (model::IsStaleNan(columns.values[i])) continue;
      columns.times_ms[kept] = columns.times_ms[i];
      if (!columns.starts_ms.empty()) columns.starts_ms[kept] = columns.starts_ms[i];
      columns.values[kept++] = columns.values[i];
    }
    columns.times_ms.resize(kept);
    columns.values.resize(kept);
    if (!columns.starts_ms.empty()) columns.starts_ms.resize(kept);
  }
  std::erase_if(columns.histograms, [](const model::HistogramSample& s) {
    return model::IsStaleNan(s.histogram->sum);
  });
}

/// The slice of a column in (after, until]; both ends only ever move forward.
struct Slice {
  size_t low = 0;
  size_t high = 0;
  template <class TimeAt>
  void Move(size_t size, int64_t after, int64_t until, const TimeAt& time_at) {
    while (high < size && time_at(high) <= until) ++high;
    while (low < high && time_at(low) <= after) ++low;
  }
};

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

bool CounterName(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
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

/// Evaluates one function over the windows of one series.
class SeriesSweep {
 public:
  SeriesSweep(const RangeShape& shape, RangeFunction function, const RangeCallInfo& info,
              int64_t lookback_ms, bool wants_resets, bool use_starts)
      : shape_(shape),
        function_(function),
        info_(info),
        lookback_ms_(lookback_ms),
        wants_resets_(wants_resets),
        use_starts_(use_starts) {}

  std::span<const uint32_t> resets() const { return resets_; }

  void Begin(const store::SeriesColumns& columns) {
    columns_ = &columns;
    floats_ = {};
    histograms_ = {};
    resets_.clear();
    reset_low_ = reset_high_ = 0;
    if (!wants_resets_) return;
    for (size_t i = 1; i < columns.values.size(); ++i) {
      if (columns.values[i] < columns.values[i - 1]) resets_.push_back(static_cast<uint32_t>(i));
    }
  }

  /// False when the window is empty. Adds the samples in it to `read`.
  bool Step(int64_t ref_ms, int64_t eval_ms, std::span<const double> args, std::string_view metric,
            int64_t* read, WindowResult* out) {
    int64_t until = ref_ms;
    int64_t after = ref_ms - shape_.range_ms;
    if (shape_.anchored || shape_.smoothed) after -= lookback_ms_;
    if (shape_.smoothed) until += lookback_ms_;
    const auto& c = *columns_;
    floats_.Move(c.times_ms.size(), after, until, [&](size_t i) { return c.times_ms[i]; });
    histograms_.Move(c.histograms.size(), after, until,
                     [&](size_t i) { return c.histograms[i].time_ms; });
    const size_t n = floats_.high - floats_.low;
    const size_t hn = histograms_.high - histograms_.low;
    if (n + hn == 0 || after == until) return false;
    *read += static_cast<int64_t>(n + hn);
    Window window;
    window.times = {c.times_ms.data() + floats_.low, n};
    window.values = {c.values.data() + floats_.low, n};
    if (use_starts_ && !c.starts_ms.empty()) window.starts = {c.starts_ms.data() + floats_.low, n};
    window.use_starts = use_starts_;
    window.histograms = {c.histograms.data() + histograms_.low, hn};
    window.range_start_ms = ref_ms - shape_.range_ms;
    window.range_end_ms = ref_ms;
    window.eval_ms = eval_ms;
    window.range_seconds = shape_.range_seconds;
    window.anchored = shape_.anchored;
    window.smoothed = shape_.smoothed;
    window.metric = metric;
    window.args = args;
    if (wants_resets_) {
      while (reset_high_ < resets_.size() && resets_[reset_high_] < floats_.high) ++reset_high_;
      while (reset_low_ < reset_high_ && resets_[reset_low_] <= floats_.low) ++reset_low_;
      window.resets = {resets_.data() + reset_low_, reset_high_ - reset_low_};
      window.resets_base = static_cast<uint32_t>(floats_.low);
    }
    function_(window, info_, out);
    return true;
  }

 private:
  const RangeShape& shape_;
  RangeFunction function_;
  const RangeCallInfo& info_;
  int64_t lookback_ms_;
  bool wants_resets_;
  bool use_starts_;
  const store::SeriesColumns* columns_ = nullptr;
  Slice floats_;
  Slice histograms_;
  std::vector<uint32_t> resets_;
  size_t reset_low_ = 0;
  size_t reset_high_ = 0;
};

}  // namespace

base::Result<void> Evaluator::VisitRange(const Expr& arg, std::string_view function,
                                         const SeriesVisitor& visit) {
  if (const auto* subquery = As<SubqueryExpr>(&arg, NodeKind::kSubquery)) {
    std::vector<bool> drop_names;
    PHAROS_TRY(auto series, EvalSubquery(*subquery, &drop_names));
    for (size_t i = 0; i < series.size(); ++i) {
      PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
      PHAROS_TRY_VOID(visit(series[i], drop_names[i]));
    }
    return {};
  }
  const RangeShape shape = ShapeOf(arg);
  const Reach reach = ReachOf(*shape.shift);
  const int64_t lookback = run_.options->lookback_ms;
  const int64_t before = shape.range_ms + (shape.anchored || shape.smoothed ? lookback : 0);
  const int64_t behind = shape.smoothed ? lookback : 0;
  PHAROS_TRY(const auto cursor,
             Open(*shape.selector, reach.first_ms - before + 1, reach.last_ms + behind, function));
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return {};
    DropStale(columns);
    if (shape.selector->counts_only) TellResets(columns);
    PHAROS_TRY_VOID(visit(columns, false));
  }
}

base::Result<Matrix> Evaluator::EvalRangeCall(const Call& node, size_t range_arg) {
  const std::string_view name = node.function->name;
  const Expr& arg = *node.args[range_arg];
  const RangeShape shape = ShapeOf(arg);
  if (std::string problem = ExtendedProblem(name, shape); !problem.empty())
    return EvalError(std::move(problem));
  std::vector<Matrix> scalars;
  for (size_t i = 0; i < node.args.size(); ++i) {
    if (i == range_arg) continue;
    PHAROS_TRY(Matrix scalar, Eval(*node.args[i]));
    scalars.push_back(std::move(scalar));
  }
  RangeScratch scratch;
  const RangeCallInfo info{arg.span(), node.args[0]->span(), node.where, &run_.remarks, &scratch};
  const bool is_rate = name == "rate" || name == "increase";
  const bool keeps_name = name == "last_over_time" || name == "first_over_time";
  SeriesSweep sweep(shape, FindRangeFunction(name), info, run_.options->lookback_ms, is_rate,
                    run_.options->use_start_timestamps);
  Matrix matrix;
  std::vector<double> args(scalars.size());
  const bool has_args = !args.empty();
  const bool by_column = (is_rate || name == "delta") && !shape.anchored && !shape.smoothed;
  const RateColumn column{is_rate,
                          name == "rate",
                          shape.range_ms,
                          shape.range_seconds,
                          RefTime(*shape.shift, 0),
                          shape.shift->at_ms.has_value() ? 0 : grid_.step_ms};
  const auto visit = [&](store::SeriesColumns& columns,
                         bool input_drop_name) -> base::Result<void> {
    const std::string_view metric = columns.labels.Name();
    Row row = NewRow({});
    bool any = false;
    bool any_float = false;
    int64_t read = 0;
    sweep.Begin(columns);
    const bool whole = by_column && columns.histograms.empty() &&
                       (columns.starts_ms.empty() || !run_.options->use_start_timestamps);
    if (whole) {
      read = RateOfColumn(column, columns.times_ms, columns.values, sweep.resets(), row.values);
      any = any_float =
          std::any_of(row.values.begin(), row.values.end(), [](double v) { return !IsAbsent(v); });
    }
    for (size_t step = 0; step < steps_ && !whole; ++step) {
      for (size_t i = 0; has_args && i < args.size(); ++i)
        args[i] = scalars[i].rows[0].values[step];
      WindowResult out;
      if (!sweep.Step(RefTime(*shape.shift, step), grid_.At(step), args, metric, &read, &out))
        continue;
      if (!out.error.empty()) return EvalError(std::move(out.error));
      if (out.histogram != nullptr) {
        row.SetHistogram(step, std::move(out.histogram));
        any = true;
      } else if (out.has_float) {
        row.values[step] = out.value;
        any = any_float = true;
      }
    }
    run_.context->CountRead(read);
    if (!any) return {};
    if (is_rate && any_float && !metric.empty() && !CounterName(metric)) {
      run_.remarks.PossibleNonCounter(metric, info.range_arg);
    }
    row.labels = columns.labels;
    row.drop_name = input_drop_name;
    if (!keeps_name) DropName(&row);
    matrix.rows.push_back(std::move(row));
    return CheckCells(matrix.rows.size());
  };
  PHAROS_TRY_VOID(VisitRange(arg, name, visit));
  PHAROS_TRY_VOID(Finish(&matrix));
  if (name == "absent_over_time") return EvalAbsentOverTime(node, matrix);
  if (delayed() || keeps_name) return matrix;
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
  PHAROS_TRY(Matrix matrix, inner.Eval(*node.expr));
  out.reserve(matrix.rows.size());
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
  const auto visit = [&](store::SeriesColumns& columns, bool /*drop_name*/) -> base::Result<void> {
    if ((shape.anchored || shape.smoothed) && !columns.histograms.empty()) {
      return EvalError(std::string(shape.anchored ? "anchored" : "smoothed") +
                       " modifier is not supported with histograms");
    }
    if (shape.anchored || shape.smoothed) {
      ExtendFloats(after, until, shape.smoothed, &columns.times_ms, &columns.values);
    } else {
      Clip(&columns, after, until);
    }
    const int64_t count = static_cast<int64_t>(columns.values.size() + columns.histograms.size());
    run_.context->CountRead(count);
    PHAROS_TRY_VOID(run_.context->Charge(count));
    if (count > 0) out.push_back(std::move(columns));
    columns = {};
    return {};
  };
  PHAROS_TRY_VOID(VisitRange(expr, "", visit));
  return out;
}

}  // namespace pharos::query::promql
