// status/query_cost: what a query would read and about how long it would take, before it runs.
// Pharos's own; `query`, and `time` or `start`, `end`, `step` as the query itself has them.
#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "api/prometheus/params.h"
#include "query/promql/parser.h"
#include "query/promql/preprocess.h"
#include "query/promql/printer.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::Result;
using namespace query::promql;

constexpr int64_t kNsPerMs = 1'000'000;

/// A selector and the samples that it looks at.
struct Read {
  std::string text;
  std::vector<model::Matcher> matchers;
  int64_t start_ms = 0, end_ms = 0;
  int64_t evaluations = 1;  ///< steps of the query, times those of subqueries around it
  store::SelectCost cost;
};

/// Finds the selectors of a prepared tree and the times at which each is asked.
class Collector {
 public:
  Collector(int64_t lookback_ms, int64_t subquery_step_ms, std::vector<Read>* out)
      : lookback_ms_(lookback_ms), subquery_step_ms_(subquery_step_ms), out_(out) {}

  void Visit(const Expr* expr, const Grid& grid) {
    if (expr == nullptr) return;
    switch (expr->kind) {
      case NodeKind::kVector:
        Add(*expr, static_cast<const VectorSelector&>(*expr), lookback_ms_ - 1, grid);
        break;
      case NodeKind::kMatrix: {
        const auto& matrix = static_cast<const MatrixSelector&>(*expr);
        Add(*expr, *matrix.selector(), matrix.range_ns / kNsPerMs, grid);
        break;
      }
      case NodeKind::kSubquery: Subquery(static_cast<const SubqueryExpr&>(*expr), grid); break;
      case NodeKind::kStepInvariant:
        Visit(static_cast<const StepInvariantExpr&>(*expr).expr.get(),
              {grid.start_ms, grid.start_ms, 1});
        break;
      case NodeKind::kParen: Visit(static_cast<const ParenExpr&>(*expr).expr.get(), grid); break;
      case NodeKind::kUnary: Visit(static_cast<const UnaryExpr&>(*expr).expr.get(), grid); break;
      case NodeKind::kAggregate:
        Visit(static_cast<const AggregateExpr&>(*expr).expr.get(), grid);
        Visit(static_cast<const AggregateExpr&>(*expr).param.get(), grid);
        break;
      case NodeKind::kBinary:
        Visit(static_cast<const BinaryExpr&>(*expr).lhs.get(), grid);
        Visit(static_cast<const BinaryExpr&>(*expr).rhs.get(), grid);
        break;
      case NodeKind::kCall:
        for (const ExprPtr& arg : static_cast<const Call&>(*expr).args) Visit(arg.get(), grid);
        break;
      default: break;
    }
  }

 private:
  static Grid Shifted(const TimeShift& shift, const Grid& grid) {
    const int64_t offset_ms = shift.original_offset_ns / kNsPerMs;
    if (shift.at_ms) return {*shift.at_ms - offset_ms, *shift.at_ms - offset_ms, 1};
    return {grid.start_ms - offset_ms, grid.end_ms - offset_ms, grid.step_ms};
  }

  void Add(const Expr& whole, const VectorSelector& selector, int64_t before_ms, const Grid& grid) {
    const Grid at = Shifted(selector.shift, grid);
    out_->push_back({Print(whole),
                     selector.matchers,
                     at.start_ms - before_ms,
                     at.end_ms,
                     static_cast<int64_t>(grid.Steps()),
                     {}});
  }

  void Subquery(const SubqueryExpr& node, const Grid& grid) {
    const Grid at = Shifted(node.shift, grid);
    const int64_t step = node.step_ns > 0 ? node.step_ns / kNsPerMs : subquery_step_ms_;
    Visit(node.expr.get(),
          {at.start_ms - node.range_ns / kNsPerMs, at.end_ms, std::max<int64_t>(1, step)});
  }

  const int64_t lookback_ms_, subquery_step_ms_;
  std::vector<Read>* out_;
};

/// `time`, or `start`, `end` and `step`.
Result<Grid> ReadGrid(const PrometheusApiDeps& deps, const net::Params& params, bool* instant) {
  *instant = !params.Has("start") && !params.Has("end");
  if (*instant) {
    PHAROS_TRY(const int64_t time, TimeParam(params, "time", deps.clock->NowMs()));
    return Grid{time, time, 1};
  }
  PHAROS_TRY(const RangeParams range, ReadRange(params));
  return Grid{range.start_ms, range.end_ms, range.step_ms};
}

void WriteCost(text::JsonWriter& json, const store::SelectCost& cost) {
  json.Key("series").Int(cost.series).Key("blocks").Int(cost.blocks);
  json.Key("bytes").Int(cost.bytes).Key("samples").Int(cost.samples);
}

double Seconds(const Read& read) {
  return (static_cast<double>(read.cost.samples) * kNsPerSample +
          static_cast<double>(read.cost.series) *
              (kNsPerSeries + static_cast<double>(read.evaluations) * kNsPerPoint)) /
         1e9;
}

std::string CostJson(const std::vector<Read>& reads) {
  store::SelectCost total;
  double seconds = 0;
  for (const Read& read : reads) {
    total.series += read.cost.series;
    total.blocks += read.cost.blocks;
    total.bytes += read.cost.bytes;
    total.samples += read.cost.samples;
    seconds += Seconds(read);
  }
  std::string data;
  text::JsonWriter json(data);
  json.BeginObject();
  WriteCost(json, total);
  json.Key("seconds").Double(seconds).Key("selectors").BeginArray();
  for (const Read& read : reads) {
    std::string start, end;
    AppendTimestamp(start, read.start_ms);
    AppendTimestamp(end, read.end_ms);
    json.BeginObject().Key("selector").String(read.text).Key("start").Raw(start);
    json.Key("end").Raw(end);
    WriteCost(json, read.cost);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return data;
}

}  // namespace

net::Response HandleQueryCost(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  bool instant = false;
  const auto grid = ReadGrid(deps, params, &instant);
  if (!grid) return Failure(grid.error());
  auto expr = ParseExpr(params.Get("query"));
  if (!expr) return Failure(InvalidParameter("query", std::move(expr).error()).error());
  auto prepared = Preprocess(*std::move(expr), *grid, instant);
  if (!prepared) return Failure(prepared.error());
  std::vector<Read> reads;
  Collector(deps.engine.lookback_ms, deps.engine.default_subquery_step_ms, &reads)
      .Visit(prepared->get(), *grid);
  for (Read& read : reads) {
    store::SampleQuery query;
    query.tenant = TenantOf(deps, request);
    query.matchers = read.matchers;
    query.start_ms = read.start_ms;
    query.end_ms = read.end_ms;
    const auto cost = deps.source->Estimate(query);
    if (!cost) return Failure(cost.error());
    read.cost = *cost;
  }
  return Success(CostJson(reads));
}

}  // namespace pharos::api::prometheus
