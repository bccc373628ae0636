#include "net/tcp_server.h"

#include <array>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <utility>

#include "base/log.h"
#include "net/address.h"
#include "net/io_thread.h"

namespace pharos::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using base::ErrorKind;
using ErrorCode = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

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

struct TcpServer::State : std::enable_shared_from_this<TcpServer::State> {
  State(TcpServerOptions given, MakeTcpSession factory)
      : options(std::move(given)),
        make(std::move(factory)),
        io(std::make_shared<IoThread>()),
        acceptor(io->context()),
        pause(io->context()),
        heartbeat(io->context()) {}

  base::Result<void> Open();
  void Accept();
  void Accepted(Socket socket);
  void Heartbeat();

  const TcpServerOptions options;
  const MakeTcpSession make;
  const std::shared_ptr<IoThread> io;
  Acceptor acceptor;
  asio::steady_timer pause;
  udp::socket heartbeat;
  udp::endpoint heartbeat_from;
  std::array<char, 64> heartbeat_bytes{};
  std::string address;
  std::atomic<size_t> connections{0};
};

namespace {

/// One connection; lives on the I/O thread.
class Link final : public TcpLink, public Peer, public std::enable_shared_from_this<Link> {
 public:
  Link(Socket socket, std::shared_ptr<TcpServer::State> state)
      : state_(std::move(state)), socket_(std::move(socket)) {
    ErrorCode error;
    const auto end = socket_.remote_endpoint(error);
    if (!error) remote_ = FormatAddress(end.address().to_string(), end.port());
    ++state_->connections;
  }
  ~Link() override { --state_->connections; }

  void Begin() {
    state_->io->Add(shared_from_this());
    ErrorCode ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    session_ = state_->make(shared_from_this());
    Touch();
    session_->OnOpen();
    Read();
  }

  void Send(std::string bytes) override {
    state_->io->Post([self = shared_from_this(), bytes = std::move(bytes)]() mutable {
      self->Queue(std::move(bytes));
    });
  }
  void Resume() override {
    state_->io->Post([self = shared_from_this()] {
      if (!std::exchange(self->waiting_, false)) {
        self->resumed_ = true;  // it came before its kWait
      } else {
        self->Read();
      }
    });
  }
  void Close() override {
    state_->io->Post([self = shared_from_this()] { self->CloseWhenSent(); });
  }
  std::string remote() const override { return remote_; }

  void OnTick(SteadyTime now) override {
    if (now - last_ > state_->options.idle_timeout) End();
  }
  void OnDrain() override { End(); }
  void OnStop() override { End(); }

 private:
  void Touch() { last_ = std::chrono::steady_clock::now(); }

  void Read() {
    if (ended_ || closing_) return;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
      if (error || self->ended_) return self->End();
      self->Readable();
    });
  }

  void Readable() {
    ErrorCode error;
    socket_.non_blocking(true, error);
    char* buffer = state_->io->read_buffer();
    const size_t n = socket_.read_some(asio::buffer(buffer, kReadAtOnce), error);
    if (error == asio::error::would_block) return Read();
    if (error) return End();
    Touch();
    switch (session_->OnBytes({buffer, n})) {
      case TcpNext::kMore: return Read();
      case TcpNext::kClose: return CloseWhenSent();
      case TcpNext::kWait: break;
    }
    if (std::exchange(resumed_, false)) return Read();
    waiting_ = true;
  }

  void Queue(std::string bytes) {
    if (ended_ || bytes.empty()) return;
    queued_ += bytes.size();
    if (queued_ > state_->options.max_send_bytes) return End();
    queue_.push_back(std::move(bytes));
    if (queue_.size() == 1) Write();
  }

  void Write() {
    asio::async_write(socket_, asio::buffer(queue_.front()),
                      [self = shared_from_this()](const ErrorCode& error, size_t) {
                        if (error || self->ended_) return self->End();
                        self->queued_ -= self->queue_.front().size();
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) return self->Write();
                        if (self->closing_) self->End();
                      });
  }

  /// Posted, so that what the session sent just before is queued first.
  void CloseWhenSent() {
    closing_ = true;
    state_->io->Post([self = shared_from_this()] {
      if (self->queue_.empty()) self->End();
    });
  }

  void End() {
    if (std::exchange(ended_, true)) return;
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    state_->io->Remove(this);
    // The session may be on the stack, and it holds the link: it goes with the next turn.
    state_->io->Post([session = std::shared_ptr<TcpSession>(std::move(session_))] {});
  }

  static constexpr size_t kReadAtOnce = 256u << 10;  // the I/O thread's buffer

  const std::shared_ptr<TcpServer::State> state_;
  Socket socket_;
  std::string remote_;
  std::unique_ptr<TcpSession> session_;
  std::deque<std::string> queue_;
  size_t queued_ = 0;
  bool waiting_ = false, resumed_ = false, closing_ = false, ended_ = false;
  SteadyTime last_{};
};

}  // namespace

