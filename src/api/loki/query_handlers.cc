#include "api/loki/encode.h"
#include "api/loki/handlers.h"
#include "api/loki/params.h"
#include "query/logql/parser.h"

namespace pharos::api::loki {
namespace {

using base::Result;

bool Categorize(const net::Request& request) {
  const std::string_view flags = request.headers.Get("X-Loki-Response-Encoding-Flags");
  return flags.find("categorize-labels") != std::string_view::npos;
}

Result<net::Response> Query(const net::Request& request, const Deps& deps, bool instant) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(const std::string tenant, TenantOf(request, deps));
  PHAROS_TRY(query::logql::Params run, ReadQueryParams(params, deps, instant));
  PHAROS_TRY(const auto expr, query::logql::Parse(params.Get("query")));
  run.tenant = tenant;
  run.cancelled = [cancelled = request.cancelled] { return cancelled.Cancelled(); };
  PHAROS_TRY(const auto result, query::logql::Run(*expr, run, *deps.events));
  return net::Response::Json(200, EncodeQuery(result, Categorize(request)));
}

}  // namespace

net::Response HandleQuery(const net::Request& request, const Deps& deps, bool instant) {
  auto response = Query(request, deps, instant);
  return response ? *std::move(response) : ErrorResponse(response.error());
}

net::Response HandleFormatQuery(const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto expr = query::logql::Parse(params.Get("query"));
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject();
  if (expr) {
    json.Key("status").String("success").Key("data").String(query::logql::ToString(**expr));
  } else {
    json.Key("status").String("invalid-query").Key("error").String(expr.error().message);
  }
  json.EndObject();
  return net::Response::Json(expr ? 200 : 400, out);
}

}  // namespace pharos::api::loki
