#include "api/jaeger/jaeger_api.h"

#include <map>
#include <optional>
#include <set>

#include "api/jaeger/encode.h"
#include "api/jaeger/search.h"
#include "api/spans/limits.h"
#include "wire/otlp_encode.h"

namespace pharos::api::jaeger {
namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using text::JsonWriter;

constexpr int64_t kDayNs = int64_t{24} * 3600 * 1'000'000'000;

/// Jaeger's envelope; `write` fills `data`.
Response Envelope(int status, size_t total, const std::function<void(JsonWriter&)>& write,
                  std::string_view error = {}) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("data");
  write(json);
  json.Key("total").Int(total).Key("limit").Int(0).Key("offset").Int(0).Key("errors");
  if (error.empty()) {
    json.Null();
  } else {
    json.BeginArray()
        .BeginObject()
        .Key("code")
        .Int(status)
        .Key("msg")
        .String(error)
        .EndObject()
        .EndArray();
  }
  json.EndObject();
  return Response::Json(status, out);
}

Response ErrorResponse(const base::Error& error) {
  int status = 500;
  if (error.kind == ErrorKind::kBadInput || error.kind == ErrorKind::kLimit) status = 400;
  if (error.kind == ErrorKind::kNotFound) status = 404;
  if (error.kind == ErrorKind::kTimeout) status = 504;
  if (error.kind == ErrorKind::kBusy) status = 429;
  return Envelope(status, 0, [](JsonWriter& json) { json.Null(); }, error.message);
}

Response Strings(const std::vector<std::string>& values) {
  return Envelope(200, values.size(), [&](JsonWriter& json) {
    json.BeginArray();
    for (const std::string& value : values) json.String(value);
    json.EndArray();
  });
}

Result<std::vector<std::string>> Services(const Deps& deps) {
  store::EventQuery query;
  query.tenant = deps.tenant;
  query.kind = model::EventKind::kSpan;
  query.start_ns = 0;
  query.end_ns = INT64_MAX;
  PHAROS_TRY(const auto streams, deps.events->Streams(query));
  std::set<std::string> names;
  for (const model::Labels& stream : streams) names.emplace(spans::ServiceOf(stream));
  names.erase("");
  return std::vector<std::string>(names.begin(), names.end());
}

using Operation = std::pair<std::string, std::string>;  // name, kind

Result<std::set<Operation>> Operations(const Request& request, const Deps& deps,
                                       std::string_view service, std::string_view kind) {
  if (service.empty()) return base::Fail(ErrorKind::kBadInput, "parameter 'service' is required");
  spans::Scan scan;
  scan.start_ns = 0;
  scan.end_ns = INT64_MAX;
  scan.streams.push_back(model::Matcher::Equal("service_name", std::string(service)));
  scan.max_spans = spans::kNameSpans;
  scan.cancelled = request.cancelled;
  std::set<Operation> found;
  PHAROS_TRY_VOID(spans::ScanSpans(deps, scan, [&](const model::Labels&, const model::Event& span) {
    const std::string_view span_kind = spans::KindName(span.span->kind);
    if (kind.empty() || kind == span_kind) found.emplace(span.span->name, span_kind);
    return found.size() < spans::kMaxTagValues;
  }));
  return found;
}

Response ServicesPage(const Deps& deps) {
  const auto services = Services(deps);
  return services ? Strings(*services) : ErrorResponse(services.error());
}

Response OperationNames(const Request& request, const Deps& deps) {
  const auto operations = Operations(request, deps, request.PathParam("service"), "");
  if (!operations) return ErrorResponse(operations.error());
  std::set<std::string> names;
  for (const Operation& operation : *operations) names.insert(operation.first);
  return Strings({names.begin(), names.end()});
}

void WriteOperations(JsonWriter& json, const std::set<Operation>& operations) {
  json.BeginArray();
  for (const auto& [name, kind] : operations) {
    json.BeginObject().Key("name").String(name).Key("spanKind").String(kind).EndObject();
  }
  json.EndArray();
}

Response OperationsPage(const Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  const auto operations = Operations(request, deps, params.Get("service"), params.Get("spanKind"));
  if (!operations) return ErrorResponse(operations.error());
  return Envelope(200, operations->size(),
                  [&](JsonWriter& json) { WriteOperations(json, *operations); });
}

/// The trace; kNotFound when it has no span.
Result<model::EventBatch> Trace(const Deps& deps, std::string_view id_text) {
  PHAROS_TRY(const model::TraceId id, spans::ReadTraceId(id_text));
  PHAROS_TRY(model::EventBatch batch, deps.events->TraceById(deps.tenant, id));
  if (spans::SpansOf(batch).empty()) return base::Fail(ErrorKind::kNotFound, "trace not found");
  return batch;
}

Response TracePage(const Request& request, const Deps& deps) {
  const auto batch = Trace(deps, request.PathParam("id"));
  if (!batch) return ErrorResponse(batch.error());
  return Envelope(200, 0, [&](JsonWriter& json) {
    json.BeginArray();
    WriteTrace(json, *batch);
    json.EndArray();
  });
}

Result<std::vector<model::TraceId>> Wanted(const Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  std::vector<model::TraceId> ids;
  for (const std::string_view text : params.All("traceID")) {
    PHAROS_TRY(const model::TraceId id, spans::ReadTraceId(text));
    ids.push_back(id);
    if (ids.size() >= spans::kMaxTraces) break;
  }
  if (!ids.empty()) return ids;
  PHAROS_TRY(const Search search, ReadSearch(params, deps.clock->NowNs()));
  spans::Scan scan = ScanOf(search);
  scan.cancelled = request.cancelled;
  return spans::FindTraces(
      deps, scan, search.limit,
      [&](const model::Labels&, const model::Event& span) { return HasTags(search, span); });
}

