// What all connections of one server share: options, allow-list, worker pool, counts.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "net/host_check.h"
#include "net/limits.h"
#include "net/server.h"
#include "net/workers.h"

namespace pharos::net {

/// Owns: the worker pool. Threads: any. Errors: none. Cost: atomics.
struct ServerState {
  explicit ServerState(ServerOptions given)
      : options(std::move(given)),
        hosts(options.allowed_hosts),
        workers({.threads = std::max(1, options.worker_threads),
                 .max_queued = options.max_queued_requests,
                 .watch = true}),
        patient({.threads = kPatientWorkers, .patient = true, .name = "http-patient"}) {}

  /// Takes `bytes` for bodies unless that would pass the limit.
  bool TryTakeBodyBytes(size_t bytes) {
    if (body_bytes.fetch_add(bytes) + bytes <= options.max_buffered_body_bytes) return true;
    body_bytes -= bytes;
    return false;
  }

  const ServerOptions options;
  const HostCheck hosts;
  Workers workers;
  Workers patient;  ///< the pieces of long answers
  std::atomic<bool> draining{false};
  std::atomic<size_t> body_bytes{0};

  std::mutex mutex;
  std::condition_variable connection_gone;
  std::atomic<size_t> connections{0};  // falls under `mutex`, so that no wake-up is missed
};

/// One place among max_connections; given back on destruction. A WebSocket inherits the
/// place of the connection it was.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  explicit ConnectionSlot(std::shared_ptr<ServerState> state);
  ConnectionSlot(ConnectionSlot&&) = default;
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept;
  ~ConnectionSlot() { Release(); }

 private:
  void Release();

  std::shared_ptr<ServerState> state_;
};

/// What one request's body has taken of max_buffered_body_bytes; given back on destruction.
class BodyCharge {
 public:
  explicit BodyCharge(std::shared_ptr<ServerState> state) : state_(std::move(state)) {}
  BodyCharge(BodyCharge&& other) noexcept
      : state_(std::move(other.state_)), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyCharge& operator=(BodyCharge&&) = delete;
  ~BodyCharge() { Release(); }

  /// False when there is no room for `bytes` in total; what was taken stays taken.
  bool GrowTo(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!state_->TryTakeBodyBytes(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }
  void Release() {
    if (bytes_ > 0) state_->body_bytes -= std::exchange(bytes_, 0);
  }
  /// Hands the taken bytes over; this one is empty and usable afterwards.
  BodyCharge Take() {
    BodyCharge taken(state_);
    taken.bytes_ = std::exchange(bytes_, 0);
    return taken;
  }

 private:
  std::shared_ptr<ServerState> state_;
  size_t bytes_ = 0;
};

/// One listener as its connections see it.
///
/// Owns: shares the router. Threads: any. Errors: none. Cost: Count takes a lock on the
/// first use of a code.
class Face {
 public:
  explicit Face(const ListenOptions& options);

  void Count(int status, int64_t duration_ns) const;

  const std::string name;
  const std::shared_ptr<const Router> router;
  const bool cors;

 private:
  base::Latency& duration_;
  mutable std::array<std::atomic<base::Counter*>, 600> by_code_{};
};

}  // namespace pharos::net
