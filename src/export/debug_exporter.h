// The Collector's debug exporter (`logging` in older files): what passes, in Pharos's log.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "conf/otelcol_config.h"
#include "ingest/receive/otlp_sink.h"

namespace pharos::exporting {

/// Where its lines go: Pharos's log, or a test.
using DebugLine = std::function<void(const std::string& text)>;

/// basic: a line of counts a request. normal: also a line an item (names, ids, attributes).
/// detailed: also the whole request as OTLP/JSON. Of each second the first sampling_initial
/// requests are shown, then every sampling_thereafter-th. Answers at once.
std::shared_ptr<ingest::receive::OtlpSink> MakeDebugExporter(
    const conf::OtelcolDebugExporter& settings, const std::string& id, const base::Clock* clock,
    DebugLine line = nullptr);

}  // namespace pharos::exporting
