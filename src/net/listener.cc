#include "net/listener.h"

#include <boost/asio/ip/v6_only.hpp>

#include "base/log.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

using asio::ip::tcp;
using base::ErrorKind;
using ErrorCode = boost::system::error_code;

base::Error ListenError(const std::string& address, const ErrorCode& error) {
  const std::string start = "listen on " + address + ": ";
  if (error == asio::error::address_in_use) {
    return {ErrorKind::kConflict, start + "the address is taken by another program"};
  }
  if (error == asio::error::access_denied) {
    return {ErrorKind::kForbidden, start + "permission denied (ports below 1024 need root)"};
  }
  if (error == boost::system::errc::address_not_available) {
    return {ErrorKind::kBadInput, start + "this machine does not have that address"};
  }
  return {ErrorKind::kIo, start + error.message()};
}

}  // namespace

Listener::Listener(std::vector<std::shared_ptr<IoThread>> io, std::shared_ptr<ServerState> state,
                   std::shared_ptr<const Face> face)
    : io_(std::move(io)),
      state_(std::move(state)),
      face_(std::move(face)),
      acceptor_(io_.front()->context()),
      pause_(io_.front()->context()) {}

base::Result<std::string> Listener::Open(const std::string& text) {
  PHAROS_TRY(const Address address, ParseAddress(text));
  ErrorCode error;
  tcp::endpoint end(asio::ip::make_address(address.ip, error), address.port);
  if (!error) acceptor_.open(end.protocol(), error);
  if (error && address.any) {  // a machine without IPv6
    error = {};
    end = tcp::endpoint(tcp::v4(), address.port);
    acceptor_.open(end.protocol(), error);
  }
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && end.protocol() == tcp::v6()) {
    acceptor_.set_option(asio::ip::v6_only(!address.any), error);
  }
  if (!error) acceptor_.bind(end, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) end = acceptor_.local_endpoint(error);
  if (error) return std::unexpected(ListenError(text, error));
  return FormatAddress(end.address().to_string(), end.port());
}

void Listener::Accept() {
  if (state_->draining) return Close();
  const std::shared_ptr<IoThread>& io = io_[next_ % io_.size()];
  acceptor_.async_accept(
      io->context(), [self = shared_from_this()](const ErrorCode& error, Socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
        if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space) {
          return self->Pause();
        }
        if (!error) self->Accepted(std::move(socket));
        self->Accept();
      });
}

void Listener::Accepted(Socket socket) {
  const size_t open = state_->connections.load();
  const size_t limit = state_->options.max_connections;
  if (open >= limit + kMaxRefusedConnections) return;  // closes it
  const std::shared_ptr<IoThread>& io = io_[next_++ % io_.size()];
  auto connection = std::make_shared<Connection>(std::move(socket), io, state_, face_);
  io->Post([connection, refuse = open >= limit] { connection->Start(refuse); });
}

/// The process has no file descriptors left: waits for some to be closed.
void Listener::Pause() {
  base::Log(base::LogLevel::kWarn, "cannot accept connections: out of file descriptors",
            {{"listener", face_->name}});
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error) self->Accept();
  });
}

void Listener::Close() {
  ErrorCode error;
  acceptor_.close(error);
  pause_.cancel();
}

}  // namespace pharos::net
