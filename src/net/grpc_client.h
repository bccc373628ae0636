// A gRPC client for unary calls on raw bytes. The gRPC library stays inside grpc*.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/grpc.h"

namespace pharos::net {

struct GrpcClientOptions {
  std::string address;     ///< "host:port"
  bool plaintext = false;  ///< else TLS
  std::string ca_pem;      ///< roots for TLS; "" for the system's
  bool gzip = false;       ///< compress what is sent
  size_t max_response_bytes = 4 << 20;
};

struct GrpcResult {
  GrpcStatus status;
  std::string response;  ///< empty unless the status is kOk
};

/// Owns: a channel, which connects when it is first used and again after failures. Threads: any
/// calls at once. Errors: in the status (kUnavailable when nobody answers). Cost: a call blocks.
class GrpcClient {
 public:
  static std::unique_ptr<GrpcClient> Make(GrpcClientOptions options);
  virtual ~GrpcClient() = default;
  /// `method` as "/package.Service/Method". `cancelled` is looked at a few times a second.
  virtual GrpcResult Call(const std::string& method, const std::string& message,
                          const Headers& metadata, std::chrono::milliseconds timeout,
                          const Cancellation& cancelled) = 0;
};

}  // namespace pharos::net
