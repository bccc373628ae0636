#include "query/promql/engine.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "query/promql/column_kernels.h"
#include "query/promql/evaluator.h"
#include "query/promql/limits.h"
#include "query/promql/parser.h"
#include "query/promql/preprocess.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

using base::ErrorKind;

ResultSeries ToSeries(Row& row, const Grid& grid) {
  ResultSeries series;
  series.labels = std::move(row.labels);
  series.floats.reserve(Kernels().count_present(row.values.data(), row.values.size()));
  for (size_t step = 0; step < row.values.size(); ++step) {
    if (!IsAbsent(row.values[step])) {
      series.floats.push_back({grid.At(step), row.values[step]});
    } else if (row.HistogramAt(step) != nullptr) {
      series.histograms.push_back({grid.At(step), row.histograms[step]});
    }
  }
  return series;
}

template <class Series>
void SortByLabels(std::vector<Series>& series) {
  const auto less = [](const Series& a, const Series& b) { return a.labels < b.labels; };
  if (std::is_sorted(series.begin(), series.end(), less)) return;
  std::stable_sort(series.begin(), series.end(), less);
}

const Expr* WithoutWrapping(const Expr* expr) {
  while (true) {
    if (const auto* paren = As<ParenExpr>(expr, NodeKind::kParen))
      expr = paren->expr.get();
    else if (const auto* wrapped = As<StepInvariantExpr>(expr, NodeKind::kStepInvariant))
      expr = wrapped->expr.get();
    else
      return expr;
  }
}

base::Result<QueryValue> RangeVector(Evaluator& evaluator, const Expr& expr, int64_t time_ms) {
  QueryValue value;
  value.type = ValueType::kMatrix;
  value.time_ms = time_ms;
  PHAROS_TRY(auto series, evaluator.EvalRangeVector(expr));
  for (store::SeriesColumns& columns : series) {
    ResultSeries result;
    result.labels = std::move(columns.labels);
    for (size_t i = 0; i < columns.values.size(); ++i)
      result.floats.push_back({columns.times_ms[i], columns.values[i]});
    result.histograms = std::move(columns.histograms);
    value.series.push_back(std::move(result));
  }
  SortByLabels(value.series);
  return value;
}

base::Result<QueryValue> Evaluate(Run& run, const Expr& expr, const Grid& grid) {
  const Expr* bare = WithoutWrapping(&expr);
  if (const auto* literal = As<StringLiteral>(bare, NodeKind::kString)) {
    QueryValue value;
    value.type = ValueType::kString;
    value.time_ms = grid.start_ms;
    value.text = literal->value;
    return value;
  }
  Evaluator evaluator(run, grid);
  if (bare->type() == ValueType::kMatrix) return RangeVector(evaluator, *bare, grid.start_ms);
  PHAROS_TRY(Matrix matrix, evaluator.Eval(expr));
  if (run.options->delayed_name_removal) {
    PHAROS_TRY(matrix, evaluator.DropMarkedNames(std::move(matrix)));
  }
  QueryValue value;
  value.type = expr.type();
  value.time_ms = grid.start_ms;
  if (run.options->as_rows) {
    value.rows = std::move(matrix.rows);
    value.grid = grid;
    return value;
  }
  value.series.reserve(matrix.rows.size());
  for (Row& row : matrix.rows) {
    value.series.push_back(ToSeries(row, grid));
    row = Row{};
  }
  return value;
}

base::Result<QueryAnswer> Finish(base::Result<QueryValue> value, std::string_view query,
                                 exec::QueryContext& context) {
  if (!value) return std::unexpected(std::move(value).error());
  QueryAnswer answer;
  answer.value = *std::move(value);
  RenderAnnotations(context.annotations(), query, 10, &answer.warnings, &answer.infos);
  answer.stats = context.stats();
  return answer;
}

/// Runs a query between its notes as running and in the log.
template <class Run>
base::Result<QueryAnswer> Noted(const EngineOptions& options, std::string_view query,
                                const Grid& grid, exec::QueryContext& context, const Run& run) {
  const exec::ActiveQueries::Running running(options.active, query);
  if (options.log == nullptr) return run();
  const int64_t before = context.clock().MonotonicNs();
  auto answer = run();
  options.log->Write(
      {query, grid.start_ms, grid.end_ms, grid.step_ms, context.clock().MonotonicNs() - before,
       context.stats(), answer ? std::string_view() : std::string_view(answer.error().message)},
      context);
  return answer;
}

