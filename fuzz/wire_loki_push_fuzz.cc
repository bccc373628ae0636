// Loki pushes, protobuf (first byte even) and JSON (odd), with their stream labels.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "wire/loki_push.h"
#include "wire/stream_labels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  if (size == 0) return 0;
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto push = data[0] % 2 == 0 ? wire::DecodeLokiPush(std::make_shared<const std::string>(body))
                               : wire::DecodeLokiPushJson(body);
  if (!push) return 0;
  for (const auto& stream : push->streams) {
    const auto labels = wire::ParseStreamLabels(stream.labels);
    if (!labels) continue;
    // What we print must read back as the same set.
    const auto again = wire::ParseStreamLabels(wire::StreamLabelsText(*labels));
    if (again && *again != *labels) __builtin_trap();
  }
  return 0;
}
