// OTLP in: one Export call a signal, whatever carried it (HTTP or gRPC). Bytes in, bytes out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ingest/receive/target.h"

namespace pharos::ingest::receive {

enum class OtlpSignal : uint8_t { kTraces, kLogs, kMetrics };
enum class OtlpEncoding : uint8_t { kProtobuf, kJson };

struct OtlpAnswer {
  int code = 0;  ///< gRPC's: 0 OK, 3 invalid argument, 8 too large, 13 internal, 14 unavailable
  std::string message;  ///< when code is not 0
  /// Export…ServiceResponse when code is 0 (with partial_success when something was
  /// rejected), else google.rpc.Status; in the encoding of the request.
  std::string body;
};

/// Owns: what metrics need to be converted (delta sums, series cache). Threads: any. Errors:
/// in the answer. Cost: decodes on the caller's thread; calls back when the data is on disk.
class OtlpService {
 public:
  using Callback = std::function<void(OtlpAnswer)>;

  explicit OtlpService(const Target& target);
  ~OtlpService();

  /// An empty body is a valid, empty protobuf request. `done` is called exactly once, from
  /// any thread.
  void Export(OtlpSignal signal, OtlpEncoding encoding, std::string body, const std::string& tenant,
              Callback done);

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
  struct Metrics;
  struct Outcome;
  base::Result<Outcome> Store(OtlpSignal signal, std::shared_ptr<const std::string> body,
                              const std::string& tenant);
  base::Result<Outcome> StoreEvents(OtlpSignal signal, std::shared_ptr<const std::string> body,
                                    const std::string& tenant);

  Target target_;
  std::unique_ptr<Metrics> metrics_;
};

}  // namespace pharos::ingest::receive
