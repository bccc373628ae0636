// One export over HTTP: a POST, and what its answer means for a retry.
#pragma once

#include <map>
#include <string>

#include "conf/otelcol_config.h"
#include "export/sending_queue.h"

namespace pharos::exporting {

struct HttpPost {
  std::string url;
  std::string content_type;
  std::string body;
  bool compress = true;                        ///< by the client's `compression`
  std::map<std::string, std::string> headers;  ///< beside the client's
};

/// Blocks for at most the client's timeout. Retryable: no answer, 429, 502, 503, 504 (with
/// Retry-After); other codes beyond 2xx are final.
Delivery DeliverHttp(const conf::OtelcolClient& client, HttpPost post,
                     const net::Cancellation& cancelled);

}  // namespace pharos::exporting
