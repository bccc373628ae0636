// Prometheus's feature flags (`--enable-feature`): which of them are honoured, which are always on
// here, which have no meaning.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace pharos::server {

/// Those that change what Pharos does.
struct PrometheusFeatures {
  bool per_step_stats = false;        ///< promql-per-step-stats
  bool use_start_timestamps = false;  ///< use-start-timestamps
  bool delayed_name_removal = false;  ///< promql-delayed-name-removal
};

struct FeatureNote {
  bool warning = false;
  std::string text;
  std::string option;
};

/// `names` as given, each perhaps several with commas between. An unknown one is a warning, as in
/// Prometheus; kUnsupported for one that Pharos does not do yet, since nobody asks for it in vain.
base::Result<PrometheusFeatures> ReadFeatures(const std::vector<std::string>& names,
                                              std::vector<FeatureNote>* notes);

}  // namespace pharos::server
