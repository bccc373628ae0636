// status/tsdb: what is in memory and which metrics and labels have most of it.
#include <charconv>
#include <limits>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

void AppendCounts(text::JsonWriter& json, std::string_view key,
                  const std::vector<store::NamedCount>& counts) {
  json.Key(key).BeginArray();
  for (const store::NamedCount& one : counts)
    json.BeginObject().Key("name").String(one.name).Key("value").Int(one.value).EndObject();
  json.EndArray();
}

std::string StatusJson(const store::HeadCardinality& head) {
  std::string data;
  text::JsonWriter json(data, true);
  const bool any = head.samples > 0;
  json.BeginObject().Key("headStats").BeginObject();
  json.Key("numSeries").Int(head.series).Key("numLabelPairs").Int(head.label_pairs);
  // Prometheus's chunks have 120 samples, and each series one that is open.
  json.Key("chunkCount").Int(any ? head.series + head.samples / 120 : 0);
  json.Key("minTime").Int(any ? head.min_time_ms : std::numeric_limits<int64_t>::max());
  json.Key("maxTime").Int(any ? head.max_time_ms : std::numeric_limits<int64_t>::min());
  json.EndObject();
  AppendCounts(json, "seriesCountByMetricName", head.series_by_metric);
  AppendCounts(json, "labelValueCountByLabelName", head.values_by_label);
  AppendCounts(json, "memoryInBytesByLabelName", head.bytes_by_label);
  AppendCounts(json, "seriesCountByLabelValuePair", head.series_by_pair);
  json.EndObject();
  return data;
}

}  // namespace

net::Response HandleTsdbStatus(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  size_t limit = kTsdbStatusLimit;
  if (const std::string_view text = params.Get("limit"); !text.empty()) {
    int64_t asked = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), asked);
    if (problem != std::errc() || end != text.data() + text.size() || asked < 1)
      return Failure({base::ErrorKind::kBadInput, "limit must be a positive number"});
    if (asked > kTsdbStatusMaxLimit) {
      return Failure({base::ErrorKind::kBadInput,
                      "limit must not exceed " + std::to_string(kTsdbStatusMaxLimit)});
    }
    limit = static_cast<size_t>(asked);
  }
  const bool has = deps.cardinality != nullptr;
  return Success(StatusJson(has ? deps.cardinality->InMemory(TenantOf(deps, request), limit)
                                : store::HeadCardinality()));
}

}  // namespace pharos::api::prometheus
