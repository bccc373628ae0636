// Loki's file → what its push API is held against.
#pragma once

#include "base/result.h"
#include "conf/loki_config.h"
#include "events/engine.h"
#include "ingest/receive/loki_limits.h"

namespace pharos::server {

/// Times beyond 73 years and sizes below 0 become the nearest that can be told.
ingest::receive::LokiLimits PushLimits(const conf::LokiConfig& config);

/// What the engine of events takes from it: retention (unless pharos.yaml gave one), deletions,
/// rates. kBadInput for a selector that cannot be read.
base::Result<void> ApplyLoki(const conf::LokiConfig& config, bool retention_given,
                             events::EngineOptions* out);

}  // namespace pharos::server
