#include "net/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/address.h"
#include "net/limits.h"
#include "net/websocket.h"

namespace pharos::net {
namespace {

using ErrorCode = boost::system::error_code;
using Step = RequestParser::Step;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string PeerAddress(const Socket& socket) {
  ErrorCode error;
  const auto end = socket.remote_endpoint(error);
  return error ? "" : FormatAddress(end.address().to_string(), end.port());
}

std::string LocalIp(const Socket& socket) {
  ErrorCode error;
  const auto end = socket.local_endpoint(error);
  return error ? "" : end.address().to_string();
}

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<IoThread> io,
                       std::shared_ptr<ServerState> state, std::shared_ptr<const Face> face)
    : io_(std::move(io)),
      socket_(std::move(socket)),
      state_(std::move(state)),
      face_(std::move(face)),
      slot_(state_),
      parser_(state_->options.max_header_bytes),
      charge_(state_) {}

void Connection::Start(bool refuse) {
  if (state_->draining) return Close();
  ErrorCode error;
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  remote_ = PeerAddress(socket_);
  local_ip_ = LocalIp(socket_);
  io_->Add(shared_from_this());
  SetDeadline(state_->options.keep_alive_timeout);
  if (refuse) {
    request_complete_ = false;
    AnswerNow(Overloaded("too many connections: try again"), false);
  }
  ArmRead();
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
}

void Connection::OnTick(SteadyTime now) {
  if (now < deadline_ || phase_ == State::kHandling) return;
  switch (phase_) {
    case State::kHead:
    case State::kBody: AnswerNow(Refuse(408, "the request was sent too slowly"), false); break;
    case State::kWriting: Abort(); break;
    default: Close();
  }
}

void Connection::OnDrain() {
  if (phase_ != State::kIdle) return;
  char byte;  // what has arrived already is still served
  if (input_.empty() && ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK) <= 0) Close();
}

// ---- reading --------------------------------------------------------------------------

bool Connection::Reading() const {
  return phase_ == State::kIdle || phase_ == State::kHead || phase_ == State::kBody;
}

void Connection::ArmRead() {
  if (reading_ || eof_ || phase_ == State::kClosed) return;
  const bool ahead = phase_ == State::kHandling || phase_ == State::kWriting;
  if (ahead && input_.size() >= kMaxPipelinedBytes) return;
  reading_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    self->reading_ = false;
    if (self->phase_ == State::kClosed) return;
    if (error) return self->Close();
    self->OnReadable();
  });
}

void Connection::OnReadable() {
  if (phase_ == State::kLinger) return DropSome();
  const size_t space = Reading() ? kReadBytes : kMaxPipelinedBytes;
  char* buffer = io_->read_buffer();
  const ssize_t n = ::recv(socket_.native_handle(), buffer, space, 0);
  if (n > 0) {
    Received({buffer, static_cast<size_t>(n)});
  } else if (n == 0) {
    OnEof();
  } else if (errno != EAGAIN && errno != EINTR) {
    return Close();
  }
  ArmRead();
}

void Connection::OnEof() {
  eof_ = true;
  switch (phase_) {
    case State::kBody: AnswerNow(Refuse(400, "the request body ended early"), false); break;
    case State::kHandling:
    case State::kWriting:
      if (cancellation_) cancellation_->Cancel();  // it may still read the answer
      break;
    default: Close();
  }
}

void Connection::Received(std::string_view bytes) {
  if (!Reading() || !input_.empty()) {
    input_ += bytes;
    return ParseBuffered();
  }
  input_ = Parse(bytes);
}

void Connection::ParseBuffered() {
  if (!Reading() || input_.empty()) return;
  const size_t rest = Parse(input_).size();
  if (rest == 0 || phase_ == State::kLinger || phase_ == State::kClosed) {
    input_ = std::string();  // an idle connection holds no buffer
  } else {
    input_.erase(0, input_.size() - rest);
  }
}

/// Parses and serves until the bytes end or a handler keeps a request; returns the rest.
std::string_view Connection::Parse(std::string_view bytes) {
  parsing_ = true;
  while (!bytes.empty() && Reading()) {
    if (phase_ == State::kIdle) {
      parser_.Reset();
      phase_ = State::kHead;
      request_complete_ = origin_allowed_ = false;
      SetDeadline(state_->options.header_timeout);
    }
    size_t used = 0;
    const Step step = parser_.Feed(bytes, used);
    bytes.remove_prefix(used);
    unparsed_ = !bytes.empty();
    if (step == Step::kHead) {
      OnHead();
    } else if (step == Step::kDone) {
      OnRequest();
    } else if (step == Step::kFailed) {
      AnswerNow(Refuse(parser_.failure_status(), parser_.failure()), false);
    } else {
      OnBodyBytes(used);
      break;
    }
  }
  parsing_ = false;
  return bytes;
}

