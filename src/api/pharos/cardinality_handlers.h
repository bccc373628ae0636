// GET /pharos/api/v1/cardinality: which metrics and labels have how many series.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/router.h"
#include "store/cardinality.h"

namespace pharos::api::pharos {

/// Owns: nothing; both must outlive the router.
struct CardinalityApiDeps {
  store::CardinalitySource* source = nullptr;
  base::Clock* clock = &base::Clock::System();
  /// Whose series a request sees; null: the default tenant's.
  std::function<std::string(const net::Request&)> tenant;
};

/// Adds `prefix`/cardinality. Parameters: match[] (several: series of any), start and end (the last
/// day), limit (10; at most 1,000), focusLabel. Handlers run on the worker pool.
void RegisterCardinalityApi(net::Router& router, std::string_view prefix, CardinalityApiDeps deps);

}  // namespace pharos::api::pharos
