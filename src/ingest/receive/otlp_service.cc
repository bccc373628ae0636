#include "ingest/receive/otlp_service.h"

#include <memory>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "base/ack.h"
#include "base/metrics.h"
#include "ingest/receive/detected_level.h"
#include "ingest/receive/otlp_metrics.h"
#include "ingest/receive/service_name.h"
#include "wire/otlp_events.h"
#include "wire/otlp_json.h"

namespace pharos::ingest::receive {
namespace {

const wire::PbMessage& RequestOf(OtlpSignal signal) {
  switch (signal) {
    case OtlpSignal::kTraces: return wire::kTracesMessage;
    case OtlpSignal::kLogs: return wire::kLogsMessage;
    case OtlpSignal::kMetrics: return wire::kMetricsMessage;
  }
  return wire::kTracesMessage;
}
const wire::PbMessage& ResponseOf(OtlpSignal signal) {
  switch (signal) {
    case OtlpSignal::kTraces: return wire::kTracesResponse;
    case OtlpSignal::kLogs: return wire::kLogsResponse;
    case OtlpSignal::kMetrics: return wire::kMetricsResponse;
  }
  return wire::kTracesResponse;
}

std::string InEncoding(const wire::PbMessage& message, OtlpEncoding encoding, std::string bytes) {
  if (encoding == OtlpEncoding::kProtobuf) return bytes;
  std::string json;
  const auto written = wire::OtlpProtobufToJson(message, bytes, {}, json);
  PHAROS_CHECK(written.has_value(), "an answer of our own did not read back");
  return json;
}

/// gRPC's code by OTLP's rules: what is worth a retry is 14.
int CodeOf(const base::Error& error) {
  using Kind = base::ErrorKind;
  switch (error.kind) {
    case Kind::kTooLarge: return 8;
    case Kind::kBusy:
    case Kind::kFull:
    case Kind::kLimit:
    case Kind::kCancelled:
    case Kind::kTimeout: return 14;
    case Kind::kForbidden: return 7;
    case Kind::kIo:
    case Kind::kCorrupt: return 13;
    default: return 3;
  }
}

OtlpAnswer Failure(OtlpEncoding encoding, const base::Error& error, int code) {
  std::string status;
  {
    protozero::pbf_writer out(status);
    out.add_int32(1, code);
    out.add_string(2, error.message);
  }
  return {code, error.message, InEncoding(wire::kRpcStatus, encoding, std::move(status))};
}

OtlpAnswer Success(OtlpSignal signal, OtlpEncoding encoding, uint64_t rejected,
                   const std::string& reason) {
  std::string response;
  if (rejected > 0 || !reason.empty()) {
    protozero::pbf_writer out(response), partial(out, 1);
    if (rejected > 0) partial.add_int64(1, static_cast<int64_t>(rejected));
    if (!reason.empty()) partial.add_string(2, reason);
  }
  return {0, "", InEncoding(ResponseOf(signal), encoding, std::move(response))};
}

/// Appends `detected_level` to every record of the batch, as Loki does on its OTLP endpoint.
void SetLevels(model::EventBatch& batch) {
  std::string line;
  for (model::StreamEvents& stream : batch.streams) {
    const std::string stream_level = LevelOfStream(stream.stream);
    for (model::Event& event : stream.events) {
      if (model::FindAttribute(event.attributes, kDetectedLevel) != nullptr) continue;
      const bool text = event.body.type == model::Value::Type::kString;
      if (!text) line = model::ValueToString(event.body);
      const std::string level =
          DetectLevel(stream_level, event, text ? event.body.text : std::string_view(line));
      const size_t n = event.attributes.size() + 1;
      auto* pairs = static_cast<model::KeyValue*>(
          batch.arena.Allocate(n * sizeof(model::KeyValue), alignof(model::KeyValue)));
      std::uninitialized_copy(event.attributes.begin(), event.attributes.end(), pairs);
      new (pairs + n - 1)
          model::KeyValue{kDetectedLevel, model::Value::String(batch.arena.Copy(level))};
      event.attributes = {pairs, n};
    }
  }
}

}  // namespace

struct OtlpService::Metrics {
  explicit Metrics(const Target& target) : writer(target) {}
  OtlpMetricsWriter writer;
};

struct OtlpService::Outcome {
  base::Ack ack;
  uint64_t rejected = 0;
  std::string reason;
};

OtlpService::OtlpService(const Target& target)
    : target_(target), metrics_(std::make_unique<Metrics>(target)) {}
OtlpService::~OtlpService() = default;

void OtlpService::Export(OtlpSignal signal, OtlpEncoding encoding, std::string body,
                         const std::string& tenant, Callback done) {
  if (encoding == OtlpEncoding::kJson) {
    auto bytes = wire::OtlpJsonToProtobuf(RequestOf(signal), body);
    if (!bytes) return done(Failure(encoding, bytes.error(), CodeOf(bytes.error())));
    body = *std::move(bytes);
  }
  auto outcome = Store(signal, std::make_shared<const std::string>(std::move(body)), tenant);
  if (!outcome) return done(Failure(encoding, outcome.error(), CodeOf(outcome.error())));
  outcome->ack.Then([=, rejected = outcome->rejected, reason = std::move(outcome->reason),
                     done = std::move(done)](const base::Result<void>& written) {
    if (!written) return done(Failure(encoding, written.error(), CodeOf(written.error())));
    done(Success(signal, encoding, rejected, reason));
  });
}

base::Result<OtlpService::Outcome> OtlpService::Store(OtlpSignal signal,
                                                      std::shared_ptr<const std::string> body,
                                                      const std::string& tenant) {
  if (signal != OtlpSignal::kMetrics) return StoreEvents(signal, std::move(body), tenant);
  PHAROS_TRY(OtlpMetricsOutcome written, metrics_->writer.Write(tenant, *body));
  return Outcome{std::move(written.ack), written.rejected, std::move(written.reason)};
}

base::Result<OtlpService::Outcome> OtlpService::StoreEvents(OtlpSignal signal,
                                                            std::shared_ptr<const std::string> body,
                                                            const std::string& tenant) {
  static base::Counter& spans =
      base::GetCounter("pharos_receive_spans_total", "Spans taken.", R"(protocol="otlp")");
  static base::Counter& lines =
      base::GetCounter("pharos_receive_lines_total", "Log records taken.", R"(protocol="otlp")");
  const bool traces = signal == OtlpSignal::kTraces;
  const int64_t now_ns = target_.clock->NowNs();
  PHAROS_TRY(wire::OtlpEvents decoded,
             traces ? wire::DecodeOtlpTraces(std::move(body), wire::SpanStream, now_ns)
                    : wire::DecodeOtlpLogs(std::move(body), LogStream, now_ns));
  if (!traces) SetLevels(decoded.batch);
  const size_t events = decoded.batch.EventCount();
  if (events == 0) {
    return Outcome{base::Ack::Durable(), decoded.rejected, std::move(decoded.reason)};
  }
  PHAROS_TRY(store::EventAppendResult appended, target_.events->Append(tenant, decoded.batch));
  (traces ? spans : lines).Add(events - appended.rejected);
  Outcome outcome{std::move(appended.ack), decoded.rejected + appended.rejected,
                  std::move(decoded.reason)};
  if (outcome.reason.empty()) outcome.reason = std::move(appended.reason);
  return outcome;
}

}  // namespace pharos::ingest::receive