void Connection::OnHead() {
  const RequestParser::Head& head = parser_.head();
  verdict_ = Judge(parser_.request(), head, *face_, state_->hosts, local_ip_);
  origin_allowed_ = !verdict_.refusal || verdict_.refusal->status != 403;
  discarding_ = verdict_.refusal.has_value();
  if (!head.has_body) return OnRequest();
  if (discarding_) {
    const bool small = head.content_length && *head.content_length <= kMaxDiscardBytes &&
                       verdict_.refusal->status != 413;
    if (!small || head.expects_continue) return AnswerNow(*std::move(verdict_.refusal), false);
    parser_.DiscardBody();
  } else {
    parser_.LimitBody(verdict_.max_body_bytes);
  }
  phase_ = State::kBody;
  body_progress_ = 0;
  SetDeadline(state_->options.body_idle_timeout);
  if (head.expects_continue && !head.http10 && !unparsed_) {
    // All answers before are in the socket's buffer already; these few bytes fit, too.
    (void)::send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
  }
}

void Connection::OnBodyBytes(size_t bytes) {
  if (phase_ != State::kBody) return;
  if (!charge_.GrowTo(parser_.request().body.capacity())) {
    return AnswerNow(Overloaded("too many request bodies in memory: try again"), false);
  }
  body_progress_ += bytes;
  if (body_progress_ < kMinProgressBytes) return;
  body_progress_ = 0;
  SetDeadline(state_->options.body_idle_timeout);
}

// ---- serving --------------------------------------------------------------------------

void Connection::OnRequest() {
  request_complete_ = true;
  if (discarding_) {
    const bool well_formed = verdict_.refusal->status != 400;
    return AnswerNow(*std::move(verdict_.refusal), well_formed);
  }
  if (verdict_.route && verdict_.route->socket) return Upgrade(*verdict_.route);
  Dispatch();
}

std::shared_ptr<Exchange> Connection::MakeExchange() {
  Request& request = parser_.request();
  ExchangeFacts facts;
  facts.id = ++exchange_id_;
  facts.head_only = request.method == "HEAD";
  if (request_complete_) {
    const RequestParser::Head& head = parser_.head();
    facts.http10 = head.http10;
    facts.keep_alive = head.keep_alive;
  }
  facts.accepts_gzip = AcceptsGzip(request.headers.Get("Accept-Encoding"));
  if (face_->cors && origin_allowed_) facts.cors_origin = request.headers.Get("Origin");
  auto exchange = std::make_shared<Exchange>(shared_from_this(), io_, state_, face_,
                                             std::move(facts), charge_.Take());
  phase_ = State::kHandling;
  return exchange;
}

void Connection::AnswerNow(Response response, bool keep_alive) {
  if (!keep_alive) response.headers.Set("Connection", "close");
  MakeExchange()->Send(std::move(response));
}

void Connection::Dispatch() {
  const std::shared_ptr<Exchange> exchange = MakeExchange();
  Request& request = parser_.request();
  request.remote = remote_;
  request.path_params = std::move(verdict_.params);
  cancellation_ = request.cancelled;
  exchange->request = std::move(request);

  const Router::Route* route = verdict_.route;
  if (route && route->async) {
    if (exchange->Prepare(route->options)) RunAsync(exchange, route->async);
    return;
  }
  const bool yields = route && (route->options.yields || route->method == "GET");
  const bool queued = state_->workers.TryRun(
      [exchange, route, face = face_] {
        if (!route) return RunSync(exchange, face->router->fallback());
        if (exchange->Prepare(route->options)) RunSync(exchange, route->sync);
      },
      yields);
  if (!queued) exchange->Send(Overloaded("too many requests in progress: try again"));
}

void Connection::Upgrade(const Router::Route& route) {
  Request& request = parser_.request();
  if (!IsWebSocketUpgrade(request) || unparsed_) {
    return AnswerNow(Refuse(400, "this path speaks WebSocket: an upgrade is expected"), true);
  }
  request.remote = remote_;
  request.path_params = std::move(verdict_.params);
  phase_ = State::kClosed;
  const auto self = shared_from_this();
  ErrorCode error;
  socket_.cancel(error);
  io_->Remove(this);
  StartWebSocket(std::move(socket_), std::move(request), route.socket, io_, face_,
                 std::move(slot_));
}

void Connection::ReleaseHandler() {
  if (cancellation_) cancellation_->Cancel();
  cancellation_.reset();
  if (outgoing_.stream) outgoing_.stream->Close();
}

// ---- writing --------------------------------------------------------------------------

void Connection::Deliver(uint64_t id, Outgoing outgoing) {
  if (id != exchange_id_ || phase_ != State::kHandling) {
    if (outgoing.stream) outgoing.stream->Close();  // the client has gone
    return;
  }
  outgoing_ = std::move(outgoing);
  written_ = write_progress_ = 0;
  phase_ = State::kWriting;
  SetDeadline(state_->options.write_idle_timeout);
  WriteSome();
}

