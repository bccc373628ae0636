#include "api/pharos/cardinality_handlers.h"

#include "api/prometheus/encode.h"
#include "api/prometheus/params.h"
#include "store/samples.h"
#include "text/json_writer.h"

namespace pharos::api::pharos {
namespace {

constexpr int64_t kMaxLimit = 1000;
constexpr int64_t kDefaultRangeMs = 24LL * 3600 * 1000;

base::Result<store::CardinalityQuery> ReadQuery(const net::Request& request, std::string tenant,
                                                int64_t now_ms) {
  const net::Params params = request.AllParams();
  store::CardinalityQuery query;
  query.tenant = std::move(tenant);
  PHAROS_TRY(query.selectors, prometheus::MatchParams(params));
  PHAROS_TRY(query.end_ms, prometheus::TimeParam(params, "end", now_ms));
  PHAROS_TRY(query.start_ms,
             prometheus::TimeParam(params, "start", query.end_ms - kDefaultRangeMs));
  PHAROS_TRY(const int64_t limit, prometheus::LimitParam(params));
  if (limit > kMaxLimit) {
    return base::Fail(base::ErrorKind::kBadInput,
                      "limit must not exceed " + std::to_string(kMaxLimit));
  }
  if (limit > 0) query.limit = static_cast<size_t>(limit);
  query.focus_label = params.Get("focusLabel");
  return query;
}

void AppendCounts(text::JsonWriter& json, std::string_view key, std::string_view count,
                  const std::vector<store::NamedCount>& counts) {
  json.Key(key).BeginArray();
  for (const store::NamedCount& one : counts)
    json.BeginObject().Key("name").String(one.name).Key(count).Int(one.value).EndObject();
  json.EndArray();
}

std::string ReportJson(const store::CardinalityReport& report) {
  std::string data;
  text::JsonWriter json(data);
  json.BeginObject().Key("series").Int(report.series);
  json.Key("seriesInMemory").Int(report.series_in_memory).Key("parts").Int(report.parts);
  json.Key("metrics").Int(report.metrics).Key("labelPairs").Int(report.label_pairs);
  json.Key("newSeriesLastHour").Int(report.new_series);
  json.Key("byMetric").BeginArray();
  for (const store::MetricCardinality& metric : report.by_metric) {
    json.BeginObject().Key("name").String(metric.name).Key("series").Int(metric.series);
    json.Key("newSeriesLastHour").Int(metric.new_series);
    AppendCounts(json, "labels", "values", metric.labels);
    json.EndObject();
  }
  json.EndArray().Key("byLabel").BeginArray();
  for (const store::LabelCardinality& label : report.by_label) {
    json.BeginObject().Key("name").String(label.name).Key("values").Int(label.values);
    json.Key("series").Int(label.series).EndObject();
  }
  json.EndArray();
  AppendCounts(json, "byPair", "series", report.by_pair);
  AppendCounts(json, "focusLabelValues", "series", report.focus);
  json.EndObject();
  return data;
}

}  // namespace

void RegisterCardinalityApi(net::Router& router, std::string_view prefix, CardinalityApiDeps deps) {
  router.Add("GET", std::string(prefix) + "/cardinality", [deps](const net::Request& request) {
    const auto query =
        ReadQuery(request, deps.tenant ? deps.tenant(request) : std::string(store::kDefaultTenant),
                  deps.clock->NowMs());
    if (!query) return prometheus::Failure(query.error());
    const auto report = deps.source->Cardinality(*query);
    return report ? prometheus::Success(ReportJson(*report)) : prometheus::Failure(report.error());
  });
}

}  // namespace pharos::api::pharos
