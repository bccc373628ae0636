// admin/tsdb/*: delete series, give the disk back, copy. Off unless enabled, as in Prometheus.
#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "api/prometheus/params.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using net::Request;
using net::Response;

Response NoContent() { return Response{.status = 204, .headers = {}, .body = {}}; }

/// What went wrong inside is "internal", whatever its kind.
Response Internal(base::Error error) {
  const bool retry = error.kind == ErrorKind::kBusy || error.kind == ErrorKind::kLimit;
  error.kind = retry ? ErrorKind::kBusy : ErrorKind::kIo;
  return Failure(error);
}

Response Refused(std::unexpected<base::Error> error) { return Failure(error.error()); }

/// Go's strconv.ParseBool.
bool ParseBool(std::string_view text, bool* out) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return *out = true;
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return *out = false, true;
  }
  return false;
}

Response DeleteSeries(const PrometheusApiDeps& deps, const Request& request) {
  const net::Params params = request.AllParams();
  const auto selectors = params.All("match[]");
  if (selectors.empty()) return Failure({ErrorKind::kBadInput, "no match[] parameter provided"});
  if (selectors.size() > kMaxMatchers) {
    return Failure({ErrorKind::kBadInput,
                    "more than " + std::to_string(kMaxMatchers) + " match[] parameters"});
  }
  const auto start = TimeParam(params, "start", -kTimeBoundMs);
  if (!start) return Failure(start.error());
  const auto end = TimeParam(params, "end", kTimeBoundMs);
  if (!end) return Failure(end.error());
  MatcherSets sets;  // all are understood before anything is deleted
  for (const std::string_view selector : selectors) {
    auto matchers = query::promql::ParseMetricSelector(selector);
    if (!matchers) return Refused(InvalidParameter("match[]", std::move(matchers).error()));
    sets.push_back(*std::move(matchers));
  }
  const std::string tenant = TenantOf(deps, request);
  for (const auto& matchers : sets) {
    if (auto deleted = deps.admin->Delete(tenant, matchers, *start, *end); !deleted)
      return Internal(std::move(deleted).error());
  }
  return NoContent();
}

Response CleanTombstones(const PrometheusApiDeps& deps, const Request& /*request*/) {
  auto cleaned = deps.admin->CleanTombstones();
  return cleaned ? NoContent() : Internal(std::move(cleaned).error());
}

Response Snapshot(const PrometheusApiDeps& deps, const Request& request) {
  const net::Params params = request.AllParams();
  const std::string_view text = params.Get("skip_head");
  bool skip_head = false;
  if (!text.empty() && !ParseBool(text, &skip_head)) {
    return Refused(InvalidParameter(
        "skip_head",
        {ErrorKind::kBadInput, "unable to parse boolean: strconv.ParseBool: parsing " +
                                   query::promql::GoQuote(text) + ": invalid syntax"}));
  }
  auto name = deps.admin->Snapshot(skip_head);
  if (!name) {
    name.error().message = "create snapshot: " + name.error().message;
    return Internal(std::move(name).error());
  }
  std::string data = "{\"name\":";
  text::AppendJsonString(data, *name, true);
  return Success(data + "}");
}

}  // namespace

void AddAdminRoutes(net::Router& router, const std::string& prefix, const DepsPtr& deps) {
  using Handler = Response (*)(const PrometheusApiDeps&, const Request&);
  const std::pair<const char*, Handler> calls[] = {{"delete_series", DeleteSeries},
                                                   {"clean_tombstones", CleanTombstones},
                                                   {"snapshot", Snapshot}};
  for (const auto& [name, call] : calls) {
    for (const char* method : {"POST", "PUT"}) {
      router.Add(method, prefix + "/api/v1/admin/tsdb/" + name,
                 [deps, call = call](const Request& request) {
                   if (!deps->enable_admin || deps->admin == nullptr)
                     return Disabled("admin APIs disabled");
                   return call(*deps, request);
                 });
    }
  }
}

}  // namespace pharos::api::prometheus
