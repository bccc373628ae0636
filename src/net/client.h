// The HTTP client, on libcurl: for scraping, exporting, notifying and for tests.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "net/http.h"

namespace pharos::net {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http, https, or unix:/path:http://host/…
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{10'000};
  size_t max_response_bytes = 64u << 20;  ///< beyond: kTooLarge
  bool follow_redirects = true;
  Cancellation cancelled;  ///< looked at about once a second: kCancelled
};

/// Blocks. Response bodies are decompressed (gzip, zstd). Connections are kept and shared
/// between calls of one thread. kTimeout, kIo (with the host and the reason), kTooLarge.
base::Result<Response> Fetch(const ClientRequest& request);

}  // namespace pharos::net
