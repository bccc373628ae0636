// Grafana's HTTP API at its own paths: search, dashboards, data sources, health. What the pages,
// and scripts that people have for Grafana, use.
#pragma once

#include <string>

#include "api/grafana/dashboard_store.h"
#include "net/router.h"

namespace pharos::api::grafana {

/// Owns: nothing; `store` must outlive the router.
struct GrafanaApiDeps {
  DashboardStore* store = nullptr;
  std::string version = "10.3.1";  ///< of the Grafana whose API this is
  std::string commit;
};

/// Adds /api/search, /api/dashboards/…, /api/folders, /api/datasources…, /api/health. Handlers run
/// on the worker pool.
void RegisterGrafanaApi(net::Router& router, GrafanaApiDeps deps);

}  // namespace pharos::api::grafana
