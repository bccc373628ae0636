// One HTTP connection: reads requests one after another, hands each to its handler, writes
// the answers, and ends when a deadline passes, the client leaves or the server drains.
// Private to net/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/exchange.h"
#include "net/gate.h"
#include "net/io_thread.h"
#include "net/request_parser.h"
#include "net/server_state.h"

namespace pharos::net {

/// Owns: its socket and buffers. Threads: everything on its I/O thread; handlers reach it
/// through an Exchange only. Errors: none come out; a broken client is answered, then
/// closed. Cost: an idle connection holds no buffer.
class Connection final : public Peer,
                         public ExchangeOwner,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, std::shared_ptr<IoThread> io, std::shared_ptr<ServerState> state,
             std::shared_ptr<const Face> face);

  /// Begins to read. With `refuse` the first thing said is 503, and the connection ends.
  void Start(bool refuse);

  void OnTick(SteadyTime now) override;
  void OnDrain() override;
  void OnStop() override { Close(); }

  void Deliver(uint64_t id, Outgoing outgoing) override;
  void StreamReady(uint64_t id) override;
  IoThread& io() override { return *io_; }

 private:
  enum class State : uint8_t {
    kIdle,      ///< between requests
    kHead,      ///< some bytes of a head are there
    kBody,      ///< the head is complete
    kHandling,  ///< a handler has the request
    kWriting,   ///< the answer is being written
    kLinger,    ///< answered early; the rest is read and dropped
    kClosed,    ///< also after an upgrade: the socket is elsewhere
  };

  bool Reading() const;
  void ArmRead();
  void OnReadable();
  void OnEof();
  void Received(std::string_view bytes);
  void ParseBuffered();
  std::string_view Parse(std::string_view bytes);
  void OnHead();
  void OnBodyBytes(size_t bytes);
  void OnRequest();
  void Dispatch();
  void Upgrade(const Router::Route& route);
  std::shared_ptr<Exchange> MakeExchange();
  void AnswerNow(Response response, bool keep_alive);

  void WriteSome();
  bool NextPiece();
  void ArmWrite();
  void FinishAnswer();
  void Linger();
  void DropSome();
  void Abort();
  void Close();
  void ReleaseHandler();
  void SetDeadline(std::chrono::milliseconds from_now);

  const std::shared_ptr<IoThread> io_;  // outlives the socket, whose loop it holds
  Socket socket_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<const Face> face_;
  ConnectionSlot slot_;
  std::string remote_;
  std::string local_ip_;

  State phase_ = State::kIdle;
  SteadyTime deadline_{};
  bool reading_ = false;   ///< a wait for bytes is out
  bool writing_ = false;   ///< a wait for room is out
  bool parsing_ = false;   ///< Parse is on the stack
  bool eof_ = false;       ///< the client sends no more
  bool unparsed_ = false;  ///< inside Parse: more bytes follow the current message
  std::string input_;      ///< received and not parsed yet

  RequestParser parser_;
  Verdict verdict_;
  bool origin_allowed_ = false;   ///< the head was judged, and its Origin is no stranger
  bool discarding_ = false;       ///< the body is dropped and the refusal given after it
  bool request_complete_ = true;  ///< no byte of the current request is still to come
  size_t body_progress_ = 0;      ///< bytes since the deadline was last moved
  size_t lingered_bytes_ = 0;
  BodyCharge charge_;

  uint64_t exchange_id_ = 0;
  std::optional<Cancellation> cancellation_;  ///< of the running handler

  Outgoing outgoing_;
  size_t written_ = 0;         ///< of head and body together
  size_t write_progress_ = 0;  ///< bytes since the deadline was last moved
};

}  // namespace pharos::net
