#include "net/server_state.h"

namespace pharos::net {
namespace {

/// Connections of every server of the process; a gauge reads it.
std::atomic<int64_t>& AllConnections() {
  static std::atomic<int64_t> count{0};
  static const bool registered = [] {
    base::SetGauge("pharos_http_connections", "Open HTTP and WebSocket connections.",
                   [] { return static_cast<double>(count.load()); });
    return true;
  }();
  (void)registered;
  return count;
}

std::string ListenerLabel(std::string_view name) {
  std::string label = "listener=\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') label += '\\';
    label += c == '\n' ? ' ' : c;
  }
  return label + '"';
}

}  // namespace

ConnectionSlot::ConnectionSlot(std::shared_ptr<ServerState> state) : state_(std::move(state)) {
  ++state_->connections;
  ++AllConnections();
}

ConnectionSlot& ConnectionSlot::operator=(ConnectionSlot&& other) noexcept {
  Release();
  state_ = std::move(other.state_);
  return *this;
}

void ConnectionSlot::Release() {
  if (!state_) return;
  --AllConnections();
  {
    std::lock_guard lock(state_->mutex);
    --state_->connections;
  }
  state_->connection_gone.notify_all();
  state_.reset();
}

Face::Face(const ListenOptions& options)
    : name(options.name),
      router(options.router),
      cors(options.cors),
      duration_(base::GetLatency("pharos_http_request_duration_seconds",
                                 "From the whole head of a request to its answer.",
                                 ListenerLabel(options.name))) {}

void Face::Count(int status, int64_t duration_ns) const {
  if (status < 100 || status > 599) status = 500;
  base::Counter* counter = by_code_[status].load(std::memory_order_acquire);
  if (!counter) {
    counter = &base::GetCounter("pharos_http_requests_total", "HTTP requests answered.",
                                ListenerLabel(name) + ",code=\"" + std::to_string(status) + "\"");
    by_code_[status].store(counter, std::memory_order_release);
  }
  counter->Add();
  duration_.ObserveNs(duration_ns);
}

}  // namespace pharos::net
