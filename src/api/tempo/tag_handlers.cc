// /api/search/tags and tag values: what the newest spans carry.
#include <map>
#include <set>

#include "api/spans/limits.h"
#include "api/tempo/handlers.h"
#include "api/tempo/span_filter.h"
#include "text/json_writer.h"

namespace pharos::api::tempo {
namespace {

using base::Result;
using model::Value;
using text::JsonWriter;

constexpr int64_t kTagRangeNs = int64_t{24} * 3600 * 1'000'000'000;
constexpr std::string_view kIntrinsics[] = {
    "duration",        "kind",   "name",          "rootName",
    "rootServiceName", "status", "statusMessage", "traceDuration"};

Result<spans::Scan> ScanOf(const net::Request& request, const net::Params& params,
                           const Deps& deps) {
  PHAROS_TRY(const TimeRange range, ReadRange(params, deps.clock->NowNs(), kTagRangeNs));
  spans::Scan scan;
  scan.start_ns = range.start_ns;
  scan.end_ns = range.end_ns;
  scan.max_spans = spans::kNameSpans;
  scan.cancelled = request.cancelled;
  return scan;
}

void WriteStrings(JsonWriter& json, const auto& values) {
  json.BeginArray();
  for (const auto& value : values) json.String(value);
  json.EndArray();
}

Result<net::Response> Tags(const net::Request& request, const Deps& deps, bool v2) {
  const net::Params params = request.AllParams();
  const std::string_view scope = params.Get("scope");
  PHAROS_TRY(const spans::Scan scan, ScanOf(request, params, deps));
  std::set<std::string, std::less<>> resource;
  std::set<std::string, std::less<>> span_tags;
  const auto add = [](std::set<std::string, std::less<>>* to,
                      std::span<const model::KeyValue> attributes) {
    for (const model::KeyValue& attribute : attributes) {
      if (!to->contains(attribute.key) && to->size() < spans::kMaxTagValues)
        to->emplace(attribute.key);
    }
  };
  PHAROS_TRY_VOID(spans::ScanSpans(deps, scan, [&](const model::Labels&, const model::Event& span) {
    if (span.origin != nullptr) add(&resource, span.origin->resource);
    add(&span_tags, span.attributes);
    return true;
  }));
  std::string out;
  JsonWriter json(out);
  if (!v2) {
    std::set<std::string> all;
    if (scope != "span" && scope != "intrinsic") all.insert(resource.begin(), resource.end());
    if (scope != "resource" && scope != "intrinsic") all.insert(span_tags.begin(), span_tags.end());
    if (scope == "intrinsic") all.insert(std::begin(kIntrinsics), std::end(kIntrinsics));
    json.BeginObject().Key("tagNames");
    WriteStrings(json, all);
    json.EndObject();
    return net::Response::Json(200, out);
  }
  json.BeginObject().Key("scopes").BeginArray();
  const auto write = [&](std::string_view name, const auto& tags) {
    if (!scope.empty() && scope != "none" && scope != name) return;
    json.BeginObject().Key("name").String(name).Key("tags");
    WriteStrings(json, tags);
    json.EndObject();
  };
  write("resource", resource);
  write("span", span_tags);
  write("intrinsic", kIntrinsics);
  json.EndArray().EndObject();
  return net::Response::Json(200, out);
}

std::string_view TypeOf(const Value& value, std::string_view name) {
  const bool keyword =
      name == "status" || name == "kind" || name == "span:status" || name == "span:kind";
  if (keyword) return "keyword";
  switch (value.type) {
    case Value::Type::kInt:
      return name == "duration" || name == "span:duration" ? "duration" : "int";
    case Value::Type::kDouble: return "float";
    case Value::Type::kBool: return "bool";
    default: return "string";
  }
}

Result<net::Response> TagValues(const net::Request& request, const Deps& deps, bool v2) {
  const net::Params params = request.AllParams();
  std::string name(request.PathParam("name"));
  // v1 names attributes bare; v2 in TraceQL.
  const bool intrinsic = name == "name" || name == "status" || name == "kind" ||
                         name == "duration" || name == "statusMessage";
  if (!v2 && !intrinsic) name = "." + name;
  PHAROS_TRY(spans::Scan scan, ScanOf(request, params, deps));
  SpanFilter filter;
  if (const std::string_view q = params.Get("q"); v2 && !q.empty()) {
    if (auto parsed = SpanFilter::Parse(q))
      filter = std::move(*parsed);  // Tempo ignores what it cannot read
    scan.streams = filter.Streams();
  }
  const bool root_name = name == "rootName" || name == "trace:rootName";
  const bool root_service = name == "rootServiceName" || name == "trace:rootService";
  std::set<std::pair<std::string, std::string>> values;
  PHAROS_TRY_VOID(
      spans::ScanSpans(deps, scan, [&](const model::Labels& stream, const model::Event& span) {
        if (!filter.Matches(stream, span)) return true;
        Value value;
        if (!root_name && !root_service) {
          value = FieldOf(name, stream, span);
        } else if (span.span->parent_id.IsZero()) {
          value = Value::String(root_name ? span.span->name : spans::ServiceOf(stream));
        }
        if (value.type != Value::Type::kNull)
          values.emplace(TypeOf(value, name), model::ValueToString(value));
        return values.size() < spans::kMaxTagValues;
      }));
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("tagValues").BeginArray();
  for (const auto& [type, value] : values) {
    if (v2) {
      json.BeginObject().Key("type").String(type).Key("value").String(value).EndObject();
    } else {
      json.String(value);
    }
  }
  json.EndArray().EndObject();
  return net::Response::Json(200, out);
}

net::Response Answer(Result<net::Response> response) {
  return response ? *std::move(response) : ErrorResponse(response.error());
}

}  // namespace

net::Response HandleTags(const net::Request& request, const Deps& deps, bool v2) {
  return Answer(Tags(request, deps, v2));
}
net::Response HandleTagValues(const net::Request& request, const Deps& deps, bool v2) {
  return Answer(TagValues(request, deps, v2));
}

}  // namespace pharos::api::tempo
