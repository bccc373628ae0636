// Spans → OTLP, as the Tempo API gives traces back: protobuf and JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/event.h"
#include "wire/otlp_json.h"

namespace pharos::wire {

/// All spans of the batch as TracesData / tempopb.Trace (the same bytes): one ResourceSpans a
/// resource, one ScopeSpans a scope, in the order of first appearance. Logs are left out.
std::string EncodeOtlpTraces(const model::EventBatch& batch);

/// One span as an opentelemetry.proto.trace.v1.Span message, without resource and scope.
std::string EncodeOtlpSpan(const model::Event& span);

/// Appends the attributes as repeated KeyValue messages of the given field, order and duplicates
/// kept: what a message is rewritten with.
void AppendOtlpAttributes(std::string& out, uint32_t field,
                          std::span<const model::KeyValue> attributes);

/// All log records of the batch as LogsData.
std::string EncodeOtlpLogs(const model::EventBatch& batch);

/// {"resourceSpans":[…]} in OTLP/JSON (hex ids, numeric enums).
std::string EncodeOtlpTracesJson(const model::EventBatch& batch);
/// {"batches":[…]} as Tempo's /api/traces answers (base64 ids, enum names).
std::string EncodeTempoTraceJson(const model::EventBatch& batch);

}  // namespace pharos::wire