void Connection::StreamReady(uint64_t id) {
  if (id != exchange_id_ || phase_ != State::kWriting || writing_) return;
  WriteSome();
}

void Connection::WriteSome() {
  for (size_t turn = 0;;) {
    const size_t head = outgoing_.head.size();
    const size_t total = head + outgoing_.body.size();
    if (written_ == total) {
      if (!NextPiece()) return;
      continue;
    }
    const size_t body_at = written_ > head ? written_ - head : 0;
    iovec pieces[2] = {
        {outgoing_.head.data() + std::min(written_, head), head - std::min(written_, head)},
        {outgoing_.body.data() + body_at, outgoing_.body.size() - body_at}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Close();
      return ArmWrite();
    }
    written_ += static_cast<size_t>(n);
    turn += static_cast<size_t>(n);
    write_progress_ += static_cast<size_t>(n);
    if (write_progress_ >= kMinProgressBytes) {
      write_progress_ = 0;
      SetDeadline(state_->options.write_idle_timeout);
    }
    if (turn >= kMaxWriteTurnBytes) return ArmWrite();
  }
}

/// What comes after all of outgoing_ is written. True when there is more to write now.
bool Connection::NextPiece() {
  if (!outgoing_.stream) {
    FinishAnswer();
    return false;
  }
  AnswerStream& stream = *outgoing_.stream;
  std::unique_lock lock(stream.mutex);
  stream.notified = false;
  outgoing_.head.clear();
  outgoing_.body.clear();
  written_ = 0;
  if (!stream.pending.empty()) {
    outgoing_.body.swap(stream.pending);
    const bool ask = stream.refill && !std::exchange(stream.refilling, true);
    const std::function<void()> refill = ask ? stream.refill : nullptr;
    lock.unlock();
    if (refill) refill();
    stream.room.notify_all();
    return true;
  }
  const bool ended = stream.ended;
  const bool broken = stream.broken;
  lock.unlock();
  if (ended && broken) {
    Abort();
  } else if (ended) {
    FinishAnswer();
  } else {
    deadline_ = SteadyTime::max();  // the handler takes its time
  }
  return false;
}

void Connection::ArmWrite() {
  if (deadline_ == SteadyTime::max()) SetDeadline(state_->options.write_idle_timeout);
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
    self->writing_ = false;
    if (self->phase_ != State::kWriting) return;
    if (error) return self->Close();
    self->WriteSome();
  });
}

void Connection::FinishAnswer() {
  cancellation_.reset();
  const bool more_input = parsing_ ? unparsed_ : !input_.empty();
  const bool keep_alive = outgoing_.keep_alive && !state_->draining && (more_input || !eof_);
  outgoing_ = Outgoing{};
  if (!keep_alive) return request_complete_ && !more_input ? Close() : Linger();
  phase_ = State::kIdle;
  SetDeadline(state_->options.keep_alive_timeout);
  if (parsing_) return;  // Parse goes on with what it has
  ParseBuffered();
  if (eof_ && Reading()) return Close();
  ArmRead();
}

// ---- ending ---------------------------------------------------------------------------

/// Closing while the client still sends would reset the connection, and the answer with it.
void Connection::Linger() {
  if (eof_) return Close();
  phase_ = State::kLinger;
  if (!parsing_) input_ = std::string();
  SetDeadline(kLingerTime);
  ErrorCode error;
  socket_.shutdown(Socket::shutdown_send, error);
  ArmRead();
}

/// Whoever sends much that nobody wants has to wait, rather than that others wait for the dropping.
void Connection::DropSome() {
  const ssize_t n = ::recv(socket_.native_handle(), nullptr, kLingerPieceBytes, MSG_TRUNC);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return Close();
  if (n < 0) return ArmRead();
  const size_t before = lingered_bytes_;
  lingered_bytes_ += static_cast<size_t>(n);
  if (lingered_bytes_ > kMaxLingerBytes) return Close();
  if (before / kLingerPieceBytes == lingered_bytes_ / kLingerPieceBytes) return ArmRead();
  const auto pause = std::make_shared<asio::steady_timer>(socket_.get_executor(), kLingerPause);
  pause->async_wait([self = shared_from_this(), pause](const ErrorCode&) {
    if (self->phase_ == State::kLinger) self->ArmRead();
  });
}

/// The client must not take what it got for a whole answer.
void Connection::Abort() {
  ErrorCode error;
  socket_.set_option(asio::socket_base::linger(true, 0), error);
  Close();
}

void Connection::Close() {
  if (phase_ == State::kClosed) return;
  phase_ = State::kClosed;
  const auto self = shared_from_this();
  ReleaseHandler();
  ErrorCode error;
  socket_.close(error);
  outgoing_ = Outgoing{};
  charge_.Release();
  slot_ = ConnectionSlot();
  io_->Remove(this);
}

}  // namespace pharos::net