Response SearchPage(const Request& request, const Deps& deps) {
  const auto ids = Wanted(request, deps);
  if (!ids) return ErrorResponse(ids.error());
  std::optional<base::Error> failed;
  Response response = Envelope(200, 0, [&](JsonWriter& json) {
    json.BeginArray();
    for (const model::TraceId& id : *ids) {
      if (request.cancelled.Cancelled()) break;
      const auto batch = deps.events->TraceById(deps.tenant, id);
      if (!batch) {
        failed = batch.error();
        break;
      }
      if (!spans::SpansOf(*batch).empty()) WriteTrace(json, *batch);
    }
    json.EndArray();
  });
  return failed ? ErrorResponse(*failed) : std::move(response);
}

Result<int64_t> Millis(const net::Params& params, const char* name, int64_t fallback_ns) {
  const std::string text(params.Get(name));
  if (text.empty()) return fallback_ns;
  if (text.size() > 15 || text.find_first_not_of("0123456789") != std::string::npos) {
    return base::Fail(ErrorKind::kBadInput,
                      "unable to parse " + std::string(name) + ": invalid syntax");
  }
  if (std::stoll(text) > INT64_MAX / 1'000'000)
    return base::Fail(ErrorKind::kBadInput, std::string(name) + " is out of range");
  return std::stoll(text) * 1'000'000;
}

Response DependenciesPage(const Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  const auto end = Millis(params, "endTs", deps.clock->NowNs());
  const auto lookback = Millis(params, "lookback", kDayNs);
  if (!end || !lookback) return ErrorResponse(!end ? end.error() : lookback.error());
  spans::Scan scan;
  scan.start_ns = *end - *lookback;
  scan.end_ns = *end;
  scan.max_spans = spans::kDependencySpans;
  scan.cancelled = request.cancelled;
  struct Seen {
    std::string service;
    model::SpanId parent;
  };
  std::map<std::pair<model::TraceId, model::SpanId>, Seen> seen;
  const auto scanned =
      spans::ScanSpans(deps, scan, [&](const model::Labels& stream, const model::Event& span) {
        seen.try_emplace({span.trace_id, span.span_id}, std::string(spans::ServiceOf(stream)),
                         span.span->parent_id);
        return true;
      });
  if (!scanned) return ErrorResponse(scanned.error());
  std::map<std::pair<std::string, std::string>, uint64_t> calls;
  for (const auto& [id, span] : seen) {
    const auto parent = seen.find({id.first, span.parent});
    if (parent != seen.end() && parent->second.service != span.service)
      ++calls[{parent->second.service, span.service}];
  }
  return Envelope(200, 0, [&](JsonWriter& json) {
    json.BeginArray();
    for (const auto& [pair, count] : calls) {
      json.BeginObject().Key("parent").String(pair.first).Key("child").String(pair.second);
      json.Key("callCount").Int(count).EndObject();
    }
    json.EndArray();
  });
}

// ---- v3: OTLP inside {"result":…} ----

Response V3Error(const base::Error& error) {
  const int status = error.kind == ErrorKind::kBadInput   ? 400
                     : error.kind == ErrorKind::kNotFound ? 404
                                                          : 500;
  std::string out;
  JsonWriter json(out);
  json.BeginObject()
      .Key("error")
      .BeginObject()
      .Key("httpCode")
      .Int(status)
      .Key("message")
      .String(error.message);
  json.EndObject().EndObject();
  return Response::Json(status, out);
}

Response V3Trace(const Request& request, const Deps& deps) {
  const auto batch = Trace(deps, request.PathParam("id"));
  if (!batch) return V3Error(batch.error());
  return Response::Json(200, "{\"result\":" + wire::EncodeOtlpTracesJson(*batch) + "}");
}

Response V3Services(const Deps& deps) {
  const auto services = Services(deps);
  if (!services) return V3Error(services.error());
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("services").BeginArray();
  for (const std::string& name : *services) json.String(name);
  json.EndArray().EndObject();
  return Response::Json(200, out);
}

Response V3Operations(const Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  const auto operations = Operations(request, deps, params.Get("service"), params.Get("span_kind"));
  if (!operations) return V3Error(operations.error());
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("operations");
  WriteOperations(json, *operations);
  json.EndObject();
  return Response::Json(200, out);
}

}  // namespace

void RegisterJaegerApi(net::Router& router, const std::string& prefix, const Deps& deps) {
  const auto get = [&](const std::string& path, net::SyncHandler handler) {
    router.Add("GET", prefix + path, std::move(handler), {spans::kMaxBodyBytes, true});
  };
  get("/api/services", [deps](const Request&) { return ServicesPage(deps); });
  get("/api/services/{service}/operations",
      [deps](const Request& r) { return OperationNames(r, deps); });
  get("/api/operations", [deps](const Request& r) { return OperationsPage(r, deps); });
  get("/api/traces", [deps](const Request& r) { return SearchPage(r, deps); });
  get("/api/traces/{id}", [deps](const Request& r) { return TracePage(r, deps); });
  get("/api/dependencies", [deps](const Request& r) { return DependenciesPage(r, deps); });
  get("/api/v3/services", [deps](const Request&) { return V3Services(deps); });
  get("/api/v3/operations", [deps](const Request& r) { return V3Operations(r, deps); });
  get("/api/v3/traces/{id}", [deps](const Request& r) { return V3Trace(r, deps); });
}

}  // namespace pharos::api::jaeger
