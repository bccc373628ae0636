#include "server/otlp_grpc.h"

#include "ingest/receive/otlp_service.h"

namespace pharos::server {

using ingest::receive::OtlpAnswer;
using ingest::receive::OtlpEncoding;
using ingest::receive::OtlpSender;
using ingest::receive::OtlpService;
using ingest::receive::OtlpSignal;

net::GrpcHandlers OtlpGrpcHandlers(std::shared_ptr<OtlpService> service) {
  const auto handler = [service](OtlpSignal signal) {
    return [service, signal](net::GrpcRequest request, net::GrpcResponderPtr responder) {
      OtlpSender sender{
          .transport = "grpc",
          .remote = std::move(request.remote),
          .metadata = std::make_shared<const net::Headers>(std::move(request.metadata))};
      service->Export(signal, OtlpEncoding::kProtobuf, std::move(request.message),
                      std::move(sender), [responder](OtlpAnswer answer) {
                        if (answer.code == 0) {
                          responder->Send({}, std::move(answer.body));
                        } else {
                          responder->Send({static_cast<net::GrpcCode>(answer.code),
                                           std::move(answer.message), std::move(answer.body)},
                                          "");
                        }
                      });
    };
  };
  net::GrpcHandlers handlers;
  const std::string prefix = "/opentelemetry.proto.collector.";
  handlers[prefix + "trace.v1.TraceService/Export"] = handler(OtlpSignal::kTraces);
  handlers[prefix + "logs.v1.LogsService/Export"] = handler(OtlpSignal::kLogs);
  handlers[prefix + "metrics.v1.MetricsService/Export"] = handler(OtlpSignal::kMetrics);
  return handlers;
}

}  // namespace pharos::server
