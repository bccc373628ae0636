// query, query_range, format_query, parse_query.
#include "api/prometheus/answer_text.h"
#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "api/prometheus/params.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "query/promql/sample_count.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using query::promql::Engine;
using query::promql::QueryAnswer;

/// What query and query_range have in common.
struct QueryOptions {
  int64_t limit = 0;
  std::string stats;
  query::exec::QueryLimits limits;
  query::promql::EngineOptions engine;
};

base::Result<QueryOptions> ReadOptions(const PrometheusApiDeps& deps, const net::Params& params) {
  QueryOptions options{0, std::string(params.Get("stats")), deps.limits, deps.engine};
  options.engine.as_rows = true;
  PHAROS_TRY(options.limit, LimitParam(params));
  if (const std::string_view text = params.Get("timeout"); !text.empty()) {
    const auto timeout = ParseDuration(text);
    if (!timeout) return InvalidParameter("timeout", timeout.error());
    options.limits.timeout_ms = std::min(options.limits.timeout_ms, *timeout);
  }
  if (const std::string_view text = params.Get("lookback_delta"); !text.empty()) {
    auto lookback = ParseDuration(text);
    if (!lookback)
      return base::Wrap(std::move(lookback).error(), "error parsing lookback delta duration");
    if (*lookback > 0) options.engine.lookback_ms = *lookback;
  }
  return options;
}

/// What a request with `stats` is told of samples.
struct Counted {
  query::promql::Grid grid;
  query::promql::SampleCounts samples;
  bool each_step = false;
};

/// `[[1.5,7],…]`: times in seconds.
void AppendSteps(text::JsonWriter& json, std::string_view key, const query::promql::Grid& grid,
                 const std::vector<int64_t>& steps) {
  json.Key(key).BeginArray();
  for (size_t step = 0; step < steps.size(); ++step) {
    std::string seconds;
    text::AppendSampleValue(seconds, static_cast<double>(grid.At(step)) / 1000);
    json.BeginArray().Raw(seconds).Int(steps[step]).EndArray();
  }
  json.EndArray();
}

void AppendStats(std::string& out, const QueryAnswer& answer, const Counted& counted,
                 int64_t elapsed_ns) {
  std::string seconds;
  text::AppendSampleValue(seconds, static_cast<double>(elapsed_ns) / 1e9);
  out += ",\"stats\":";
  text::JsonWriter json(out);
  json.BeginObject().Key("timings").BeginObject();
  json.Key("evalTotalTime").Raw(seconds).Key("resultSortTime").Int(0);
  json.Key("queryPreparationTime").Int(0).Key("innerEvalTime").Raw(seconds);
  json.Key("execQueueTime").Int(0).Key("execTotalTime").Raw(seconds).EndObject();
  json.Key("samples").BeginObject();
  const auto& samples = counted.samples;
  if (counted.each_step)
    AppendSteps(json, "totalQueryableSamplesPerStep", counted.grid, samples.looked_at);
  json.Key("totalQueryableSamples").Int(answer.stats.total_samples);
  if (counted.each_step) AppendSteps(json, "samplesReadPerStep", counted.grid, samples.read);
  json.Key("samplesRead").Int(samples.Read());
  json.Key("peakSamples").Int(answer.stats.peak_samples).EndObject().EndObject();
}

/// Whether there was more.
template <class Series>
bool Truncate(std::vector<Series>& series, int64_t limit) {
  if (limit <= 0 || series.size() <= static_cast<size_t>(limit)) return false;
  series.resize(static_cast<size_t>(limit));
  return true;
}

