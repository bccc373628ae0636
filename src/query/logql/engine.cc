#include "query/logql/engine.h"

#include <algorithm>

#include "query/logql/run_context.h"

namespace pharos::query::logql {

using base::ErrorKind;
using base::Fail;
using base::Result;

base::Result<void> RunContext::Check() const {
  if (params.cancelled && params.cancelled())
    return Fail(ErrorKind::kCancelled, "context canceled");
  if (params.deadline_ns != 0 && params.clock->MonotonicNs() > params.deadline_ns) {
    return Fail(
        ErrorKind::kTimeout,
        "request timed out, decrease the duration of the request or add more label matchers "
        "(prefer exact match over regex match) to reduce the amount of data processed");
  }
  return {};
}

StepSeries MakeSeries(model::Labels labels, size_t steps) {
  return {std::move(labels), std::vector<double>(steps), std::vector<uint8_t>(steps)};
}

namespace {

StepVector Constant(double value, size_t steps, bool scalar) {
  StepVector out;
  out.scalar = scalar;
  out.series.push_back({{}, std::vector<double>(steps, value), std::vector<uint8_t>(steps, 1)});
  return out;
}

MetricSeries ToPoints(StepSeries series, const RunContext& context) {
  MetricSeries out{std::move(series.labels), {}};
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (series.present[i] != 0)
      out.points.push_back({context.StepTime(i) / 1'000'000, series.values[i]});
  }
  return out;
}

Result<std::vector<MetricSeries>> Finish(StepVector vector, const RunContext& context) {
  std::vector<MetricSeries> all;
  for (StepSeries& series : vector.series) {
    MetricSeries points = ToPoints(std::move(series), context);
    if (!points.points.empty()) all.push_back(std::move(points));
  }
  if (all.size() > context.params.max_series) {
    return Fail(ErrorKind::kBadInput,
                "maximum number of series (" + std::to_string(context.params.max_series) +
                    ") reached for a single query; consider reducing query cardinality by adding "
                    "more specific stream selectors, reducing the time range, or aggregating "
                    "results with functions like sum(), count() or topk()");
  }
  if (!vector.sorted || !context.params.instant) {
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.labels < b.labels; });
  }
  return all;
}

Result<QueryResult> RunMetric(const Expr& expr, RunContext& context) {
  const Params& params = context.params;
  if (!params.instant) {
    if (params.step_ns <= 0) return Fail(ErrorKind::kBadInput, "step must be a positive duration");
    if (params.end_ns < params.start_ns) return Fail(ErrorKind::kBadInput, "end is before start");
    if ((params.end_ns - params.start_ns) / params.step_ns > kMaxSteps) {
      return Fail(ErrorKind::kBadInput,
                  "exceeded maximum resolution of 11,000 points per time series. Try increasing "
                  "the value of the step parameter");
    }
  }
  QueryResult result;
  PHAROS_TRY(StepVector vector, Evaluate(expr, context));
  if (vector.scalar && params.instant) {
    result.data = ScalarResult{{params.start_ns / 1'000'000, vector.series[0].values[0]}};
    return result;
  }
  PHAROS_TRY(auto series, Finish(std::move(vector), context));
  if (params.instant) {
    result.data = VectorResult{std::move(series)};
  } else {
    result.data = MatrixResult{std::move(series)};
  }
  return result;
}

/// The sum of its values over series is its value over all their lines, as Loki has it.
bool AddsUp(const RangeAggregation& range) {
  return !range.grouping && (range.function == "count_over_time" || range.function == "rate" ||
                             range.function == "bytes_over_time" ||
                             range.function == "bytes_rate" || range.function == "sum_over_time");
}

}  // namespace

Result<StepVector> Evaluate(const Expr& expr, RunContext& context) {
  PHAROS_TRY_VOID(context.Check());
  if (const auto* literal = expr.As<Literal>())
    return Constant(literal->value, context.Steps(), true);
  if (const auto* vector = expr.As<VectorExpr>())
    return Constant(vector->value, context.Steps(), false);
  if (const auto* range = expr.As<RangeAggregation>()) {
    return EvaluateRange(*range, nullptr, context);
  }
  if (const auto* aggregation = expr.As<VectorAggregation>()) {
    const auto* range = aggregation->inner->As<RangeAggregation>();
    if (aggregation->function == "sum" && range != nullptr && AddsUp(*range)) {
      const Grouping all{false, {}};
      const Grouping& grouping = aggregation->grouping ? *aggregation->grouping : all;
      PHAROS_TRY(StepVector summed, EvaluateRange(*range, &grouping, context));
      return Aggregate(*aggregation, std::move(summed), context);
    }
    PHAROS_TRY(StepVector inner, Evaluate(*aggregation->inner, context));
    return Aggregate(*aggregation, std::move(inner), context);
  }
  if (const auto* binary = expr.As<Binary>()) {
    PHAROS_TRY(StepVector left, Evaluate(*binary->left, context));
    PHAROS_TRY(StepVector right, Evaluate(*binary->right, context));
    return EvaluateBinary(*binary, std::move(left), std::move(right), context);
  }
  if (const auto* replace = expr.As<LabelReplace>()) {
    PHAROS_TRY(StepVector inner, Evaluate(*replace->inner, context));
    return ReplaceLabels(*replace, std::move(inner));
  }
  return Fail(ErrorKind::kBadInput, "a log query cannot stand inside a metric query");
}

Result<QueryResult> Run(const Expr& expr, const Params& given, store::EventSource& events) {
  Params params = given;
  params.start_ns = std::clamp(params.start_ns, kMinTimeNs, kMaxTimeNs);
  params.end_ns = std::clamp(params.end_ns, kMinTimeNs, kMaxTimeNs);
  params.step_ns = std::min(params.step_ns, kMaxDurationNs);
  RunContext context(params, events);
  const int64_t started = params.clock->MonotonicNs();
  Result<QueryResult> result = QueryResult{};
  if (const auto* log = expr.As<LogExpr>()) {
    if (params.instant) {
      return Fail(ErrorKind::kBadInput,
                  "log queries are not supported as an instant query type, please change your "
                  "query to a range query type");
    }
    PHAROS_TRY(result->data, RunLog(*log, context));
    context.stats.entries_returned = std::get<LogResult>(result->data).entries.size();
  } else {
    result = RunMetric(expr, context);
  }
  if (!result) return result;
  context.stats.exec_ns = params.clock->MonotonicNs() - started;
  result->stats = context.stats;
  return result;
}

model::Labels GroupLabels(const model::Labels& labels, const Grouping& grouping) {
  std::vector<model::LabelView> kept;
  for (const model::LabelView& label : labels) {
    const bool named = std::find(grouping.labels.begin(), grouping.labels.end(), label.name) !=
                       grouping.labels.end();
    if (named != grouping.without) kept.push_back(label);
  }
  return model::Labels::FromPairs(std::move(kept));
}

}  // namespace pharos::query::logql
