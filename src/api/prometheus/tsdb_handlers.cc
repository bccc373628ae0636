// status/tsdb: what is in memory and which metrics and labels have most of it; status/tsdb/blocks:
// what lies on disk.
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

/// An id as Prometheus's blocks have them: 26 digits of base 32, 48 bits of time and 80 others.
std::string Ulid(const store::SamplePart& part) {
  constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  using Wide = unsigned __int128;
  const auto time = static_cast<uint64_t>(part.max_ms) & ((uint64_t{1} << 48) - 1);
  Wide number = Wide{time} << 80 | part.id;
  std::string out(26, '0');
  for (size_t i = out.size(); i-- > 0; number >>= 5) out[i] = kDigits[number & 31];
  return out;
}

}  // namespace

net::Response HandleTsdbBlocks(const PrometheusApiDeps& deps, const net::Request& request) {
  std::string data;
  text::JsonWriter json(data);
  json.BeginObject().Key("blocks").BeginArray();
  std::vector<store::SamplePart> parts;
  if (deps.admin != nullptr) parts = deps.admin->Parts(TenantOf(deps, request));
  for (const store::SamplePart& part : parts) {
    const std::string id = Ulid(part);
    json.BeginObject().Key("ulid").String(id);
    // Prometheus's end is the first millisecond that is not in the block.
    json.Key("minTime").Int(part.min_ms).Key("maxTime").Int(part.max_ms + 1);
    json.Key("stats").BeginObject().Key("numSamples").Int(part.samples);
    json.Key("numSeries").Int(part.series);
    json.Key("numChunks").Int(part.series + part.samples / 120).EndObject();
    json.Key("compaction").BeginObject().Key("level").Int(part.level + 1);
    json.Key("sources").BeginArray().String(id).EndArray().EndObject();
    json.Key("version").Int(1).EndObject();
  }
  json.EndArray().EndObject();
  return Success(data);
}

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
