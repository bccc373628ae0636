// Tempo's HTTP API over the event store: trace by id, search, tags.
#pragma once

#include <string>

#include "api/spans/span_scan.h"
#include "net/router.h"

namespace pharos::api::tempo {

using Deps = spans::Deps;

/// Adds /api/traces/{id}, /api/search, … below `prefix` (no trailing slash). With `own_port`
/// also what only Tempo's own listener has: /ready.
void RegisterTempoApi(net::Router& router, const std::string& prefix, const Deps& deps,
                      bool own_port = false);

}  // namespace pharos::api::tempo
