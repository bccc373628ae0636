// Jaeger's query API over the event store: what its UI and Grafana's Jaeger source ask.
#pragma once

#include <string>

#include "api/spans/span_scan.h"
#include "net/router.h"

namespace pharos::api::jaeger {

using Deps = spans::Deps;

/// Adds /api/services, /api/traces, … and /api/v3/… below `prefix` (no trailing slash).
void RegisterJaegerApi(net::Router& router, const std::string& prefix, const Deps& deps);

}  // namespace pharos::api::jaeger
