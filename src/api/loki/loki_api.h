// Loki's HTTP API over the event store: queries, labels, series, volume, tail.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "net/router.h"
#include "store/event_deletes.h"
#include "store/events.h"

namespace pharos::api::loki {

struct Deps {
  store::EventSource* events = nullptr;    ///< borrowed; outlives the router
  store::EventDeletes* deletes = nullptr;  ///< null: nothing can be deleted (`deletion_mode`)
  base::Clock* clock = &base::Clock::System();
  /// Take the tenant from X-Scope-OrgID (requests without are 401); else "default".
  bool multi_tenant = false;
  /// Loki's "Ingester not ready" texts: "" when all is well.
  std::function<std::string()> not_ready;
};

/// Adds /loki/api/v1/… below `prefix` (without a trailing slash). With `own_port` also what
/// only Loki's own listener has: /ready.
void RegisterLokiApi(net::Router& router, const std::string& prefix, const Deps& deps,
                     bool own_port = false);

/// Requests to delete at one path: POST and PUT ask, GET lists, DELETE takes back. Loki has them
/// for lines; for spans they are the same, by stream (service) and time.
void RegisterDeletes(net::Router& router, const std::string& path, model::EventKind kind,
                     const Deps& deps);

}  // namespace pharos::api::loki
