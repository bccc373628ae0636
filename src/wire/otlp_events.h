// OTLP traces and logs (protobuf) → events. What a record lacks to be stored is said in a
// count and a sentence, as OTLP's partial success wants it; the rest of the request counts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "model/event.h"

namespace pharos::wire {

struct OtlpEvents {
  model::EventBatch batch;
  uint64_t rejected = 0;
  std::string reason;  ///< why the first was rejected; "" when none was
};

/// Which stream the records of a resource belong to; asked once a resource.
using StreamOfResource = std::function<model::Labels(std::span<const model::KeyValue> resource)>;

/// ExportTraceServiceRequest. A span without a start time gets its end or `now_ns`. Rejected:
/// ids of wrong length or zero, times beyond i64. The batch keeps `body` alive.
/// kBadInput for malformed protobuf (nothing is given out), kTooLarge beyond the limits.
base::Result<OtlpEvents> DecodeOtlpTraces(std::shared_ptr<const std::string> body,
                                          const StreamOfResource& stream_of, int64_t now_ns);

/// ExportLogsServiceRequest. A record without time gets its observed time or `now_ns`.
/// Rejected: ids of wrong length (absent or empty is fine), times beyond i64.
base::Result<OtlpEvents> DecodeOtlpLogs(std::shared_ptr<const std::string> body,
                                        const StreamOfResource& stream_of, int64_t now_ns);

/// The stream of spans: service_name ("unknown_service" where it is not said) and, where
/// given, service_namespace.
model::Labels SpanStream(std::span<const model::KeyValue> resource);

}  // namespace pharos::wire
