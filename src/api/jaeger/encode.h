// Spans as Jaeger's UI model.
#pragma once

#include "api/spans/span_scan.h"
#include "text/json_writer.h"

namespace pharos::api::jaeger {

/// `{"traceID":…,"spans":[…],"processes":{…},"warnings":null}`; field and tag order are
/// Jaeger's. The batch holds one trace; log records are left out.
void WriteTrace(text::JsonWriter& json, const model::EventBatch& batch);

/// 32 digits, 16 where the upper half is zero.
std::string TraceIdText(const model::TraceId& id);

}  // namespace pharos::api::jaeger
