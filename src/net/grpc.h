// A gRPC server for unary methods on raw bytes: what the bytes mean is the handler's. The
// gRPC library stays inside grpc*.cc. Messages compressed by gzip or deflate arrive
// decompressed, within the cap.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"

namespace pharos::net {

/// The codes of the protocol.
enum class GrpcCode : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

struct GrpcStatus {
  GrpcCode code = GrpcCode::kOk;
  std::string message;
  /// A serialized google.rpc.Status, for grpc-status-details-bin; "" for none.
  std::string details;
};

/// What clients expect for each kind of error of ours (kBusy: UNAVAILABLE, to be retried).
GrpcStatus ToGrpcStatus(const base::Error& error);

struct GrpcRequest {
  std::string method;   ///< "/package.Service/Method"
  std::string message;  ///< decompressed
  Headers metadata;
  std::string remote;  ///< "127.0.0.1:4711"
  Cancellation cancelled;
};

/// Answers one call, once, from any thread. Destroyed unused, it answers INTERNAL.
class GrpcResponder {
 public:
  virtual ~GrpcResponder() = default;
  /// `response` is left out when the status is not kOk.
  virtual void Send(GrpcStatus status, std::string response) = 0;
};
using GrpcResponderPtr = std::shared_ptr<GrpcResponder>;

/// Runs on gRPC's threads and must not block.
using GrpcHandler = std::function<void(GrpcRequest request, GrpcResponderPtr responder)>;
/// By full method name, "/package.Service/Method".
using GrpcHandlers = std::map<std::string, GrpcHandler, std::less<>>;

struct GrpcOptions {
  std::string name = "otlp-grpc";              ///< for logs and metrics
  size_t max_message_bytes = 16 << 20;         ///< after decompression; beyond: RESOURCE_EXHAUSTED
  int max_concurrent_streams = 1024;           ///< calls at once a connection
  size_t max_concurrent_calls = 8192;          ///< in all; beyond: UNAVAILABLE
  size_t max_buffered_bytes = 512u << 20;      ///< messages being handled; beyond: UNAVAILABLE
  std::chrono::seconds min_ping_interval{10};  ///< clients that ping more often are cut off
  std::chrono::seconds keepalive_time{120};    ///< a silent connection is pinged after it
  std::chrono::seconds keepalive_timeout{20};  ///< and closed when that brings no answer
};

/// Owns: its threads and connections. Threads: any. Errors: Start says which address is
/// taken (kConflict) or bad (kBadInput). Cost: the message is copied once.
class GrpcServer {
 public:
  /// Serves from now on. Methods that are not in `handlers` answer UNIMPLEMENTED.
  static base::Result<std::unique_ptr<GrpcServer>> Start(const std::string& address,
                                                         GrpcOptions options,
                                                         GrpcHandlers handlers);
  virtual ~GrpcServer() = default;
  /// The real address ("127.0.0.1:41234").
  virtual std::string address() const = 0;
  /// Takes no new calls, lets running ones finish for up to `grace`, then answers them
  /// UNAVAILABLE and closes. Idempotent.
  virtual void Drain(std::chrono::milliseconds grace) = 0;
};

}  // namespace pharos::net
