// One listening socket: accepts and spreads connections over the I/O threads. Private to
// net/.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "net/io_thread.h"
#include "net/server_state.h"

namespace pharos::net {

/// Owns: its socket. Threads: Open before, the rest on io.front()'s thread. Errors: Open
/// says which address is taken (kConflict) or bad. Cost: none a request.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::vector<std::shared_ptr<IoThread>> io, std::shared_ptr<ServerState> state,
           std::shared_ptr<const Face> face);

  /// Binds and listens; returns the real address.
  base::Result<std::string> Open(const std::string& address);
  void Accept();
  void Close();

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

  void Accepted(Socket socket);
  void Pause();

  const std::vector<std::shared_ptr<IoThread>> io_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<const Face> face_;
  Acceptor acceptor_;
  asio::steady_timer pause_;
  size_t next_ = 0;
};

}  // namespace pharos::net
