// OTLP of all signals, protobuf and JSON; what decodes must encode and decode to the same.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "wire/otlp_encode.h"
#include "wire/otlp_events.h"
#include "wire/otlp_json.h"
#include "wire/otlp_metrics.h"

namespace {

using namespace pharos;

/// Attributes that are left and read later must be the ones that are read at once.
void CheckMetrics(const std::string& body) {
  const auto read = wire::DecodeOtlpMetrics(body);
  const auto left = wire::DecodeOtlpMetrics(body, wire::OtlpAttributes::kRaw);
  if (!read) return;
  if (!left || left->points != read->points) __builtin_trap();
  base::Arena arena;
  wire::AttributeReader reader(&arena);
  for (size_t r = 0; r < read->resources.size(); ++r) {
    const auto& scopes = read->resources[r].scopes;
    for (size_t s = 0; s < scopes.size(); ++s) {
      for (size_t m = 0; m < scopes[s].metrics.size(); ++m) {
        const auto& points = scopes[s].metrics[m].points;
        for (size_t p = 0; p < points.size(); ++p) {
          const auto& raw = left->resources[r].scopes[s].metrics[m].points[p].raw_attributes;
          const auto later = wire::ReadOtlpAttributes(raw, reader);
          if (!later || !model::SameValue(model::Value::Map(*later),
                                          model::Value::Map(points[p].attributes))) {
            __builtin_trap();
          }
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int signal = data[0] % 3;
  const bool json = data[0] / 3 % 2 == 1;
  const wire::PbMessage& message = signal == 0   ? wire::kTracesMessage
                                   : signal == 1 ? wire::kLogsMessage
                                                 : wire::kMetricsMessage;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (json) {
    auto converted = wire::OtlpJsonToProtobuf(message, bytes);
    if (!converted) return 0;
    bytes = *std::move(converted);
  }
  std::string shown;
  (void)wire::OtlpProtobufToJson(message, bytes, {}, shown);
  const auto body = std::make_shared<const std::string>(std::move(bytes));
  if (signal == 2) {
    CheckMetrics(*body);
    return 0;
  }
  const auto decode = signal == 0 ? wire::DecodeOtlpTraces : wire::DecodeOtlpLogs;
  const auto events = decode(body, wire::SpanStream, 1);
  if (!events) return 0;
  const std::string out =
      signal == 0 ? wire::EncodeOtlpTraces(events->batch) : wire::EncodeOtlpLogs(events->batch);
  const auto again = decode(std::make_shared<const std::string>(out), wire::SpanStream, 1);
  if (!again || again->batch.EventCount() != events->batch.EventCount()) __builtin_trap();
  return 0;
}
