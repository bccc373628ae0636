// What takes a decoded-from-transport OTLP request: the engines (OtlpStore), or the pipelines
// of a Collector file. One form of data for all three signals: the request's own protobuf.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "ingest/receive/target.h"
#include "net/http.h"

namespace pharos::ingest::receive {

enum class OtlpSignal : uint8_t { kTraces, kLogs, kMetrics };

/// Who sent a request, and over what.
struct OtlpSender {
  std::string tenant{store::kDefaultTenant};
  std::string transport = "http";                ///< or "grpc"
  std::string remote;                            ///< "127.0.0.1:4711"
  std::shared_ptr<const net::Headers> metadata;  ///< the request's headers; may be null
};

/// One Export…ServiceRequest in protobuf, whole and uncompressed. Cheap to copy; the body is
/// shared and never changed.
struct OtlpRequest {
  OtlpSignal signal = OtlpSignal::kTraces;
  std::shared_ptr<const std::string> body;
  OtlpSender sender;
};

/// What became of a request that was taken: how many of its items were not, and why.
struct OtlpTaken {
  uint64_t rejected = 0;
  std::string reason;
};
using OtlpDone = std::function<void(const base::Result<OtlpTaken>&)>;

/// Threads: any. Errors: through `done`: kBadInput for malformed bytes, kBusy and kFull to be
/// retried.
class OtlpSink {
 public:
  virtual ~OtlpSink() = default;
  /// Calls `done` exactly once, from any thread, when the request's fate is known (for an
  /// engine: when it is on disk). Must not block for long.
  virtual void Take(OtlpRequest request, OtlpDone done) = 0;
};

/// Several answers as one: the first error if any failed, else all rejections. Calls `done`
/// after the last of `parts` answers.
OtlpDone JoinAnswers(size_t parts, OtlpDone done);

}  // namespace pharos::ingest::receive
