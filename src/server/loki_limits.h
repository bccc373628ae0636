// Loki's file → what its push API is held against.
#pragma once

#include "conf/loki_config.h"
#include "ingest/receive/loki_limits.h"

namespace pharos::server {

/// Times beyond 73 years and sizes below 0 become the nearest that can be told.
ingest::receive::LokiLimits PushLimits(const conf::LokiConfig& config);

}  // namespace pharos::server
