// POST {prefix}/api/v1/write: Prometheus remote write 1.0 (and 2.0, see remote_write_v2.h)
// into the sample engine, answered as Prometheus answers once the samples are on disk.
#pragma once

#include <string>
#include <string_view>

#include "base/ack.h"
#include "base/result.h"
#include "ingest/receive/target.h"
#include "net/router.h"

namespace pharos::ingest::receive {

/// Adds the route. `prefix` "" or "/prometheus".
void RegisterRemoteWrite(net::Router& router, std::string_view prefix, const Target& target);

struct RemoteWriteOutcome {
  base::Ack ack;        ///< of what was taken
  std::string refusal;  ///< Prometheus's sentence when some samples were refused, else ""
};

/// One decompressed WriteRequest. kBadInput for malformed bytes (nothing is written).
base::Result<RemoteWriteOutcome> WriteRemote(store::SampleSink& sink, std::string_view tenant,
                                             std::string_view body);

}  // namespace pharos::ingest::receive
