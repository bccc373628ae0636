// The Collector's page about itself (8888), with the names that dashboards and alerts ask for:
// those of 0.95, without `_total` and units.
#pragma once

#include <string>

#include "base/clock.h"
#include "ingest/process/telemetry.h"

namespace pharos::exporting {

struct CollectorIdentity {
  std::string instance_id;  ///< a UUID, new with each start
  std::string service_name = "otelcol-contrib";
  std::string version = "0.95.0";
  int64_t start_ns = 0;
};
/// A random one.
std::string NewInstanceId();

/// Prometheus text 0.0.4: everything that `telemetry` counted, otelcol_process_* of this process
/// and target_info; each series with service_instance_id, service_name, service_version.
std::string CollectorMetricsPage(const ingest::process::Telemetry& telemetry,
                                 const CollectorIdentity& identity, int64_t now_ns);

}  // namespace pharos::exporting
