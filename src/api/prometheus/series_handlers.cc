// series, labels, label values, metadata, exemplars.
#include <algorithm>
#include <map>

#include "api/prometheus/encode.h"
#include "api/prometheus/escape_names.h"
#include "api/prometheus/exemplar_list.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "api/prometheus/params.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;

/// Matchers, times and limit of a request about series.
struct SeriesRequest {
  int64_t limit = 0;
  store::SampleQuery query;
  MatcherSets matchers;
};

base::Result<SeriesRequest> ReadTimes(const PrometheusApiDeps& deps, const net::Request& request,
                                      const net::Params& params) {
  SeriesRequest out;
  PHAROS_TRY(out.limit, LimitParam(params));
  PHAROS_TRY(out.query.start_ms, TimeParam(params, "start", -kTimeBoundMs));
  PHAROS_TRY(out.query.end_ms, TimeParam(params, "end", kTimeBoundMs));
  out.query.tenant = TenantOf(deps, request);
  return out;
}

base::Result<SeriesRequest> ReadRequest(const PrometheusApiDeps& deps, const net::Request& request,
                                        const net::Params& params) {
  PHAROS_TRY(SeriesRequest out, ReadTimes(deps, request, params));
  PHAROS_TRY(out.matchers, MatchParams(params));
  return out;
}

