// GET /pharos/api/v1/exemplars?trace_id=ID: the exemplars that name a trace.
#pragma once

#include <string_view>

#include "net/router.h"
#include "store/exemplars.h"

namespace pharos::api::pharos {

/// Owns: nothing; the store must outlive the router.
struct ExemplarApiDeps {
  store::ExemplarStore* exemplars = nullptr;
};

/// Adds `prefix`/exemplars; the answer has the form of Prometheus's query_exemplars. Handlers run
/// on the worker pool.
void RegisterExemplarApi(net::Router& router, std::string_view prefix, ExemplarApiDeps deps);

}  // namespace pharos::api::pharos
