#include "wire/loki_push_encode.h"

#include "wire/pb_writer.h"

namespace pharos::wire {
namespace {

void WriteTime(PbWriter& entry, int64_t ns) {
  int64_t seconds = ns / 1'000'000'000;
  int64_t rest = ns % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  PbWriter time(entry, 1);
  time->add_int64(1, seconds);
  time->add_int32(2, static_cast<int32_t>(rest));
}

void WriteEntry(PbWriter& stream, const model::Event& event) {
  PbWriter entry(stream, 2);
  WriteTime(entry, event.time_ns);
  entry->add_string(2, event.body.text.data(), event.body.text.size());
  for (const model::KeyValue& pair : event.attributes) {
    const std::string value = model::ValueToString(pair.value);
    PbWriter metadata(entry, 3);
    metadata->add_string(1, pair.key.data(), pair.key.size());
    metadata->add_string(2, value);
  }
}

}  // namespace

std::string EncodeLokiPush(std::span<const LokiStream> streams) {
  std::string out;
  PbWriter request(out);
  for (const LokiStream& each : streams) {
    PbWriter stream(request, 1);
    stream->add_string(1, each.labels.data(), each.labels.size());
    for (const model::Event& event : each.events) WriteEntry(stream, event);
  }
  return out;
}

}  // namespace pharos::wire
