// status/query_cost: what a query would read and about how long it would take, before it runs.
// Pharos's own; `query`, and `time` or `start`, `end`, `step` as the query itself has them.
#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "query/promql/cost.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

/// `time`, or `start`, `end` and `step`; a step of 0 is an instant query.
base::Result<RangeParams> ReadTimes(const PrometheusApiDeps& deps, const net::Params& params) {
  if (params.Has("start") || params.Has("end")) return ReadRange(params);
  PHAROS_TRY(const int64_t time, TimeParam(params, "time", deps.clock->NowMs()));
  RangeParams instant;
  instant.start_ms = instant.end_ms = time;
  instant.step_ms = 0;
  return instant;
}

void WriteReads(text::JsonWriter& json, const store::SelectCost& reads) {
  json.Key("series").Int(reads.series).Key("blocks").Int(reads.blocks);
  json.Key("bytes").Int(reads.bytes).Key("samples").Int(reads.samples);
}

std::string CostJson(const query::promql::QueryCost& cost) {
  std::string data;
  text::JsonWriter json(data);
  json.BeginObject();
  WriteReads(json, cost.reads);
  json.Key("seconds").Double(cost.seconds).Key("selectors").BeginArray();
  for (const query::promql::SelectorCost& one : cost.selectors) {
    std::string start, end;
    AppendTimestamp(start, one.start_ms);
    AppendTimestamp(end, one.end_ms);
    json.BeginObject().Key("selector").String(one.selector).Key("start").Raw(start);
    json.Key("end").Raw(end);
    WriteReads(json, one.reads);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return data;
}

}  // namespace

net::Response HandleQueryCost(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto times = ReadTimes(deps, params);
  if (!times) return Failure(times.error());
  auto cost = query::promql::EstimateCost(params.Get("query"), times->start_ms, times->end_ms,
                                          times->step_ms, *deps.source, deps.engine,
                                          TenantOf(deps, request));
  if (!cost && cost.error().kind == base::ErrorKind::kBadInput)
    return Failure(InvalidParameter("query", cost.error()).error());
  if (!cost) return Failure(cost.error());
  return Success(CostJson(*cost));
}

}  // namespace pharos::api::prometheus
