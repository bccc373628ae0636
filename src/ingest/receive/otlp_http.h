// OTLP over HTTP: POST /v1/traces, /v1/logs, /v1/metrics, and the same under the paths that
// Prometheus and Loki have for it.
#pragma once

#include <memory>
#include <string>

#include "ingest/receive/limits.h"
#include "ingest/receive/otlp_service.h"
#include "net/router.h"

namespace pharos::ingest::receive {

/// Which of the paths a face serves.
struct OtlpPaths {
  bool standard = true;     ///< the three below
  bool prometheus = false;  ///< /api/v1/otlp/v1/metrics
  bool loki = false;        ///< /otlp/v1/logs (204 when all is well, as Loki)
  std::string traces = "/v1/traces";
  std::string logs = "/v1/logs";
  std::string metrics = "/v1/metrics";
  size_t max_body_bytes = kMaxDecompressedBytes;  ///< after decompression
};

/// Answers 200 with Export…ServiceResponse in the request's encoding; errors carry
/// google.rpc.Status. Bodies come decompressed from the router (gzip, zstd).
void RegisterOtlpHttp(net::Router& router, std::shared_ptr<OtlpService> service,
                      const Target& target, OtlpPaths paths = {});

}  // namespace pharos::ingest::receive
