#include "net/exchange.h"

#include <strings.h>

#include <charconv>

#include "base/log.h"
#include "net/gate.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

void AppendChunk(std::string& out, std::string_view bytes) {
  char size[20];
  out.append(size, std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr);
  out.append("\r\n").append(bytes).append("\r\n");
}

/// Calls and turns an exception into a 500.
template <class Call>
void Guarded(const std::shared_ptr<Exchange>& exchange, const std::string& path, Call call) {
  std::string what = "unknown exception";
  try {
    call();
    return;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  base::Log(base::LogLevel::kError, "a handler failed", {{"path", path}, {"error", what}});
  exchange->Send(Refuse(500, "internal error"));
}

}  // namespace

void AnswerStream::Close() {
  std::function<void()> dropped;  // with what it holds, without the lock
  {
    std::lock_guard lock(mutex);
    closed = true;
    pending = std::string();
    dropped.swap(refill);
  }
  room.notify_all();
}

Exchange::Exchange(std::shared_ptr<ExchangeOwner> owner, std::shared_ptr<IoThread> io,
                   std::shared_ptr<ServerState> state, std::shared_ptr<const Face> face,
                   ExchangeFacts facts, BodyCharge charge)
    : owner_(std::move(owner)),
      io_(std::move(io)),
      state_(std::move(state)),
      face_(std::move(face)),
      facts_(std::move(facts)),
      charge_(std::move(charge)),
      started_(std::chrono::steady_clock::now()) {}

Exchange::~Exchange() {
  if (!answered_.load()) {
    Send(Refuse(500, "internal error: the request was not answered"));
  } else if (stream_) {
    FinishStream(true);  // does nothing after End
  }
}

bool Exchange::Prepare(const RouteOptions& options) {
  if (auto refusal = PrepareBody(request, options)) {
    Send(*std::move(refusal));
    return false;
  }
  if (!charge_.GrowTo(request.body.size())) {
    Send(Overloaded("too many request bodies in memory: try again"));
    return false;
  }
  return true;
}

void Exchange::Send(Response response) {
  if (response.rest && !HasNoBody(response.status)) return SendPieces(std::move(response));
  if (answered_.exchange(true)) return;
  Count(response.status);
  if (facts_.accepts_gzip) CompressBody(response);
  const bool keep_alive = KeepAlive(response);
  Outgoing outgoing = Frame(response, Framing::kLength, keep_alive);
  if (!facts_.head_only && !HasNoBody(response.status)) outgoing.body = std::move(response.body);
  Deliver(std::move(outgoing));
}

void Exchange::Begin(Response head) {
  if (answered_.exchange(true)) return;
  Count(head.status);
  chunked_ = !facts_.http10;
  stream_ = std::make_shared<AnswerStream>();
  const bool keep_alive = chunked_ && KeepAlive(head);
  const std::string first = std::move(head.body);
  Outgoing outgoing = Frame(head, chunked_ ? Framing::kChunked : Framing::kToEnd, keep_alive);
  outgoing.stream = stream_;
  Deliver(std::move(outgoing));
  if (!first.empty()) Write(first);
}

void Exchange::SendPieces(Response response) {
  if (answered_.load()) return;
  rest_ = std::move(response.rest);
  const std::string first = std::exchange(response.body, {});
  const bool zips = facts_.accepts_gzip && IsCompressible(response);
  if (zips) {
    SayCompressed(response);
    zip_ = std::make_unique<base::GzipStream>(kGzipLevel);
  }
  Begin(std::move(response));
  if (facts_.head_only) return End();
  {
    std::lock_guard lock(stream_->mutex);
    if (stream_->closed) return;
    stream_->refill = [self = shared_from_this()] { self->Refill(); };
    stream_->refilling = true;
  }
  AddPiece(first, false);
}

/// The connection has taken the last piece.
void Exchange::Refill() {
  if (!state_->patient.Resume([self = shared_from_this()] { self->MakePiece(); }))
    FinishStream(true);
}

void Exchange::MakePiece() {
  std::string piece;
  base::Result<bool> more = false;
  try {
    more = rest_->Next(piece);
  } catch (const std::exception& error) {
    more = base::Fail(base::ErrorKind::kUnprocessable, error.what());
  }
  if (more) return AddPiece(piece, !*more);
  base::Log(base::LogLevel::kError, "a long answer broke off",
            {{"path", request.raw_path}, {"error", more.error().message}});
  FinishStream(true);
}

