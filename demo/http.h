// The little HTTP that the demo needs: a thread a connection, and calls that carry the trace.
#pragma once

#include <cstdint>
#include <string>

#include "observe/http.h"

namespace demo {

/// Serves on 127.0.0.1:`port` until SIGTERM or SIGINT, then returns. False when the port is taken.
bool Serve(uint16_t port, const observe::Middleware& observed, const observe::HttpHandler& handler);

/// GETs from another service on this machine, inside a client span, with the trace context.
/// Status 0 when it cannot be reached; `body` then says why.
struct Answer {
  unsigned status = 0;
  std::string body;
};
Answer Call(uint16_t port, const std::string& path);

/// A JSON answer to `request`.
observe::HttpResponse Json(const observe::HttpRequest& request, unsigned status, std::string body);

}  // namespace demo
