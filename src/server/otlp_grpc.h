// OTLP/gRPC: the three Export methods on raw message bytes, in front of OtlpService.
#pragma once

#include <memory>

#include "net/grpc.h"

namespace pharos::ingest::receive {
class OtlpService;
}

namespace pharos::server {

/// The handlers that a gRPC listener serves; they share the service.
net::GrpcHandlers OtlpGrpcHandlers(std::shared_ptr<ingest::receive::OtlpService> service);

}  // namespace pharos::server