void Exchange::AddPiece(std::string_view bytes, bool last) {
  std::string zipped;
  if (zip_) {
    zip_->Add(bytes, zipped);
    if (last) zip_->Finish(zipped);
    bytes = zipped;
  }
  {
    std::unique_lock lock(stream_->mutex);
    if (stream_->closed || stream_->ended) return;
    if (bytes.empty() && !last) {  // it is all in the compressor still
      lock.unlock();
      return Refill();
    }
    if (chunked_ && !bytes.empty()) {
      AppendChunk(stream_->pending, bytes);
    } else {
      stream_->pending += bytes;
    }
    stream_->refilling = last;
    if (!last) Notify(lock);
  }
  if (last) FinishStream(false);
}

bool Exchange::Write(std::string_view bytes) {
  if (!stream_) return false;
  const bool may_block = !IoThread::OnAny();
  std::unique_lock lock(stream_->mutex);
  while (!bytes.empty()) {
    if (may_block) {
      stream_->room.wait(
          lock, [&] { return stream_->closed || stream_->pending.size() < kStreamBufferBytes; });
    } else if (stream_->pending.size() > kMaxStreamBacklogBytes) {
      stream_->broken = stream_->ended = true;
      Notify(lock);
      return false;
    }
    if (stream_->closed || stream_->ended) return false;
    const std::string_view piece = bytes.substr(0, kStreamBufferBytes);
    bytes.remove_prefix(piece.size());
    if (facts_.head_only) continue;
    if (chunked_) {
      AppendChunk(stream_->pending, piece);
    } else {
      stream_->pending += piece;
    }
    Notify(lock);
    if (!lock.owns_lock()) lock.lock();
  }
  return !stream_->closed;
}

void Exchange::End() {
  if (stream_) FinishStream(false);
}

void Exchange::FinishStream(bool broken) {
  std::function<void()> dropped;
  std::unique_lock lock(stream_->mutex);
  if (stream_->ended) return;
  dropped.swap(stream_->refill);
  stream_->ended = true;
  stream_->broken = broken;
  if (chunked_ && !broken && !facts_.head_only) stream_->pending += "0\r\n\r\n";
  Notify(lock);
}

/// Wakes the connection unless it is awake already. Lets go of the lock if it does.
void Exchange::Notify(std::unique_lock<std::mutex>& lock) {
  if (stream_->notified || stream_->closed) return;
  stream_->notified = true;
  lock.unlock();
  if (!io_->Post([owner = owner_, id = facts_.id] { owner->StreamReady(id); })) stream_->Close();
}

void Exchange::Deliver(Outgoing outgoing) {
  if (io_->OnThread()) {
    owner_->Deliver(facts_.id, std::move(outgoing));
    return;
  }
  const bool posted =
      io_->Post([owner = owner_, id = facts_.id, outgoing = std::move(outgoing)]() mutable {
        owner->Deliver(id, std::move(outgoing));
      });
  if (!posted && stream_) stream_->Close();
}

Outgoing Exchange::Frame(Response& response, Framing framing, bool keep_alive) const {
  if (!facts_.cors_origin.empty()) {
    response.headers.Set("Access-Control-Allow-Origin", facts_.cors_origin);
    response.headers.Add("Vary", "Origin");
  }
  Outgoing outgoing;
  outgoing.keep_alive = keep_alive;
  const std::string_view connection = !keep_alive ? "close" : facts_.http10 ? "keep-alive" : "";
  outgoing.head = SerializeHead(response, framing, connection);
  return outgoing;
}

bool Exchange::KeepAlive(const Response& response) const {
  if (!facts_.keep_alive || state_->draining.load(std::memory_order_relaxed)) return false;
  const std::string_view asked = response.headers.Get("Connection");
  return asked.size() != 5 || strncasecmp(asked.data(), "close", 5) != 0;
}

void Exchange::Count(int status) const {
  face_->Count(status, (std::chrono::steady_clock::now() - started_).count());
}

void RunSync(const std::shared_ptr<Exchange>& exchange, const SyncHandler& handler) {
  Guarded(exchange, exchange->request.raw_path,
          [&] { exchange->Send(handler(exchange->request)); });
}

void RunAsync(const std::shared_ptr<Exchange>& exchange, const AsyncHandler& handler) {
  std::string path = exchange->request.raw_path;
  Guarded(exchange, path, [&] { handler(std::move(exchange->request), exchange); });
}

}  // namespace pharos::net
