// Requests to delete log lines, as Loki's compactor takes them: asked for, listed, taken back.
#include <optional>

#include "api/loki/handlers.h"
#include "api/loki/params.h"
#include "query/logql/parser.h"
#include "query/logql/pipeline.h"
#include "text/go_float.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::loki {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kMs = 1'000'000;

/// "1700000000" or RFC 3339; milliseconds count.
std::optional<int64_t> ParseTime(std::string_view text) {
  if (const auto ns = text::ParseRfc3339(text)) return *ns / kMs * kMs;
  if (text.size() != 10 || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t seconds = 0;
  for (const char c : text) seconds = seconds * 10 + (c - '0');
  return seconds * 1'000'000'000;
}

Result<void> ReadSelector(std::string_view text, store::EventDeletion* out) {
  if (text.empty()) return Fail(ErrorKind::kBadInput, "query not set");
  out->query = text;
  const auto parsed = query::logql::Parse(text);
  const query::logql::LogExpr* log = parsed ? (*parsed)->As<query::logql::LogExpr>() : nullptr;
  if (log == nullptr) return Fail(ErrorKind::kBadInput, "invalid query expression");
  PHAROS_TRY(const auto pipeline, query::logql::Pipeline::Compile(log->stages));
  if (out->kind == model::EventKind::kSpan && !log->stages.empty()) {
    return Fail(
        ErrorKind::kBadInput,
        "unsupported query expression: spans are deleted by stream selector and time alone");
  }
  if (!pipeline.complete()) {
    return Fail(ErrorKind::kBadInput,
                "unsupported query expression: lines are deleted by stream selector, time and line "
                "filters (|= != |~ !~) alone");
  }
  out->streams = log->matchers;
  out->predicate = pipeline.pushdown();
  return {};
}

Result<void> ReadTimes(const net::Params& params, int64_t now_ns, store::EventDeletion* out) {
  const std::string_view start = params.Get("start"), end = params.Get("end");
  if (start.empty()) return Fail(ErrorKind::kBadInput, "start time not set");
  const auto from = ParseTime(start);
  if (!from) {
    return Fail(ErrorKind::kBadInput, "invalid start time: require unix seconds or RFC3339 format");
  }
  const auto to = end.empty() ? now_ns / kMs * kMs : ParseTime(end);
  if (!to) {
    return Fail(ErrorKind::kBadInput, "invalid end time: require unix seconds or RFC3339 format");
  }
  if (*to > now_ns) return Fail(ErrorKind::kBadInput, "deletes in the future are not allowed");
  if (*from > *to) {
    return Fail(ErrorKind::kBadInput, "start time can't be greater than end time");
  }
  out->start_ns = *from;
  out->end_ns = *to;
  return {};
}

Result<void> Add(const net::Request& request, const Deps& deps, model::EventKind kind) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(const std::string tenant, TenantOf(request, deps));
  store::EventDeletion deletion;
  deletion.kind = kind;
  PHAROS_TRY_VOID(ReadSelector(params.Get("query"), &deletion));
  PHAROS_TRY_VOID(ReadTimes(params, deps.clock->NowNs(), &deletion));
  PHAROS_TRY([[maybe_unused]] const std::string id,
             deps.deletes->AddDeletion(tenant, std::move(deletion)));
  return {};
}

net::Response NoContent() { return net::Response::Text(204, ""); }

net::Response Disabled() {
  return net::Response::Text(403, "deletion is not available for this tenant\n");
}

/// A Prometheus time: seconds, three digits behind the point at most.
void Time(text::JsonWriter& json, int64_t ns) {
  json.Raw(text::GoFloat(static_cast<double>(ns / kMs) / 1000));
}

net::Response HandleAdd(const net::Request& request, const Deps& deps, model::EventKind kind) {
  if (deps.deletes == nullptr) return Disabled();
  const auto added = Add(request, deps, kind);
  return added ? NoContent() : ErrorResponse(added.error());
}

net::Response HandleList(const net::Request& request, const Deps& deps, model::EventKind kind) {
  if (deps.deletes == nullptr) return Disabled();
  const auto tenant = TenantOf(request, deps);
  if (!tenant) return ErrorResponse(tenant.error());
  std::string out;
  text::JsonWriter json(out);
  json.BeginArray();
  for (const store::EventDeletion& one : deps.deletes->Deletions(*tenant)) {
    if (one.kind != kind) continue;
    json.BeginObject().Key("request_id").String(one.id).Key("start_time");
    Time(json, one.start_ns);
    json.Key("end_time");
    Time(json, one.end_ns);
    json.Key("query").String(one.query).Key("status").String(one.done ? "processed" : "received");
    json.Key("created_at");
    Time(json, one.created_ns);
    json.EndObject();
  }
  json.EndArray();
  return net::Response::Json(200, out + "\n");
}

net::Response HandleCancel(const net::Request& request, const Deps& deps) {
  if (deps.deletes == nullptr) return Disabled();
  const auto tenant = TenantOf(request, deps);
  if (!tenant) return ErrorResponse(tenant.error());
  const net::Params params = request.AllParams();
  const auto cancelled = deps.deletes->CancelDeletion(*tenant, params.Get("request_id"));
  return cancelled ? NoContent() : ErrorResponse(cancelled.error());
}

}  // namespace

void RegisterDeletes(net::Router& router, const std::string& path, model::EventKind kind,
                     const Deps& deps) {
  const auto add = [deps, kind](const net::Request& r) { return HandleAdd(r, deps, kind); };
  router.Add("POST", path, add);
  router.Add("PUT", path, add);
  router.Add("GET", path,
             [deps, kind](const net::Request& r) { return HandleList(r, deps, kind); });
  router.Add("DELETE", path, [deps](const net::Request& r) { return HandleCancel(r, deps); });
}

}  // namespace pharos::api::loki
