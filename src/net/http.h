// HTTP as the rest of Pharos sees it: plain requests and responses. Beast stays inside
// net/*.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pharos::net {

/// Names compare without case; order and repeats are kept.
class Headers {
 public:
  void Add(std::string_view name, std::string_view value);
  /// Replaces all of that name.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);
  /// The first value, or "".
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

/// Query or form parameters in order, percent-decoded.
class Params {
 public:
  /// `a=1&b=x%20y`; '+' is a space. Never fails: a broken escape stays as it is.
  static Params Parse(std::string_view encoded);
  void Add(std::string name, std::string value);
  /// The first value, or "".
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  std::vector<std::string_view> All(std::string_view name) const;
  size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

/// Tells a running handler that its client has gone. Copies share state. Threads: any.
class Cancellation {
 public:
  Cancellation();
  void Cancel() const;
  bool Cancelled() const;

 private:
  std::shared_ptr<struct CancellationState> state_;
};

struct Request {
  std::string method;    ///< "GET"
  std::string path;      ///< percent-decoded, without the query
  std::string raw_path;  ///< as sent, without the query
  std::string query;     ///< as sent, without '?'
  Headers headers;
  std::string body;    ///< decompressed already when the route asked for it
  std::string remote;  ///< "127.0.0.1:4711"
  std::vector<std::pair<std::string, std::string>> path_params;  ///< {name} of the route
  Cancellation cancelled;

  /// Query parameters and, for a form POST, the body's before them, as Go's servers read them.
  Params AllParams() const;
  std::string_view PathParam(std::string_view name) const;
};

/// What follows the body of a long answer: it is made while the client reads.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Appends the next piece, some hundred kB; false after the last. An error cuts the connection,
  /// so that nobody takes what came for the whole. Called on one thread at a time, of low priority;
  /// may not block.
  virtual base::Result<bool> Next(std::string& out) = 0;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// Null, or what comes behind `body`. Dropped as soon as the client leaves.
  std::shared_ptr<BodySource> rest;

  /// Appends all of `rest` to `body`, where no client reads meanwhile.
  base::Result<void> Complete();

  static Response Text(int status, std::string body);
  static Response Json(int status, std::string body);
};

/// Answers one request, once, from any thread. Destroyed unused, it answers 500.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Response response) = 0;
  /// Starts a chunked answer; each Write blocks while the client is slow (bounded by the
  /// server's write timeout) and is false once the client has gone.
  virtual void Begin(Response head) = 0;
  virtual bool Write(std::string_view bytes) = 0;
  virtual void End() = 0;
};
using ResponderPtr = std::shared_ptr<Responder>;

/// A full-duplex message channel after an upgrade. Threads: Send from any thread.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Queues a text message; false once closed or when the client is too slow (the queue is
  /// bounded; the channel is then closed).
  virtual bool Send(std::string message) = 0;
  virtual void Close(uint16_t code, std::string_view reason) = 0;
  virtual void OnClose(std::function<void()> callback) = 0;
  /// Called on an I/O thread with each message of the client; set it inside the handler,
  /// so that none is missed. Without it messages are dropped.
  virtual void OnMessage(std::function<void(std::string)> callback) { (void)callback; }
};
using WebSocketPtr = std::shared_ptr<WebSocket>;

using AsyncHandler = std::function<void(Request request, ResponderPtr responder)>;
using SyncHandler = std::function<Response(const Request& request)>;
using WebSocketHandler = std::function<void(Request request, WebSocketPtr socket)>;

}  // namespace pharos::net