base::Result<void> TcpServer::State::Open() {
  PHAROS_TRY(const Address where, ParseAddress(options.address));
  ErrorCode error;
  tcp::endpoint end(asio::ip::make_address(where.ip, error), where.port);
  if (!error) acceptor.open(end.protocol(), error);
  if (error && where.any) {  // a machine without IPv6
    error = {};
    end = tcp::endpoint(tcp::v4(), where.port);
    acceptor.open(end.protocol(), error);
  }
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && end.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(!where.any), error);
  }
  if (!error) acceptor.bind(end, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) end = acceptor.local_endpoint(error);
  if (error) return std::unexpected(ListenError(options.address, error));
  address = FormatAddress(end.address().to_string(), end.port());
  if (!options.udp_heartbeat) return {};
  const udp::endpoint datagrams(end.address(), end.port());
  heartbeat.open(datagrams.protocol(), error);
  if (!error && datagrams.protocol() == udp::v6()) {
    heartbeat.set_option(asio::ip::v6_only(!where.any), error);
  }
  if (!error) heartbeat.bind(datagrams, error);
  if (error) return std::unexpected(ListenError("udp " + address, error));
  return {};
}

void TcpServer::State::Accept() {
  acceptor.async_accept(
      io->context(), [self = shared_from_this()](const ErrorCode& error, Socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (!error) self->Accepted(std::move(socket));
        if (error != asio::error::no_descriptors && error != asio::error::no_buffer_space) {
          return self->Accept();
        }
        base::Log(base::LogLevel::kWarn, "cannot accept connections: out of file descriptors",
                  {{"listener", self->options.name}});
        self->pause.expires_after(std::chrono::milliseconds(100));
        self->pause.async_wait([self](const ErrorCode& stopped) {
          if (!stopped) self->Accept();
        });
      });
}

void TcpServer::State::Accepted(Socket socket) {
  if (connections.load() >= options.max_connections) return;  // closes it
  std::make_shared<Link>(std::move(socket), shared_from_this())->Begin();
}

void TcpServer::State::Heartbeat() {
  heartbeat.async_receive_from(
      asio::buffer(heartbeat_bytes), heartbeat_from,
      [self = shared_from_this()](const ErrorCode& error, size_t) {
        if (error == asio::error::operation_aborted || !self->heartbeat.is_open()) return;
        ErrorCode ignored;
        if (!error) {
          self->heartbeat.send_to(asio::buffer("\0", 1), self->heartbeat_from, 0, ignored);
        }
        self->Heartbeat();
      });
}

base::Result<std::unique_ptr<TcpServer>> TcpServer::Listen(TcpServerOptions options,
                                                           MakeTcpSession make) {
  auto state = std::make_shared<State>(std::move(options), std::move(make));
  PHAROS_TRY_VOID(state->Open());
  state->io->Start();
  state->io->Post([state] {
    state->Accept();
    if (state->heartbeat.is_open()) state->Heartbeat();
  });
  return std::unique_ptr<TcpServer>(new TcpServer(std::move(state)));
}

TcpServer::TcpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
TcpServer::~TcpServer() { Stop(); }
const std::string& TcpServer::address() const { return state_->address; }
size_t TcpServer::Connections() const { return state_->connections.load(); }

void TcpServer::Stop() {
  state_->io->Post([state = state_] {
    ErrorCode ignored;
    state->acceptor.close(ignored);
    state->heartbeat.close(ignored);
    state->pause.cancel();
  });
  state_->io->Stop();
  // A loop that never ran them leaves these open.
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  state_->heartbeat.close(ignored);
}

}  // namespace pharos::net
