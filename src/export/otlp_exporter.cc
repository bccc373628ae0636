#include "export/otlp_exporter.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "conf/prometheus_config.h"
#include "export/http_delivery.h"
#include "export/limits.h"
#include "net/grpc_client.h"
#include "wire/otlp_json.h"
#include "wire/protobuf.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpRequest;
using ingest::receive::OtlpSignal;
using net::GrpcCode;

const char* MethodOf(OtlpSignal signal) {
  switch (signal) {
    case OtlpSignal::kTraces: return "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    case OtlpSignal::kLogs: return "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    case OtlpSignal::kMetrics:
      return "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  }
  return "";
}

const wire::PbMessage& MessageOf(OtlpSignal signal) {
  switch (signal) {
    case OtlpSignal::kTraces: return wire::kTracesMessage;
    case OtlpSignal::kLogs: return wire::kLogsMessage;
    case OtlpSignal::kMetrics: return wire::kMetricsMessage;
  }
  return wire::kTracesMessage;
}

/// What the other side did not take of a request that it answered with OK.
void LogPartialSuccess(std::string_view response) {
  wire::PbReader in(response);
  while (in.Next()) {
    if (in.field() != 1) continue;
    int64_t rejected = 0;
    std::string message;
    wire::PbReader partial(in.Bytes());
    while (partial.Next()) {
      if (partial.field() == 1) rejected = partial.Int64();
      if (partial.field() == 2) message = partial.Bytes();
    }
    if (rejected == 0 && message.empty()) continue;
    base::Log(base::LogLevel::kWarn, "partial success",
              {{"message", message.substr(0, 512)}, {"dropped_items", std::to_string(rejected)}});
  }
}

bool Retryable(GrpcCode code, bool has_pause) {
  switch (code) {
    case GrpcCode::kCancelled:
    case GrpcCode::kDeadlineExceeded:
    case GrpcCode::kAborted:
    case GrpcCode::kOutOfRange:
    case GrpcCode::kUnavailable:
    case GrpcCode::kDataLoss: return true;
    case GrpcCode::kResourceExhausted: return has_pause;
    default: return false;
  }
}

}  // namespace

std::chrono::milliseconds RetryPause(std::string_view status_details) {
  wire::PbReader status(status_details);
  while (status.Next()) {
    if (status.field() != 3) continue;  // details: Any {1: type_url, 2: value}
    std::string_view type, value;
    wire::PbReader any(status.Bytes());
    while (any.Next()) {
      if (any.field() == 1) type = any.Bytes();
      if (any.field() == 2) value = any.Bytes();
    }
    if (!type.ends_with("google.rpc.RetryInfo")) continue;
    wire::PbReader info(value);
    while (info.Next()) {
      if (info.field() != 1) continue;
      int64_t ms = 0;
      wire::PbReader duration(info.Bytes());
      while (duration.Next()) {
        if (duration.field() == 1) ms += std::clamp<int64_t>(duration.Int64(), 0, 3600) * 1000;
        if (duration.field() == 2) ms += std::clamp(duration.Int32(), 0, 999'999'999) / 1'000'000;
      }
      return std::chrono::milliseconds(ms);
    }
  }
  return std::chrono::milliseconds(-1);
}

base::Result<Deliver> OtlpGrpcDeliver(const conf::OtelcolOtlpExporter& settings) {
  const conf::OtelcolClient& client = settings.client;
  net::GrpcClientOptions options{.address = client.endpoint,
                                 .plaintext = client.plaintext,
                                 .ca_pem = "",
                                 .gzip = client.compression == "gzip",
                                 .max_response_bytes = kMaxAnswerBytes};
  if (!client.ca_file.empty()) {
    PHAROS_TRY(options.ca_pem, conf::ReadTextFile(client.ca_file));
  }
  net::Headers metadata;
  for (const auto& [name, value] : client.headers) metadata.Add(name, value);
  const std::chrono::milliseconds timeout(client.timeout_ms);
  const std::shared_ptr<net::GrpcClient> channel = net::GrpcClient::Make(std::move(options));
  return [channel, metadata, timeout](const OtlpRequest& request,
                                      const net::Cancellation& cancelled) -> Delivery {
    const net::GrpcResult result =
        channel->Call(MethodOf(request.signal), *request.body, metadata, timeout, cancelled);
    if (result.status.code == GrpcCode::kOk) {
      LogPartialSuccess(result.response);
      return {.delivered = true};
    }
    const auto pause = RetryPause(result.status.details);
    return {.delivered = false,
            .retryable = Retryable(result.status.code, pause.count() >= 0),
            .pause = std::max(pause, std::chrono::milliseconds(0)),
            .error = "rpc error: code " + std::to_string(static_cast<int>(result.status.code)) +
                     ": " + result.status.message};
  };
}

Deliver OtlpHttpDeliver(const conf::OtelcolOtlpHttpExporter& settings) {
  return [settings](const OtlpRequest& request, const net::Cancellation& cancelled) -> Delivery {
    HttpPost post;
    post.url = request.signal == OtlpSignal::kTraces ? settings.traces_url
               : request.signal == OtlpSignal::kLogs ? settings.logs_url
                                                     : settings.metrics_url;
    if (settings.json) {
      post.content_type = "application/json";
      const auto written =
          wire::OtlpProtobufToJson(MessageOf(request.signal), *request.body, {}, post.body);
      if (!written) return {.error = written.error().message};
    } else {
      post.content_type = "application/x-protobuf";
      post.body = *request.body;
    }
    return DeliverHttp(settings.client, std::move(post), cancelled);
  };
}

}  // namespace pharos::exporting
