#include "ingest/receive/otlp_http.h"

#include <string>
#include <string_view>
#include <utility>

#include "ingest/receive/limits.h"

namespace pharos::ingest::receive {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

int HttpStatus(int grpc_code) {
  switch (grpc_code) {
    case 0: return 200;
    case 3: return 400;
    case 7: return 403;
    case 8: return 413;
    case 12: return 404;
    case 14: return 503;
    default: return 500;
  }
}

std::string_view MediaType(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  return header;
}

void Handle(OtlpService& service, const Target& target, OtlpSignal signal, int success_status,
            net::Request request, const net::ResponderPtr& responder) {
  const std::string type(MediaType(request.headers.Get("Content-Type")));
  if (type != kProtobuf && type != kJson) {
    net::Response response = net::Response::Text(
        415, "415 unsupported media type, supported: [application/json, application/x-protobuf]");
    return responder->Send(std::move(response));
  }
  const OtlpEncoding encoding = type == kJson ? OtlpEncoding::kJson : OtlpEncoding::kProtobuf;
  OtlpSender sender{.tenant = TenantOf(target, request),
                    .transport = "http",
                    .remote = request.remote,
                    .metadata = std::make_shared<const net::Headers>(std::move(request.headers))};
  service.Export(signal, encoding, std::move(request.body), std::move(sender),
                 [responder, encoding, success_status](OtlpAnswer answer) {
                   net::Response response;
                   response.status = HttpStatus(answer.code);
                   if (answer.code == 0 && success_status == 204) {
                     response.status = 204;
                   } else {
                     response.headers.Set("Content-Type",
                                          encoding == OtlpEncoding::kJson ? kJson : kProtobuf);
                     response.body = std::move(answer.body);
                   }
                   responder->Send(std::move(response));
                 });
}

}  // namespace

void RegisterOtlpHttp(net::Router& router, std::shared_ptr<OtlpService> service,
                      const Target& target, OtlpPaths paths) {
  const auto add = [&](const std::string& path, OtlpSignal signal, int success_status) {
    router.AddAsync("POST", path,
                    [service, target, signal, success_status](net::Request request,
                                                              net::ResponderPtr responder) {
                      Handle(*service, target, signal, success_status, std::move(request),
                             responder);
                    },
                    {.max_body_bytes = paths.max_body_bytes, .decompress = true});
  };
  if (paths.standard) {
    add(paths.traces, OtlpSignal::kTraces, 200);
    add(paths.logs, OtlpSignal::kLogs, 200);
    add(paths.metrics, OtlpSignal::kMetrics, 200);
  }
  if (paths.prometheus) add("/api/v1/otlp/v1/metrics", OtlpSignal::kMetrics, 200);
  if (paths.loki) add("/otlp/v1/logs", OtlpSignal::kLogs, 204);
}

}  // namespace pharos::ingest::receive
