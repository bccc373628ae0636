// Random events for the tests of this folder: every field, every type, nested.
#pragma once

#include <random>
#include <string>

#include "base/arena.h"
#include "model/event.h"

namespace pharos::events {

/// Owns: the arena that its events point into. Threads: one.
class RandomEvents {
 public:
  explicit RandomEvents(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t n) { return random_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  std::string_view Text(size_t most) {
    std::string out(Below(most + 1), '\0');
    for (char& c : out) c = static_cast<char>(OneIn(20) ? Below(256) : 'a' + Below(26));
    return arena_.Copy(out);
  }

  model::Value Value(int depth = 0) {
    switch (Below(depth < 4 ? 8 : 6)) {
      case 0: return {};
      case 1: return model::Value::String(Text(20));
      case 2: return model::Value::Bool(OneIn(2));
      case 3: return model::Value::Int(static_cast<int64_t>(random_() >> Below(64)));
      case 4: return model::Value::Double(static_cast<double>(random_()) / 7);
      case 5: return model::Value::Bytes(Text(9));
      case 6: {
        std::vector<model::Value> items(Below(4));
        for (model::Value& item : items) item = Value(depth + 1);
        return model::Value::Array(arena_.CopySpan(std::span<const model::Value>(items)));
      }
      default: return model::Value::Map(Attributes(3, depth + 1));
    }
  }

  std::span<const model::KeyValue> Attributes(size_t most, int depth = 0) {
    static constexpr std::string_view kKeys[] = {"a", "b", "http.route", "naïve.ключ", ""};
    std::vector<model::KeyValue> out(Below(most + 1));
    for (model::KeyValue& kv : out) kv = {kKeys[Below(5)], Value(depth)};
    return arena_.CopySpan(std::span<const model::KeyValue>(out));
  }

  template <class Id>
  Id RandomId() {
    Id id;
    if (OneIn(5)) return id;
    const bool few = OneIn(2);  // some ids come again and again
    for (auto& byte : id.bytes) byte = few ? 7 : static_cast<uint8_t>(Below(256));
    if (few) id.bytes[0] = static_cast<uint8_t>(Below(4));
    return id;
  }

  const model::Origin* Origin() {
    if (OneIn(4)) return nullptr;
    model::Origin origin;
    origin.resource = Attributes(3);
    origin.scope_name = Text(6);
    origin.scope_version = Text(3);
    origin.scope_attributes = Attributes(2);
    origin.resource_schema_url = Text(8);
    origin.scope_schema_url = Text(8);
    origin.resource_dropped = static_cast<uint32_t>(Below(3));
    origin.scope_dropped = static_cast<uint32_t>(Below(3));
    return arena_.CopySpan(std::span<const model::Origin>(&origin, 1)).data();
  }

  model::Event Log(int64_t time_ns) {
    model::Event e;
    e.time_ns = time_ns;
    if (OneIn(3)) e.observed_ns = time_ns + static_cast<int64_t>(Below(1000));
    e.trace_id = RandomId<model::TraceId>();
    e.span_id = RandomId<model::SpanId>();
    e.flags = static_cast<uint32_t>(Below(3));
    e.body = OneIn(4) ? Value() : model::Value::String(Text(60));
    e.attributes = Attributes(4);
    e.dropped_attributes = static_cast<uint32_t>(Below(2));
    e.severity_number = static_cast<int32_t>(Below(25)) - 1;
    if (OneIn(2)) e.severity_text = Text(5);
    if (OneIn(4)) e.event_name = Text(5);
    e.origin = Origin();
    return e;
  }

  model::Event Span(int64_t time_ns) {
    model::Event e = Log(time_ns);
    e.kind = model::EventKind::kSpan;
    e.body = {};
    model::SpanPart span;
    span.parent_id = RandomId<model::SpanId>();
    span.name = Text(8);
    span.kind = static_cast<uint8_t>(Below(6));
    span.status_code = static_cast<uint8_t>(Below(3));
    span.end_ns = time_ns + static_cast<int64_t>(Below(5000)) - 100;
    span.status_message = Text(4);
    span.trace_state = Text(4);
    span.dropped_events = static_cast<uint32_t>(Below(3));
    span.dropped_links = static_cast<uint32_t>(Below(3));
    std::vector<model::SpanEvent> events(Below(3));
    for (model::SpanEvent& event : events) {
      event = {time_ns + static_cast<int64_t>(Below(99)), Text(5), Attributes(2), 1};
    }
    span.events = arena_.CopySpan(std::span<const model::SpanEvent>(events));
    std::vector<model::SpanLink> links(Below(3));
    for (model::SpanLink& link : links) {
      link = {RandomId<model::TraceId>(), RandomId<model::SpanId>(), Text(3), Attributes(2), 2, 3};
    }
    span.links = arena_.CopySpan(std::span<const model::SpanLink>(links));
    e.span = arena_.CopySpan(std::span<const model::SpanPart>(&span, 1)).data();
    return e;
  }

 private:
  std::mt19937_64 random_;
  base::Arena arena_;
};

}  // namespace pharos::events