net::Response Answer(QueryAnswer answer, const QueryOptions& options, const Counted& counted,
                      int64_t elapsed_ns, query::exec::HeldMemory memory) {
  const bool list = answer.value.type == query::promql::ValueType::kVector ||
                    answer.value.type == query::promql::ValueType::kMatrix;
  if (list &&
      (Truncate(answer.value.series, options.limit) || Truncate(answer.value.rows, options.limit)))
    answer.warnings.emplace_back("results truncated due to limit");
  if (!options.stats.empty() && options.stats != "true" && options.stats != "all") {
    answer.warnings.push_back(
        "value " + query::promql::GoQuote(options.stats) +
        " for parameter \"stats\" is deprecated and will be rejected in the next major release, "
        "use \"true\" or \"all\"");
  }
  std::string tail;
  if (!options.stats.empty()) AppendStats(tail, answer, counted, elapsed_ns);
  tail += '}';
  AppendRemarks(tail, answer.warnings, answer.infos);
  tail += '}';
  return Respond(std::move(answer.value), std::move(tail), std::move(memory));
}

/// Runs a query and answers; `run` gets the engine and its context. `grid` is that of the query.
template <class Run>
net::Response Execute(const PrometheusApiDeps& deps, const net::Request& request,
                      const QueryOptions& options, const query::promql::Grid& grid,
                      const Run& run) {
  const int64_t before = deps.clock->MonotonicNs();
  query::exec::QueryContext context(options.limits, TenantOf(deps, request), *deps.clock);
  context.SetOrigin({.client = request.remote.substr(0, request.remote.rfind(':')),
                     .method = request.method,
                     .path = request.path});
  context.SetCancelled([&request] { return request.cancelled.Cancelled(); });
  auto answer = run(Engine(deps.source, options.engine), context);
  if (answer) {
    const int64_t elapsed_ns = deps.clock->MonotonicNs() - before;
    Counted counted{.grid = grid, .each_step = deps.per_step_stats && options.stats == "all"};
    if (!options.stats.empty()) {
      query::exec::QueryContext counting(options.limits, context.tenant(), *deps.clock);
      counting.SetCancelled([&request] { return request.cancelled.Cancelled(); });
      auto samples = query::promql::CountSamples(request.AllParams().Get("query"), grid,
                                                 deps.source, options.engine, counting);
      if (!samples) return Failure(samples.error());
      counted.samples = *std::move(samples);
    }
    return Answer(*std::move(answer), options, counted, elapsed_ns, context.TakeMemory());
  }
  if (answer.error().kind == ErrorKind::kBadInput)
    return Failure(InvalidParameter("query", std::move(answer).error()).error());
  return Failure(answer.error());
}

base::Result<query::promql::ExprPtr> ReadExpression(const net::Request& request) {
  const net::Params params = request.AllParams();
  auto expr = query::promql::ParseExpr(params.Get("query"));
  if (!expr) return InvalidParameter("query", std::move(expr).error());
  return expr;
}

}  // namespace

net::Response HandleQuery(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto time = TimeParam(params, "time", deps.clock->NowMs());
  if (!time) return Failure(time.error());
  const auto options = ReadOptions(deps, params);
  if (!options) return Failure(options.error());
  return Execute(deps, request, *options, {*time, *time, 0},
                 [&](const Engine& engine, query::exec::QueryContext& context) {
                   return engine.Instant(params.Get("query"), *time, context);
                 });
}

net::Response HandleQueryRange(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto limit = LimitParam(params);
  if (!limit) return Failure(limit.error());
  const auto range = ReadRange(params);
  if (!range) return Failure(range.error());
  const auto options = ReadOptions(deps, params);
  if (!options) return Failure(options.error());
  return Execute(deps, request, *options, {range->start_ms, range->end_ms, range->step_ms},
                 [&](const Engine& engine, query::exec::QueryContext& context) {
                   return engine.Range(params.Get("query"), range->start_ms, range->end_ms,
                                       range->step_ms, context);
                 });
}

net::Response HandleFormatQuery(const PrometheusApiDeps& /*deps*/, const net::Request& request) {
  const auto expr = ReadExpression(request);
  if (!expr) return Failure(expr.error());
  std::string data;
  text::AppendJsonString(data, query::promql::Prettify(**expr), true);
  return Success(data);
}

net::Response HandleParseQuery(const PrometheusApiDeps& /*deps*/, const net::Request& request) {
  const auto expr = ReadExpression(request);
  return expr ? Success(AstJson(**expr)) : Failure(expr.error());
}

}  // namespace pharos::api::prometheus
