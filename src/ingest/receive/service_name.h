// `service_name`: the label that Loki adds to streams that do not carry it.
#pragma once

#include <string_view>

#include "model/event.h"
#include "model/labels.h"

namespace pharos::ingest::receive {

/// The set with `service_name` from the first of Loki's candidates (service, app, …), or
/// "unknown_service". Sets that have the label come back unchanged.
model::Labels WithServiceName(const model::Labels& labels);

/// The stream of OTLP log records: Loki's default resource attributes as labels, names
/// sanitised, and service_name.
model::Labels LogStream(std::span<const model::KeyValue> resource);

}  // namespace pharos::ingest::receive