void SortUnique(auto& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

/// Asks once a matcher set (or once without) and unites what comes back.
template <class T, class Ask>
base::Result<std::vector<T>> AskAll(SeriesRequest& request, const Ask& ask) {
  if (request.matchers.size() <= 1) {
    if (!request.matchers.empty()) request.query.matchers = request.matchers[0];
    return ask(request.query);
  }
  std::vector<T> all;
  for (const auto& matchers : request.matchers) {
    request.query.matchers = matchers;
    PHAROS_TRY(std::vector<T> some, ask(request.query));
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  SortUnique(all);
  return all;
}

template <class T>
std::vector<std::string> Truncate(std::vector<T>& items, int64_t limit) {
  if (limit <= 0 || items.size() <= static_cast<size_t>(limit)) return {};
  items.resize(static_cast<size_t>(limit));
  return {"results truncated due to limit"};
}

/// Every selector of an expression.
void CollectSelectors(const query::promql::Expr* expr, MatcherSets* out) {
  using namespace query::promql;
  if (expr == nullptr) return;
  switch (expr->kind) {
    case NodeKind::kVector:
      out->push_back(static_cast<const VectorSelector*>(expr)->matchers);
      break;
    case NodeKind::kMatrix:
      CollectSelectors(static_cast<const MatrixSelector*>(expr)->vector.get(), out);
      break;
    case NodeKind::kSubquery:
      CollectSelectors(static_cast<const SubqueryExpr*>(expr)->expr.get(), out);
      break;
    case NodeKind::kParen:
      CollectSelectors(static_cast<const ParenExpr*>(expr)->expr.get(), out);
      break;
    case NodeKind::kUnary:
      CollectSelectors(static_cast<const UnaryExpr*>(expr)->expr.get(), out);
      break;
    case NodeKind::kAggregate:
      CollectSelectors(static_cast<const AggregateExpr*>(expr)->expr.get(), out);
      CollectSelectors(static_cast<const AggregateExpr*>(expr)->param.get(), out);
      break;
    case NodeKind::kBinary:
      CollectSelectors(static_cast<const BinaryExpr*>(expr)->lhs.get(), out);
      CollectSelectors(static_cast<const BinaryExpr*>(expr)->rhs.get(), out);
      break;
    case NodeKind::kCall:
      for (const ExprPtr& arg : static_cast<const Call*>(expr)->args)
        CollectSelectors(arg.get(), out);
      break;
    default: break;
  }
}

}  // namespace

net::Response HandleSeries(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  if (!params.Has("match[]"))
    return Failure({ErrorKind::kBadInput, "no match[] parameter provided"});
  auto read = ReadTimes(deps, request, params);
  if (!read) return Failure(read.error());
  auto matchers = MatchParams(params);
  if (!matchers) return Failure(InvalidParameter("match[]", std::move(matchers).error()).error());
  read->matchers = *std::move(matchers);
  auto series = AskAll<model::Labels>(
      *read, [&](const store::SampleQuery& query) { return deps.source->Series(query); });
  if (!series) return Failure(series.error());
  const auto warnings = Truncate(*series, read->limit);
  std::string data = "[";
  for (const model::Labels& labels : *series) {
    if (data.size() > 1) data += ',';
    AppendLabels(data, labels);
  }
  return Success(data + "]", warnings);
}

net::Response HandleLabels(const PrometheusApiDeps& deps, const net::Request& request) {
  auto read = ReadRequest(deps, request, request.AllParams());
  if (!read) return Failure(read.error());
  auto names = AskAll<std::string>(
      *read, [&](const store::SampleQuery& query) { return deps.source->LabelNames(query); });
  if (!names) return Failure(names.error());
  const auto warnings = Truncate(*names, read->limit);
  return Success(StringList(*names), warnings);
}

net::Response HandleLabelValues(const PrometheusApiDeps& deps, const net::Request& request) {
  const std::string name = UnescapeValues(request.PathParam("name"));
  if (name.empty() || !query::promql::ValidUtf8(name)) {
    return Failure({ErrorKind::kBadInput, "invalid label name: " + query::promql::GoQuote(name)});
  }
  auto read = ReadRequest(deps, request, request.AllParams());
  if (!read) return Failure(read.error());
  auto values = AskAll<std::string>(*read, [&](const store::SampleQuery& query) {
    return deps.source->LabelValues(query, name);
  });
  if (!values) return Failure(values.error());
  const auto warnings = Truncate(*values, read->limit);
  return Success(StringList(*values), warnings);
}

net::Response HandleMetadata(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto limit = PlainLimit(params.Get("limit"), "limit");
  if (!limit) return Failure(limit.error());
  const auto per_metric = PlainLimit(params.Get("limit_per_metric"), "limit_per_metric");
  if (!per_metric) return Failure(per_metric.error());
  const auto families = deps.source->MetadataOf(TenantOf(deps, request), params.Get("metric"));
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject();
  int64_t metrics = 0;
  for (size_t i = 0; i < families.size();) {
    if (*limit >= 0 && metrics >= *limit) break;
    ++metrics;
    const std::string& family = families[i].first;
    json.Key(family).BeginArray();
    for (int64_t n = 0; i < families.size() && families[i].first == family; ++i, ++n) {
      if (*per_metric > 0 && n >= *per_metric) continue;
      const model::Metadata& metadata = families[i].second;
      json.BeginObject().Key("type").String(model::MetricTypeName(metadata.type));
      json.Key("help").String(metadata.help).Key("unit").String(metadata.unit).EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return Success(data);
}

net::Response HandleExemplars(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  auto read = ReadTimes(deps, request, params);
  if (!read) return Failure(read.error());
  if (read->query.end_ms < read->query.start_ms) {
    return Failure({ErrorKind::kBadInput, "end timestamp must not be before start timestamp"});
  }
  const auto expr = query::promql::ParseExpr(params.Get("query"));
  if (!expr) return Failure(expr.error());
  CollectSelectors(expr->get(), &read->matchers);
  if (read->matchers.empty()) {
    net::Response nothing;
    nothing.status = 204;
    return nothing;
  }
  // A series that several selectors choose is shown once.
  std::map<model::Labels, std::vector<model::Exemplar>> found;
  for (const auto& matchers : read->matchers) {
    read->query.matchers = matchers;
    auto some = deps.source->Exemplars(read->query);
    if (!some) return Failure(some.error());
    for (auto& [labels, exemplars] : *some) found.try_emplace(labels, std::move(exemplars));
  }
  return Success(ExemplarList({found.begin(), found.end()}));
}

}  // namespace pharos::api::prometheus
