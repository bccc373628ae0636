// One request being answered: what stands between a handler on any thread and the
// connection on its I/O thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/compress.h"
#include "net/http.h"
#include "net/io_thread.h"
#include "net/response_head.h"
#include "net/server_state.h"

namespace pharos::net {

/// The bytes of a streamed answer on their way to the connection.
struct AnswerStream {
  std::mutex mutex;
  std::condition_variable room;
  std::string pending;    // mutex: framed already
  bool ended = false;     // mutex: nothing follows `pending`
  bool broken = false;    // mutex: the handler gave up; the client must see a cut
  bool closed = false;    // mutex: the client has gone
  bool notified = false;  // mutex: the connection knows that there is something
  /// mutex: called once the connection has taken what was pending, without the mutex, if what it
  /// asks for is not on its way (`refilling`). Empty: the handler writes unasked.
  std::function<void()> refill;
  bool refilling = false;  // mutex

  /// The client has gone: no writer may wait for it.
  void Close();
};

/// An answer ready to be written.
struct Outgoing {
  std::string head;
  std::string body;
  bool keep_alive = false;
  std::shared_ptr<AnswerStream> stream;  ///< null: head and body are all
};

/// The connection as an exchange sees it. Called on io()'s thread only.
class ExchangeOwner {
 public:
  virtual ~ExchangeOwner() = default;
  virtual void Deliver(uint64_t id, Outgoing outgoing) = 0;
  /// There is more (or the end) in the stream of exchange `id`.
  virtual void StreamReady(uint64_t id) = 0;
  virtual IoThread& io() = 0;
};

/// What is known of the request when its answer is framed.
struct ExchangeFacts {
  uint64_t id = 0;
  bool head_only = false;  ///< HEAD
  bool http10 = false;
  bool keep_alive = true;
  bool accepts_gzip = false;
  std::string cors_origin;  ///< "" for none
};

/// Owns: the request until the handler takes it; shares the connection. Threads: as
/// Responder says. Errors: an exchange that dies unanswered answers 500. Cost: framing and
/// compression happen on the caller's thread; one hand-over to the I/O thread. A long answer's
/// pieces are made on the server's patient workers, one ahead of the client: it holds a thread
/// only while there is room for its bytes.
class Exchange final : public Responder, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<ExchangeOwner> owner, std::shared_ptr<IoThread> io,
           std::shared_ptr<ServerState> state, std::shared_ptr<const Face> face,
           ExchangeFacts facts, BodyCharge charge);
  ~Exchange() override;

  void Send(Response response) override;
  void Begin(Response head) override;
  bool Write(std::string_view bytes) override;
  void End() override;

  /// Decompresses as the route says; false when it answered with a refusal instead.
  bool Prepare(const RouteOptions& options);

  Request request;

 private:
  void SendPieces(Response response);
  void Refill();
  void MakePiece();
  void AddPiece(std::string_view bytes, bool last);
  void Deliver(Outgoing outgoing);
  void FinishStream(bool broken);
  void Notify(std::unique_lock<std::mutex>& lock);
  Outgoing Frame(Response& response, Framing framing, bool keep_alive) const;
  bool KeepAlive(const Response& response) const;
  void Count(int status) const;

  const std::shared_ptr<ExchangeOwner> owner_;
  const std::shared_ptr<IoThread> io_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<const Face> face_;
  const ExchangeFacts facts_;
  BodyCharge charge_;
  const SteadyTime started_;
  std::atomic<bool> answered_{false};
  std::shared_ptr<AnswerStream> stream_;  // set by Begin
  bool chunked_ = false;
  std::shared_ptr<BodySource> rest_;       // of a long answer
  std::unique_ptr<base::GzipStream> zip_;  // compresses it
};

/// Runs a handler; what it throws becomes a log line and a 500.
void RunSync(const std::shared_ptr<Exchange>& exchange, const SyncHandler& handler);
void RunAsync(const std::shared_ptr<Exchange>& exchange, const AsyncHandler& handler);

}  // namespace pharos::net
