// The HTTP server: listeners, connections, limits, drain.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/router.h"

namespace pharos::net {

struct ServerOptions {
  int io_threads = 2;
  int worker_threads = 16;                      ///< for sync handlers
  size_t max_queued_requests = 1024;            ///< waiting for a worker; beyond: 503
  size_t max_buffered_body_bytes = 512u << 20;  ///< bodies being read or handled; beyond: 503
  size_t max_connections = 4096;                ///< beyond: accepted and closed with 503
  size_t max_header_bytes = 64 << 10;           ///< beyond: 431
  std::chrono::seconds header_timeout{10};      ///< from the first byte to the whole head
  std::chrono::seconds body_idle_timeout{30};   ///< for each next KiB of a body
  std::chrono::seconds write_idle_timeout{30};  ///< for the client to take the next KiB
  std::chrono::seconds keep_alive_timeout{120};
  /// Host and Origin names allowed besides loopback names and the bound address, lower
  /// case, without port; "*.x.org" for all below x.org, "*" for any. A browser page from elsewhere
  /// gets 403.
  std::vector<std::string> allowed_hosts;
};

struct ListenOptions {
  std::string name;     ///< "main", "prometheus": for logs and metrics
  std::string address;  ///< "127.0.0.1:3000", "[::1]:0"
  std::shared_ptr<const Router> router;
  bool cors = false;  ///< answer CORS preflights for any allowed origin
};

/// Owns: its threads and connections; borrows nothing. Threads: any; the destructor not from
/// a handler. It drains without grace and waits for the handlers that still run.
/// Errors: Listen says which address is taken (kConflict) or bad (kBadInput).
/// Cost: a small request on a kept connection takes four system calls, no lock that others
/// contend for, and with a sync handler one hand-over to a worker and back.
class Server {
 public:
  static std::unique_ptr<Server> Make(ServerOptions options);
  virtual ~Server() = default;
  /// Binds at once and serves from now on. Returns the real address ("127.0.0.1:41234").
  virtual base::Result<std::string> Listen(ListenOptions options) = 0;
  /// Stops accepting, lets running requests finish for up to `grace`, then closes. Idempotent.
  virtual void Drain(std::chrono::milliseconds grace) = 0;
};

}  // namespace pharos::net
