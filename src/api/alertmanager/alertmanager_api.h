// Alertmanager's HTTP API, version 2: alerts, groups, silences, receivers, status. What amtool,
// Grafana and the pages speak.
#pragma once

#include <functional>
#include <string>

#include "alert/alertmanager.h"
#include "net/router.h"

namespace pharos::api::alertmanager {

struct Deps {
  alert::Alertmanager* alertmanager = nullptr;
  /// POST /-/reload on its own port; empty: not offered.
  std::function<base::Result<void>()> reload;
};

/// Adds /api/v2/… below `prefix` (no trailing slash). With `own_port` also what only
/// Alertmanager's own listener has: /-/healthy, /-/ready, /-/reload.
void RegisterAlertmanagerApi(net::Router& router, const std::string& prefix, const Deps& deps,
                             bool own_port = false);

}  // namespace pharos::api::alertmanager
