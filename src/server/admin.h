// What every face has of Pharos itself: readiness, health, /metrics, and on the main port the
// calls under /pharos/api/v1.
#pragma once

#include "net/router.h"
#include "server/faces.h"

namespace pharos::server {

/// /metrics, /ready, /-/ready, /-/healthy; /-/reload and /-/quit where lifecycle
/// is enabled.
void RegisterHealth(net::Router& router, const FaceDeps& deps);
/// Pharos's own metrics in Prometheus text format.
net::Response MetricsPage();
/// POST /pharos/api/v1/admin/flush.
void RegisterAdmin(net::Router& router, const FaceDeps& deps);

}  // namespace pharos::server