std::string Rfc3339Seconds(int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char buffer[64];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

/// %.2g as Go prints it.
std::string TwoDigits(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.2g", value);
  return buffer;
}

std::string Rendered(const exec::Annotations::Item& item, std::string_view query) {
  std::string text = item.text;
  if (item.counted) {
    text += ", from buckets " + text::GoFloat(item.low, 'g') + " to " +
            text::GoFloat(item.high, 'g') + ", with a max diff of " + TwoDigits(item.max_diff) +
            ", over " + std::to_string(item.count) + " samples from " +
            Rfc3339Seconds(item.first_ms) + " to " + Rfc3339Seconds(item.last_ms);
  }
  if (item.position >= 0) text += " (" + PositionText(query, item.position) + ")";
  return text;
}

}  // namespace

void RenderAnnotations(const exec::Annotations& annotations, std::string_view query, size_t limit,
                       std::vector<std::string>* warnings, std::vector<std::string>* infos) {
  size_t skipped[2] = {0, 0};
  for (const exec::Annotations::Item& item : annotations.items()) {
    const bool warning = item.level == exec::Annotations::Level::kWarning;
    std::vector<std::string>* const list = warning ? warnings : infos;
    if (limit != 0 && list->size() >= limit)
      ++skipped[warning ? 0 : 1];
    else
      list->push_back(Rendered(item, query));
  }
  if (skipped[0] > 0)
    warnings->push_back(std::to_string(skipped[0]) + " more warning annotations omitted");
  if (skipped[1] > 0)
    infos->push_back(std::to_string(skipped[1]) + " more info annotations omitted");
}

base::Result<QueryAnswer> Engine::Instant(std::string_view query, int64_t time_ms,
                                          exec::QueryContext& context) const {
  return Noted(options_, query, Grid{time_ms, time_ms, 0}, context,
               [&] { return RunInstant(query, time_ms, context); });
}

base::Result<QueryAnswer> Engine::Range(std::string_view query, int64_t start_ms, int64_t end_ms,
                                        int64_t step_ms, exec::QueryContext& context) const {
  const Grid grid{start_ms, end_ms, step_ms};
  return Noted(options_, query, grid, context, [&] { return RunRange(query, grid, context); });
}

base::Result<QueryAnswer> Engine::RunInstant(std::string_view query, int64_t time_ms,
                                             exec::QueryContext& context) const {
  PHAROS_TRY(ExprPtr expr, ParseExpr(query));
  const Grid grid{time_ms, time_ms, 1};
  PHAROS_TRY(expr, Preprocess(std::move(expr), grid, true));
  Run run{source_, &options_, &context, Remarks(context.annotations())};
  return Finish(Evaluate(run, *expr, grid), query, context);
}

base::Result<QueryAnswer> Engine::RunRange(std::string_view query, const Grid& grid,
                                           exec::QueryContext& context) const {
  PHAROS_TRY(ExprPtr expr, ParseExpr(query));
  const ValueType type = expr->type();
  if (type != ValueType::kVector && type != ValueType::kScalar) {
    return base::Fail(ErrorKind::kBadInput,
                      "invalid expression type \"" + std::string(DocumentedType(type)) +
                          "\" for range query, must be Scalar or instant Vector");
  }
  if (grid.step_ms <= 0 || grid.end_ms < grid.start_ms)
    return base::Fail(ErrorKind::kBadInput, "range query needs start ≤ end and a positive step");
  if ((grid.end_ms - grid.start_ms) / grid.step_ms >= kMaxSteps) {
    return base::Fail(ErrorKind::kLimit,
                      "range query has more than " + std::to_string(kMaxSteps) + " steps");
  }
  PHAROS_TRY(expr, Preprocess(std::move(expr), grid, false));
  Run run{source_, &options_, &context, Remarks(context.annotations())};
  auto value = Evaluate(run, *expr, grid);
  if (value) {
    value->type = ValueType::kMatrix;
    SortByLabels(value->series);
    SortByLabels(value->rows);
  }
  return Finish(std::move(value), query, context);
}

}  // namespace pharos::query::promql
