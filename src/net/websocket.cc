#include "net/websocket.h"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <mutex>

#include "base/log.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using ErrorCode = beast::error_code;

/// The socket, telling when the closing handshake is over and only the client's end of the
/// connection is awaited.
class ClosingSocket : public Socket {
 public:
  explicit ClosingSocket(Socket socket) : Socket(std::move(socket)) {}
  std::function<void()> on_teardown;
};

/// Beast finds this one by the type of the stream.
template <class Handler>
void async_teardown(beast::role_type role, ClosingSocket& socket, Handler&& handler) {
  if (socket.on_teardown) socket.on_teardown();
  websocket::async_teardown(role, static_cast<Socket&>(socket), std::forward<Handler>(handler));
}

using Handshake = beast::http::request<beast::http::empty_body>;

Handshake ToBeast(const Request& request) {
  Handshake out;
  out.method(beast::http::verb::get);
  out.target(request.raw_path);
  out.version(11);
  for (const auto& [name, value] : request.headers) out.insert(name, value);
  return out;
}

/// Owns: its socket, queue and place among the connections. Threads: Send, Close, OnClose,
/// OnMessage from any; the rest on its I/O thread. Errors: a broken channel ends in
/// OnClose. Cost: one allocation a message; one hand-over when the queue was empty.
class Session final : public WebSocket, public Peer, public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, std::shared_ptr<IoThread> io, std::shared_ptr<const Face> face,
          ConnectionSlot slot)
      : io_(std::move(io)),
        stream_(ClosingSocket(std::move(socket))),
        face_(std::move(face)),
        slot_(std::move(slot)) {}

  void Start(Request request, const WebSocketHandler& handler);

  bool Send(std::string message) override;
  void Close(uint16_t code, std::string_view reason) override;
  void OnClose(std::function<void()> callback) override;
  void OnMessage(std::function<void(std::string)> callback) override;

  void OnTick(SteadyTime now) override {
    if (now >= deadline_) End();
  }
  void OnDrain() override { Close(websocket::close_code::going_away, "server is shutting down"); }
  void OnStop() override { End(); }

 private:
  void Accepted(Request request, const WebSocketHandler& handler);
  template <class Call>
  void Guarded(const std::string& where, Call call);
  void Read();
  void Pump();
  void EndWithin(std::chrono::milliseconds limit) {
    deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + limit);
  }
  void SendClose(const websocket::close_reason& reason);
  void End();

  const std::shared_ptr<IoThread> io_;  // outlives the socket, whose loop it holds
  websocket::stream<ClosingSocket> stream_;
  const std::shared_ptr<const Face> face_;
  ConnectionSlot slot_;
  beast::flat_buffer incoming_;
  std::string outgoing_;
  bool writing_ = false;
  bool closing_ = false;
  bool ended_ = false;
  SteadyTime deadline_ = SteadyTime::max();

  std::mutex mutex_;
  std::deque<std::string> queue_;                // mutex_
  size_t queued_bytes_ = 0;                      // mutex_
  bool closed_ = false;                          // mutex_: nothing more is taken
  std::optional<websocket::close_reason> wish_;  // mutex_: close when the queue is empty
  std::function<void()> on_close_;               // mutex_
  std::function<void(std::string)> on_message_;  // mutex_
  bool gone_ = false;                            // mutex_: End has run
};

void Session::Start(Request request, const WebSocketHandler& handler) {
  io_->Add(shared_from_this());
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = kWebSocketClose;
  timeout.idle_timeout = kWebSocketIdle;
  timeout.keep_alive_pings = true;
  stream_.set_option(timeout);
  stream_.read_message_max(kMaxWebSocketMessageBytes);
  stream_.text(true);
  stream_.auto_fragment(false);
  // Called from within operations of stream_, which this session outlives.
  stream_.next_layer().on_teardown = [this] { EndWithin(kLingerTime); };
  const Handshake handshake = ToBeast(request);
  stream_.async_accept(handshake, [self = shared_from_this(), request = std::move(request),
                                   handler](const ErrorCode& error) mutable {
    if (error) return self->End();
    self->Accepted(std::move(request), handler);
  });
}

void Session::Accepted(Request request, const WebSocketHandler& handler) {
  if (ended_) return;
  face_->Count(101, 0);
  const std::string path = request.raw_path;
  Guarded(path, [&] { handler(std::move(request), shared_from_this()); });
  Read();
}

