#include "ingest/receive/otlp_service.h"

#include <memory>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "ingest/receive/otlp_store.h"
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
    case Kind::kUnsupported: return 12;
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

}  // namespace

OtlpService::OtlpService(const Target& target) : OtlpService(std::make_shared<OtlpStore>(target)) {}
OtlpService::OtlpService(std::shared_ptr<OtlpSink> sink) : sink_(std::move(sink)) {}
OtlpService::~OtlpService() = default;

void OtlpService::Export(OtlpSignal signal, OtlpEncoding encoding, std::string body,
                         OtlpSender sender, Callback done) {
  if (encoding == OtlpEncoding::kJson) {
    auto bytes = wire::OtlpJsonToProtobuf(RequestOf(signal), body);
    if (!bytes) return done(Failure(encoding, bytes.error(), CodeOf(bytes.error())));
    body = *std::move(bytes);
  }
  sink_->Take({signal, std::make_shared<const std::string>(std::move(body)), std::move(sender)},
              [signal, encoding, done = std::move(done)](const base::Result<OtlpTaken>& taken) {
                if (!taken) return done(Failure(encoding, taken.error(), CodeOf(taken.error())));
                done(Success(signal, encoding, taken->rejected, taken->reason));
              });
}

}  // namespace pharos::ingest::receive
