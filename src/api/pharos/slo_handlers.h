// GET /pharos/api/v1/slos: how the SLOs stand.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "net/router.h"
#include "rules/slo_status.h"

namespace pharos::api::pharos {

/// Owns: copies of callables.
struct SloApiDeps {
  /// rules::SloBook::Status of the Manager's groups; null: no SLOs.
  std::function<std::vector<rules::SloStatus>()> slos;
};

/// Adds `prefix`/slos (`prefix` is "/pharos/api/v1"). Handlers run on the worker pool.
void RegisterSloApi(net::Router& router, std::string_view prefix, SloApiDeps deps);

}  // namespace pharos::api::pharos
