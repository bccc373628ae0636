// query, query_range, format_query, parse_query.
#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "api/prometheus/params.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"
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

void AppendStats(std::string& out, const QueryAnswer& answer, int64_t elapsed_ns) {
  std::string seconds;
  text::AppendSampleValue(seconds, static_cast<double>(elapsed_ns) / 1e9);
  out += ",\"stats\":";
  text::JsonWriter json(out);
  json.BeginObject().Key("timings").BeginObject();
  json.Key("evalTotalTime").Raw(seconds).Key("resultSortTime").Int(0);
  json.Key("queryPreparationTime").Int(0).Key("innerEvalTime").Raw(seconds);
  json.Key("execQueueTime").Int(0).Key("execTotalTime").Raw(seconds).EndObject();
  json.Key("samples").BeginObject();
  json.Key("totalQueryableSamples").Int(answer.stats.total_samples);
  json.Key("peakSamples").Int(answer.stats.peak_samples).EndObject().EndObject();
}

net::Response Respond(QueryAnswer answer, const QueryOptions& options, int64_t elapsed_ns) {
  auto& series = answer.value.series;
  const bool list = answer.value.type == query::promql::ValueType::kVector ||
                    answer.value.type == query::promql::ValueType::kMatrix;
  if (list && options.limit > 0 && series.size() > static_cast<size_t>(options.limit)) {
    series.resize(static_cast<size_t>(options.limit));
    answer.warnings.emplace_back("results truncated due to limit");
  }
  if (!options.stats.empty() && options.stats != "true" && options.stats != "all") {
    answer.warnings.push_back(
        "value " + query::promql::GoQuote(options.stats) +
        " for parameter \"stats\" is deprecated and will be rejected in the next major release, "
        "use \"true\" or \"all\"");
  }
  std::string body = BeginSuccess(answer.value);
  AppendQueryData(body, answer.value);
  if (!options.stats.empty()) AppendStats(body, answer, elapsed_ns);
  body += '}';
  return FinishSuccess(std::move(body), answer.warnings, answer.infos);
}

/// Runs a query and answers; `run` gets the engine and its context.
template <class Run>
net::Response Execute(const PrometheusApiDeps& deps, const net::Request& request,
                      const QueryOptions& options, const Run& run) {
  const int64_t before = deps.clock->MonotonicNs();
  query::exec::QueryContext context(options.limits, TenantOf(deps, request), *deps.clock);
  context.SetOrigin({.client = request.remote.substr(0, request.remote.rfind(':')),
                     .method = request.method,
                     .path = request.path});
  context.SetCancelled([&request] { return request.cancelled.Cancelled(); });
  auto answer = run(Engine(deps.source, options.engine), context);
  if (answer) return Respond(*std::move(answer), options, deps.clock->MonotonicNs() - before);
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
  return Execute(deps, request, *options,
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
  return Execute(deps, request, *options,
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