/// Calls into a handler; what it throws is logged and closes the channel.
template <class Call>
void Session::Guarded(const std::string& where, Call call) {
  std::string what = "unknown exception";
  try {
    call();
    return;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  base::Log(base::LogLevel::kError, "a handler failed", {{"path", where}, {"error", what}});
  Close(websocket::close_code::internal_error, "internal error");
}

bool Session::Send(std::string message) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (queue_.size() >= kMaxWebSocketQueue ||
        queued_bytes_ + message.size() > kMaxWebSocketQueueBytes) {
      closed_ = true;
      queue_.clear();
      wish_.emplace(websocket::close_code::policy_error, "client is too slow");
      wake = true;
    } else {
      wake = queue_.empty();
      queued_bytes_ += message.size();
      queue_.push_back(std::move(message));
    }
    if (!wake) return true;
    wake = !closed_;
  }
  io_->Post([self = shared_from_this()] { self->Pump(); });
  return wake;
}

void Session::Close(uint16_t code, std::string_view reason) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    wish_.emplace(static_cast<websocket::close_code>(code),
                  beast::string_view(reason.data(), std::min<size_t>(reason.size(), 123)));
  }
  io_->Post([self = shared_from_this()] { self->Pump(); });
}

void Session::OnClose(std::function<void()> callback) {
  {
    std::lock_guard lock(mutex_);
    if (!gone_) {
      on_close_ = std::move(callback);
      return;
    }
  }
  callback();
}

void Session::OnMessage(std::function<void(std::string)> callback) {
  std::lock_guard lock(mutex_);
  on_message_ = std::move(callback);
}

void Session::Read() {
  stream_.async_read(incoming_, [self = shared_from_this()](const ErrorCode& error, size_t) {
    if (error || self->ended_) return self->End();
    std::function<void(std::string)> callback;
    {
      std::lock_guard lock(self->mutex_);
      callback = self->on_message_;
    }
    std::string message = beast::buffers_to_string(self->incoming_.data());
    self->incoming_.consume(self->incoming_.size());
    if (callback) {
      self->Guarded("message", [&] { callback(std::move(message)); });
    }
    self->Read();
  });
}

/// Writes the next message, or the close frame once the queue is empty.
void Session::Pump() {
  if (ended_ || closing_) return;
  std::optional<websocket::close_reason> close;
  {
    std::lock_guard lock(mutex_);
    if (closed_) EndWithin(kWebSocketClose);
    if (writing_) return;
    if (!queue_.empty()) {
      outgoing_ = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= outgoing_.size();
    } else {
      close = wish_;
      if (!close) return;
    }
  }
  if (close) return SendClose(*close);
  writing_ = true;
  stream_.async_write(asio::buffer(outgoing_),
                      [self = shared_from_this()](const ErrorCode& error, size_t) {
                        self->writing_ = false;
                        if (error) return self->End();
                        self->Pump();
                      });
}

void Session::SendClose(const websocket::close_reason& reason) {
  closing_ = true;
  stream_.async_close(reason, [self = shared_from_this()](const ErrorCode&) { self->End(); });
}

void Session::End() {
  if (std::exchange(ended_, true)) return;
  const auto self = shared_from_this();
  ErrorCode error;
  stream_.next_layer().close(error);
  slot_ = ConnectionSlot();
  io_->Remove(this);
  std::function<void()> callback;
  {
    std::lock_guard lock(mutex_);
    closed_ = gone_ = true;
    queue_.clear();
    callback = std::exchange(on_close_, nullptr);
    on_message_ = nullptr;
  }
  if (callback) Guarded("close", callback);
}

}  // namespace

bool IsWebSocketUpgrade(const Request& request) {
  return websocket::is_upgrade(ToBeast(request)) &&
         request.headers.Get("Sec-WebSocket-Version") == "13" &&
         !request.headers.Get("Sec-WebSocket-Key").empty();
}

void StartWebSocket(Socket socket, Request request, const WebSocketHandler& handler,
                    std::shared_ptr<IoThread> io, std::shared_ptr<const Face> face,
                    ConnectionSlot slot) {
  std::make_shared<Session>(std::move(socket), std::move(io), std::move(face), std::move(slot))
      ->Start(std::move(request), handler);
}

}  // namespace pharos::net
