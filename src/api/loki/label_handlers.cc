// labels, label values, series: all from the streams of the range.
#include <map>
#include <set>

#include "api/loki/encode.h"
#include "api/loki/handlers.h"
#include "api/loki/limits.h"
#include "api/loki/params.h"
#include "query/logql/parser.h"

namespace pharos::api::loki {
namespace {

using base::Result;

Result<store::EventQuery> RangeOf(const net::Request& request, const net::Params& params,
                                  const Deps& deps) {
  store::EventQuery query;
  PHAROS_TRY(query.tenant, TenantOf(request, deps));
  PHAROS_TRY(const TimeRange range, ReadRange(params, deps.clock->NowNs(), kDefaultLabelSinceNs));
  query.start_ns = range.start_ns;
  query.end_ns = range.end_ns;
  return query;
}

/// Streams of the range, narrowed by `query=` where it is given.
Result<std::vector<model::Labels>> Streams(const net::Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(store::EventQuery query, RangeOf(request, params, deps));
  if (const std::string_view selector = params.Get("query"); !selector.empty()) {
    PHAROS_TRY(query.streams, query::logql::ParseSelector(selector));
  }
  return deps.events->Streams(query);
}

Result<std::set<model::Labels>> Series(const net::Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(store::EventQuery query, RangeOf(request, params, deps));
  std::vector<std::string_view> selectors = params.All("match[]");
  for (const std::string_view more : params.All("match")) selectors.push_back(more);
  if (selectors.empty()) selectors.push_back("{}");
  std::set<model::Labels> found;
  for (const std::string_view selector : selectors) {
    PHAROS_TRY(query.streams, query::logql::ParseSelector(selector));
    PHAROS_TRY(std::vector<model::Labels> streams, deps.events->Streams(query));
    found.insert(std::make_move_iterator(streams.begin()), std::make_move_iterator(streams.end()));
  }
  return found;
}

}  // namespace

net::Response HandleLabels(const net::Request& request, const Deps& deps) {
  const auto streams = Streams(request, deps);
  if (!streams) return ErrorResponse(streams.error());
  std::set<std::string> names;
  for (const model::Labels& stream : *streams) {
    for (const model::LabelView& label : stream) names.emplace(label.name);
  }
  return net::Response::Json(200, EncodeStrings({names.begin(), names.end()}));
}

net::Response HandleLabelValues(const net::Request& request, const Deps& deps) {
  const std::string_view name = request.PathParam("name");
  const auto streams = Streams(request, deps);
  if (!streams) return ErrorResponse(streams.error());
  std::set<std::string> values;
  for (const model::Labels& stream : *streams) {
    if (const std::string_view value = stream.Get(name); !value.empty()) values.emplace(value);
  }
  return net::Response::Json(200, EncodeStrings({values.begin(), values.end()}));
}

net::Response HandleSeries(const net::Request& request, const Deps& deps) {
  const auto series = Series(request, deps);
  if (!series) return ErrorResponse(series.error());
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("status").String("success").Key("data").BeginArray();
  for (const model::Labels& labels : *series) WriteLabels(json, labels);
  json.EndArray().EndObject();
  return net::Response::Json(200, out);
}

net::Response HandleDetectedLabels(const net::Request& request, const Deps& deps) {
  const auto streams = Streams(request, deps);
  if (!streams) return ErrorResponse(streams.error());
  std::map<std::string, std::set<std::string>> values;
  for (const model::Labels& stream : *streams) {
    for (const model::LabelView& label : stream)
      values[std::string(label.name)].emplace(label.value);
  }
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("detectedLabels").BeginArray();
  for (const auto& [name, of] : values) {
    json.BeginObject().Key("label").String(name).Key("cardinality").Int(of.size()).EndObject();
  }
  json.EndArray().EndObject();
  return net::Response::Json(200, out);
}

}  // namespace pharos::api::loki
