// /api/search: traces with a span that the filter picks.
#include <algorithm>

#include "api/spans/limits.h"
#include "api/tempo/handlers.h"
#include "api/tempo/span_filter.h"
#include "match/quantity.h"
#include "text/json_writer.h"

namespace pharos::api::tempo {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using text::JsonWriter;

constexpr int64_t kDefaultRangeNs = int64_t{3600} * 1'000'000'000;
constexpr int64_t kDefaultLimit = 20;
constexpr int64_t kDefaultSpansPerSet = 3;

struct Search {
  SpanFilter filter;
  TimeRange range;
  int64_t min_ns = 0;
  int64_t max_ns = 0;  ///< 0: none
  size_t limit = 0;
  size_t spans_per_set = 0;
};

Result<int64_t> Duration(const net::Params& params, std::string_view name) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return 0;
  const auto duration = match::ParseGoDuration(text);
  if (!duration)
    return Fail(ErrorKind::kBadInput,
                "invalid " + std::string(name) + ": " + duration.error().message);
  return *duration;
}

Result<Search> Read(const net::Params& params, const Deps& deps) {
  Search search;
  if (const std::string_view q = params.Get("q"); !q.empty()) {
    PHAROS_TRY(search.filter, SpanFilter::Parse(q));
  } else if (const std::string_view tags = params.Get("tags"); !tags.empty()) {
    PHAROS_TRY(search.filter, SpanFilter::FromTags(tags));
  }
  PHAROS_TRY(search.range, ReadRange(params, deps.clock->NowNs(), kDefaultRangeNs));
  PHAROS_TRY(search.min_ns, Duration(params, "minDuration"));
  PHAROS_TRY(search.max_ns, Duration(params, "maxDuration"));
  if (search.max_ns != 0 && search.max_ns < search.min_ns) {
    return Fail(ErrorKind::kBadInput, "invalid maxDuration: must be greater than minDuration");
  }
  PHAROS_TRY(const int64_t limit, ReadNumber(params, "limit", kDefaultLimit));
  if (limit == 0) return Fail(ErrorKind::kBadInput, "invalid limit: must be a positive number");
  PHAROS_TRY(const int64_t spans_per_set, ReadNumber(params, "spss", kDefaultSpansPerSet));
  search.limit = std::min<size_t>(static_cast<size_t>(limit), spans::kMaxTraces);
  search.spans_per_set = static_cast<size_t>(spans_per_set);
  return search;
}

/// Tempo's trace ids in search results have no leading zeros.
std::string ShortId(const model::TraceId& id) {
  std::string hex = ToHex(id);
  hex.erase(0, std::min(hex.find_first_not_of('0'), hex.size() - 1));
  return hex;
}

void WriteSpanSet(JsonWriter& json, const std::vector<const spans::SpanRef*>& matched,
                  size_t most) {
  json.BeginObject().Key("spans").BeginArray();
  for (size_t i = 0; i < matched.size() && (most == 0 || i < most); ++i) {
    const model::Event& span = *matched[i]->span;
    json.BeginObject()
        .Key("spanID")
        .String(ToHex(span.span_id))
        .Key("name")
        .String(span.span->name);
    json.Key("startTimeUnixNano").String(std::to_string(span.time_ns));
    json.Key("durationNanos")
        .String(std::to_string(std::max<int64_t>(0, span.duration_ns())))
        .EndObject();
  }
  json.EndArray().Key("matched").Int(matched.size()).EndObject();
}

struct Extent {
  int64_t start_ns = INT64_MAX;
  int64_t end_ns = INT64_MIN;
  int64_t duration() const { return std::max<int64_t>(0, end_ns - start_ns); }
};

Extent ExtentOf(const std::vector<spans::SpanRef>& all) {
  Extent extent;
  for (const spans::SpanRef& ref : all) {
    extent.start_ns = std::min(extent.start_ns, ref.span->time_ns);
    extent.end_ns = std::max(extent.end_ns, ref.span->span->end_ns);
  }
  return extent;
}

void WriteTrace(JsonWriter& json, const Search& search, const std::vector<spans::SpanRef>& all,
                const Extent& extent) {
  std::vector<const spans::SpanRef*> matched;
  for (const spans::SpanRef& ref : all) {
    if (search.filter.Matches(*ref.stream, *ref.span)) matched.push_back(&ref);
  }
  const spans::SpanRef* root = spans::RootOf(all);
  const bool received = root != nullptr && root->span->span->parent_id.IsZero();
  json.BeginObject().Key("traceID").String(ShortId(all[0].span->trace_id));
  json.Key("rootServiceName")
      .String(received ? spans::ServiceOf(*root->stream) : "<root span not yet received>");
  if (received) json.Key("rootTraceName").String(root->span->span->name);
  json.Key("startTimeUnixNano").String(std::to_string(extent.start_ns));
  if (const int64_t ms = extent.duration() / 1'000'000; ms > 0) json.Key("durationMs").Int(ms);
  json.Key("spanSet");
  WriteSpanSet(json, matched, search.spans_per_set);
  json.Key("spanSets").BeginArray();
  WriteSpanSet(json, matched, search.spans_per_set);
  json.EndArray().EndObject();
}

Result<net::Response> Run(const net::Request& request, const Deps& deps) {
  PHAROS_TRY(const Search search, Read(request.AllParams(), deps));
  spans::Scan scan;
  scan.start_ns = search.range.start_ns;
  scan.end_ns = search.range.end_ns;
  scan.streams = search.filter.Streams();
  scan.cancelled = request.cancelled;
  uint64_t inspected = 0;
  // Durations are the trace's, so more traces may be needed than are shown.
  const bool by_duration = search.min_ns != 0 || search.max_ns != 0;
  PHAROS_TRY(const auto ids,
             spans::FindTraces(deps, scan, by_duration ? spans::kMaxTraces : search.limit,
                               [&](const model::Labels& stream, const model::Event& span) {
                                 ++inspected;
                                 return search.filter.Matches(stream, span);
                               }));
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("traces").BeginArray();
  size_t shown = 0;
  for (const model::TraceId& id : ids) {
    if (shown >= search.limit) break;
    PHAROS_TRY(const model::EventBatch batch, deps.events->TraceById(deps.tenant, id));
    const std::vector<spans::SpanRef> all = spans::SpansOf(batch);
    if (all.empty()) continue;
    const Extent extent = ExtentOf(all);
    if (extent.duration() < search.min_ns ||
        (search.max_ns != 0 && extent.duration() > search.max_ns))
      continue;
    WriteTrace(json, search, all, extent);
    ++shown;
  }
  json.EndArray().Key("metrics").BeginObject().Key("inspectedTraces").Int(ids.size());
  json.Key("inspectedSpans")
      .String(std::to_string(inspected))
      .Key("completedJobs")
      .Int(1)
      .Key("totalJobs")
      .Int(1);
  json.EndObject().EndObject();
  return net::Response::Json(200, out);
}

}  // namespace

net::Response HandleSearch(const net::Request& request, const Deps& deps) {
  auto response = Run(request, deps);
  return response ? *std::move(response) : ErrorResponse(response.error());
}

}  // namespace pharos::api::tempo
