#include "api/prometheus/prometheus_api.h"

#include <utility>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"

namespace pharos::api::prometheus {
namespace {

using Handler = net::Response (*)(const PrometheusApiDeps&, const net::Request&);

}  // namespace

void SetCors(net::Response& response, const net::Request& request) {
  // The listener has already refused pages that are not allowed.
  const std::string_view origin = request.headers.Get("Origin");
  if (origin.empty()) return;
  response.headers.Set("Access-Control-Allow-Headers",
                       "Accept, Authorization, Content-Type, Origin");
  response.headers.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.headers.Set("Access-Control-Allow-Origin", origin);
  response.headers.Set("Access-Control-Expose-Headers", "Date");
  response.headers.Add("Vary", "Origin");
}

namespace {

net::SyncHandler Bind(const DepsPtr& deps, Handler handler) {
  return [deps, handler](const net::Request& request) {
    net::Response response = handler(*deps, request);
    SetCors(response, request);
    return response;
  };
}

/// An experiment of Prometheus that it has switched off unless asked for; in its words.
net::Response SearchDisabled(const PrometheusApiDeps& /*deps*/, const net::Request& /*request*/) {
  return Disabled("search API disabled");
}

}  // namespace

std::string TenantOf(const PrometheusApiDeps& deps, const net::Request& request) {
  return deps.tenant ? deps.tenant(request) : std::string(store::kDefaultTenant);
}

void RegisterPrometheusApi(net::Router& router, std::string_view prefix, PrometheusApiDeps given) {
  const auto deps = std::make_shared<const PrometheusApiDeps>(std::move(given));
  const std::string root(prefix);
  const std::string api = root + "/api/v1";
  const std::pair<const char*, Handler> both[] = {{"/query", HandleQuery},
                                                  {"/query_range", HandleQueryRange},
                                                  {"/query_exemplars", HandleExemplars},
                                                  {"/format_query", HandleFormatQuery},
                                                  {"/parse_query", HandleParseQuery},
                                                  {"/labels", HandleLabels},
                                                  {"/series", HandleSeries},
                                                  {"/status/query_cost", HandleQueryCost}};
  for (const auto& [path, handler] : both) {
    router.Add("GET", api + path, Bind(deps, handler));
    router.Add("POST", api + path, Bind(deps, handler),
               {.max_body_bytes = kMaxFormBytes, .yields = true});
  }
  const std::pair<const char*, Handler> reads[] = {{"/label/{name}/values", HandleLabelValues},
                                                   {"/metadata", HandleMetadata},
                                                   {"/rules", HandleRules},
                                                   {"/alerts", HandleAlerts},
                                                   {"/alertmanagers", HandleAlertmanagers},
                                                   {"/targets", HandleTargets},
                                                   {"/targets/metadata", HandleTargetMetadata},
                                                   {"/targets/relabel_steps", HandleRelabelSteps},
                                                   {"/scrape_pools", HandleScrapePools},
                                                   {"/scrape_pools/config", HandleScrapePoolConfig},
                                                   {"/features", HandleFeatures},
                                                   {"/openapi.yaml", HandleOpenApi},
                                                   {"/status/tsdb", HandleTsdbStatus},
                                                   {"/status/tsdb/blocks", HandleTsdbBlocks},
                                                   {"/status/self_metrics", HandleSelfMetrics}};
  for (const auto& [path, handler] : reads) router.Add("GET", api + path, Bind(deps, handler));
  for (const char* what : {"metric_names", "label_names", "label_values"}) {
    for (const char* method : {"GET", "POST"})
      router.Add(method, api + "/search/" + what, Bind(deps, SearchDisabled));
  }
  router.Add("POST", api + "/read", Bind(deps, HandleRead),
             {.max_body_bytes = kRemoteReadRequestBytes, .decompress = false, .yields = true});
  router.Add("GET", root + "/federate", Bind(deps, HandleFederate));
  router.Add("OPTIONS", api + "/{path...}", [](const net::Request& request) {
    net::Response response;
    response.status = 204;
    SetCors(response, request);
    return response;
  });
  AddAdminRoutes(router, root, deps);
  AddStatusRoutes(router, root, deps);
}

}  // namespace pharos::api::prometheus
