// The Collector's otlp and otlphttp exporters over the network: one attempt, for a SendingQueue.
// To Pharos's own addresses the requests go to ingest::receive::OtlpStore instead.
#pragma once

#include <string_view>

#include "base/result.h"
#include "conf/otelcol_config.h"
#include "export/sending_queue.h"

namespace pharos::exporting {

/// kNotFound when the ca_file cannot be read. Retryable are the codes that OTLP names;
/// RESOURCE_EXHAUSTED only with a pause from the other side.
base::Result<Deliver> OtlpGrpcDeliver(const conf::OtelcolOtlpExporter& settings);

Deliver OtlpHttpDeliver(const conf::OtelcolOtlpHttpExporter& settings);

/// The pause in a google.rpc.Status with RetryInfo; negative when it has none.
std::chrono::milliseconds RetryPause(std::string_view status_details);

}  // namespace pharos::exporting
