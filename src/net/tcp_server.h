// A plain TCP listener for protocols that are not HTTP (Fluent forward). A session says what a
// connection's bytes mean; the server keeps connections, time and memory within bounds.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::net {

/// A session's way to its client. Threads: any; calls after the end do nothing.
class TcpLink {
 public:
  virtual ~TcpLink() = default;
  virtual void Send(std::string bytes) = 0;
  /// Reading goes on after a kWait.
  virtual void Resume() = 0;
  /// Ends the connection once what was sent is out.
  virtual void Close() = 0;
  virtual std::string remote() const = 0;
};
using TcpLinkPtr = std::shared_ptr<TcpLink>;

enum class TcpNext : uint8_t {
  kMore,   ///< read on
  kWait,   ///< read nothing until Resume, which may have come already
  kClose,  ///< end, once what was sent is out
};

/// What is known about one connection. Threads: all calls on one I/O thread, so nothing may
/// block.
class TcpSession {
 public:
  virtual ~TcpSession() = default;
  /// The connection is up.
  virtual void OnOpen() {}
  virtual TcpNext OnBytes(std::string_view bytes) = 0;
};
using MakeTcpSession = std::function<std::unique_ptr<TcpSession>(TcpLinkPtr link)>;

struct TcpServerOptions {
  std::string name;                        ///< for logs
  std::string address;                     ///< "127.0.0.1:24224"
  size_t max_connections = 1024;           ///< further ones are closed at once
  std::chrono::seconds idle_timeout{600};  ///< without a byte from the client
  size_t max_send_bytes = 1u << 20;        ///< waiting for a client that does not read: closed
  bool udp_heartbeat = false;              ///< answer datagrams at the same port with one zero byte
};

/// Owns: one I/O thread and the connections. Threads: any. Errors: Listen: the address is taken
/// (kConflict) or bad. Cost: nothing while nothing comes.
class TcpServer {
 public:
  static base::Result<std::unique_ptr<TcpServer>> Listen(TcpServerOptions options,
                                                         MakeTcpSession make);
  ~TcpServer();
  /// The real address, with the port that was picked.
  const std::string& address() const;
  size_t Connections() const;
  /// Closes everything. Idempotent.
  void Stop();

  struct State;

 private:
  explicit TcpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pharos::net
