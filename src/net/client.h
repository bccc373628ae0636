// The HTTP client, on libcurl: for scraping, exporting, notifying and for tests.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

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

/// What takes an answer that comes piece by piece and may never end.
struct StreamSink {
  /// Each piece of a 2xx answer's body; false ends the transfer with kCancelled. May block:
  /// the server then waits.
  std::function<bool(std::string_view bytes)> on_bytes;
  /// About once a second, with or without data. May be empty.
  std::function<void()> on_idle;
};

/// As Fetch, but without its time limit once connected: blocks until the server ends the
/// answer. The Response has status and headers, and the body only when the status is not 2xx.
base::Result<Response> FetchStream(const ClientRequest& request, const StreamSink& sink);

}  // namespace pharos::net
