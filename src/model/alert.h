// An alert on its way from the rule that found it to the people who are told.
#pragma once

#include <cstdint>
#include <string>

#include "model/labels.h"

namespace pharos::model {

/// One alert as Prometheus sends it and Alertmanager keeps it. `labels` (with `alertname`)
/// identify it; a later one with equal labels replaces it.
struct Alert {
  Labels labels;
  Labels annotations;
  int64_t starts_at_ms = 0;
  int64_t ends_at_ms = 0;  ///< 0: not said (the receiver adds its resolve_timeout)
  std::string generator_url;

  /// Over at `now_ms`.
  bool ResolvedAt(int64_t now_ms) const { return ends_at_ms != 0 && ends_at_ms <= now_ms; }
};

}  // namespace pharos::model
