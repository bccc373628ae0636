// The messages of OTLP 1.x as tables: field numbers, JSON names and kinds. One table serves
// JSON → protobuf (receiving) and protobuf → JSON (Tempo's and OTLP's answers).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pharos::wire {

enum class PbKind : uint8_t {
  kString,
  kBytes,
  kId,
  kBool,
  kInt32,
  kUint32,
  kSint32,
  kInt64,
  kUint64,
  kFixed32,
  kFixed64,
  kSfixed64,
  kDouble,
  kEnum,
  kMessage,
};

struct PbEnumName {
  std::string_view name;
  int32_t value;
};

struct PbMessage;

struct PbField {
  uint32_t number;
  std::string_view json;   ///< lowerCamelCase
  std::string_view proto;  ///< snake_case, read too
  PbKind kind;
  bool repeated = false;
  const PbMessage* message = nullptr;
  std::span<const PbEnumName> names = {};
};

struct PbMessage {
  std::string_view name;
  std::span<const PbField> fields;
};

/// Export…ServiceRequest, which have the same form as TracesData, LogsData, MetricsData.
extern const PbMessage kTracesMessage;
extern const PbMessage kLogsMessage;
extern const PbMessage kMetricsMessage;
/// tempopb.Trace: TracesData whose first field is called `batches`.
extern const PbMessage kTempoTraceMessage;
extern const PbMessage kTracesResponse, kLogsResponse, kMetricsResponse;
/// google.rpc.Status
extern const PbMessage kRpcStatus;

}  // namespace pharos::wire
