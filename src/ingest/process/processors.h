// The processors of a pipeline: each takes a request, does its part and hands it to the next.
#pragma once

#include <memory>
#include <string>

#include "conf/otelcol_config.h"
#include "ingest/process/telemetry.h"
#include "ingest/receive/otlp_sink.h"

namespace pharos::ingest::process {

using SinkPtr = std::shared_ptr<receive::OtlpSink>;

/// What processors share; borrowed for as long as the pipelines live.
struct ProcessorDeps {
  Telemetry* telemetry = nullptr;
  const HeldBytes* held = nullptr;
};

/// Refuses (kBusy: senders retry) while the pipelines hold more bytes than the limit minus the
/// spike. The Collector measures its own heap here; Pharos has one process for everything, so
/// only what the pipelines hold counts. Looked at with every request, not each check_interval.
SinkPtr MakeMemoryLimiter(const conf::OtelcolMemoryLimiter& settings, const std::string& id,
                          const ProcessorDeps& deps, SinkPtr next);

/// Changes the attributes of each resource.
SinkPtr MakeResource(const conf::OtelcolResource& settings, const ProcessorDeps& deps,
                     SinkPtr next);

/// Changes the attributes of spans, log records and data points that include and exclude let
/// through.
SinkPtr MakeAttributes(const conf::OtelcolAttributes& settings, const ProcessorDeps& deps,
                       SinkPtr next);

}  // namespace pharos::ingest::process
