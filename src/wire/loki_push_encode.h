// Log events → Loki's protobuf push request, as Promtail sends it.
#pragma once

#include <span>
#include <string>

#include "wire/loki_push.h"

namespace pharos::wire {

/// The body before snappy: logproto.PushRequest. Attributes become structured metadata.
std::string EncodeLokiPush(std::span<const LokiStream> streams);

}  // namespace pharos::wire
