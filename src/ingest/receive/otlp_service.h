// OTLP in: one Export call a signal, whatever carried it (HTTP or gRPC). Bytes in, bytes out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ingest/receive/otlp_sink.h"

namespace pharos::ingest::receive {

enum class OtlpEncoding : uint8_t { kProtobuf, kJson };

struct OtlpAnswer {
  int code = 0;  ///< gRPC's: 0 OK, 3 invalid argument, 8 too large, 13 internal, 14 unavailable
  std::string message;  ///< when code is not 0
  /// Export…ServiceResponse when code is 0 (with partial_success when something was
  /// rejected), else google.rpc.Status; in the encoding of the request.
  std::string body;
};

/// Owns: a share of the sink. Threads: any. Errors: in the answer. Cost: JSON becomes protobuf
/// on the caller's thread; else the sink's.
class OtlpService {
 public:
  using Callback = std::function<void(OtlpAnswer)>;

  /// Stores directly.
  explicit OtlpService(const Target& target);
  /// Hands all requests to `sink`.
  explicit OtlpService(std::shared_ptr<OtlpSink> sink);
  ~OtlpService();

  /// An empty body is a valid, empty protobuf request. `done` is called exactly once, from
  /// any thread.
  void Export(OtlpSignal signal, OtlpEncoding encoding, std::string body, OtlpSender sender,
              Callback done);
  void Export(OtlpSignal signal, OtlpEncoding encoding, std::string body, const std::string& tenant,
              Callback done) {
    Export(signal, encoding, std::move(body), OtlpSender{.tenant = tenant}, std::move(done));
  }

  void ExportTraces(std::string body, const std::string& tenant, Callback done) {
    Export(OtlpSignal::kTraces, OtlpEncoding::kProtobuf, std::move(body), tenant, std::move(done));
  }
  void ExportLogs(std::string body, const std::string& tenant, Callback done) {
    Export(OtlpSignal::kLogs, OtlpEncoding::kProtobuf, std::move(body), tenant, std::move(done));
  }
  void ExportMetrics(std::string body, const std::string& tenant, Callback done) {
    Export(OtlpSignal::kMetrics, OtlpEncoding::kProtobuf, std::move(body), tenant, std::move(done));
  }

 private:
  std::shared_ptr<OtlpSink> sink_;
};

}  // namespace pharos::ingest::receive
