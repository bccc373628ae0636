#include "server/admin.h"

#include <signal.h>
#include <unistd.h>

#include "base/metrics.h"
#include "server/alerting.h"
#include "server/options.h"
#include "server/storage.h"

namespace pharos::server {

using net::Request;
using net::Response;

Response MetricsPage() {
  Response response = Response::Text(200, base::ExposeMetrics());
  response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

void RegisterHealth(net::Router& router, const FaceDeps& deps) {
  const auto ready = [ready = deps.ready](const Request&) {
    return ready() ? Response::Text(200, "ready\n") : Response::Text(503, "starting\n");
  };
  router.Add("GET", "/ready", ready);
  router.Add("GET", "/-/ready", [ready = deps.ready](const Request&) {
    return ready() ? Response::Text(200, "Prometheus Server is Ready.\n")
                   : Response::Text(503, "Service Unavailable");
  });
  router.Add("GET", "/-/healthy",
             [](const Request&) { return Response::Text(200, "Prometheus Server is Healthy.\n"); });
  router.Add("GET", "/metrics", [alerting = deps.alerting](const Request&) {
    Response page = MetricsPage();
    page.body += alerting->PrometheusMetrics();
    return page;
  });
  const auto reload = [enabled = deps.options->enable_lifecycle,
                       reload = deps.reload](const Request&) {
    if (!enabled) return Response::Text(403, "Lifecycle API is not enabled.\n");
    const std::string wrong = reload();
    return wrong.empty() ? Response::Text(200, "")
                         : Response::Text(500, "failed to reload config: " + wrong + "\n");
  };
  router.Add("POST", "/-/reload", reload);
  router.Add("PUT", "/-/reload", reload);
  const auto quit = [enabled = deps.options->enable_lifecycle](const Request&) {
    if (!enabled) return Response::Text(403, "Lifecycle API is not enabled.\n");
    kill(getpid(), SIGTERM);  // the drain lets this very answer through
    return Response::Text(200, "Requesting termination... Goodbye!");
  };
  router.Add("POST", "/-/quit", quit);
  router.Add("PUT", "/-/quit", quit);
}

void RegisterAdmin(net::Router& router, const FaceDeps& deps) {
  router.Add("POST", "/pharos/api/v1/admin/flush", [storage = deps.storage](const Request&) {
    if (const auto done = storage->Flush(); !done) {
      return Response::Text(500, done.error().message + "\n");
    }
    return Response::Json(200, R"({"status":"success"})");
  });
}

}  // namespace pharos::server
