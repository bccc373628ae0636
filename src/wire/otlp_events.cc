#include "wire/otlp_events.h"

#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wire/limits.h"
#include "wire/otlp_value.h"
#include "wire/protobuf.h"

namespace pharos::wire {
namespace {

using model::Event;
using model::EventKind;

template <class Id>
bool TakeId(std::string_view bytes, Id* id) {
  if (bytes.size() != id->bytes.size()) return false;
  std::memcpy(id->bytes.data(), bytes.data(), bytes.size());
  return true;
}

/// Both requests have the same outer form: resources (1) with resource 1, scopes 2, schema 3;
/// scopes with scope 1, records 2, schema 3. Only the record differs.
class Decoder {
 public:
  Decoder(EventKind kind, const StreamOfResource& stream_of, int64_t now_ns, OtlpEvents* out)
      : kind_(kind),
        stream_of_(stream_of),
        now_ns_(now_ns),
        out_(out),
        attributes_(&out->batch.arena) {}

  base::Result<void> Decode(std::string_view body) {
    PbReader in(body);
    bool good = true;
    while (good && in.Next()) {
      if (in.field() == 1) good = Resource(in.Bytes());
    }
    if (good && !in.ok()) good = Fail(in.error());
    if (good) return {};
    if (too_many_ || attributes_.too_many()) {
      return base::Fail(base::ErrorKind::kTooLarge,
                        "request has more records or attributes than are allowed at once; send "
                        "smaller batches");
    }
    return base::Fail(base::ErrorKind::kBadInput, error_);
  }

 private:
  bool Resource(std::string_view message) {
    // The resource may come after its scopes on the wire, so it is read first.
    model::Origin origin;
    PbReader first(message);
    while (first.Next()) {
      if (first.field() == 1) {
        if (!attributes_.ReadResource(first.Bytes(), &origin)) return Fail(attributes_.error());
      } else if (first.field() == 3) {
        origin.resource_schema_url = first.Bytes();
      }
    }
    if (!first.ok()) return Fail(first.error());
    stream_ = StreamIndex(stream_of_(origin.resource));
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 2 && !Scope(in.Bytes(), origin)) return false;
    }
    return in.ok() || Fail(in.error());
  }

  size_t StreamIndex(model::Labels labels) {
    const auto [at, fresh] = index_.try_emplace(labels.bytes(), out_->batch.streams.size());
    if (fresh) out_->batch.streams.push_back({std::move(labels), {}});
    return at->second;
  }

  bool Scope(std::string_view message, model::Origin origin) {
    size_t records = 0;
    constexpr uint32_t kKnown = 0b1110;
    PbCursor first(message);
    while (const uint32_t tag = first.Next()) {
      switch (tag) {
        case PbTag(1, WireType::kBytes):
          if (!attributes_.ReadScope(first.Bytes(), &origin)) return Fail(attributes_.error());
          break;
        case PbTag(2, WireType::kBytes):
          first.Bytes();
          ++records;
          break;
        case PbTag(3, WireType::kBytes): origin.scope_schema_url = first.Bytes(); break;
        default: first.Skip(tag, kKnown);
      }
    }
    if (!first.ok()) return Fail(first.error());
    records_ += records;
    if (records_ > kMaxRecords) {
      too_many_ = true;
      return false;
    }
    origin_ = Keep(origin);
    auto& events = out_->batch.streams[stream_].events;
    if (events.empty()) events.reserve(records);
    PbCursor in(message);
    while (const uint32_t tag = in.Next()) {
      if (tag != PbTag(2, WireType::kBytes)) {
        in.Skip(tag, 0);
        continue;
      }
      Event& event = events.emplace_back();
      event.kind = kind_;
      event.origin = origin_;
      bad_record_ = nullptr;
      if (!(kind_ == EventKind::kSpan ? Span(in.Bytes(), &event, Make<model::SpanPart>())
                                      : Log(in.Bytes(), &event))) {
        return false;
      }
      if (bad_record_ == nullptr) continue;
      events.pop_back();
      if (out_->rejected++ == 0) out_->reason = bad_record_;
    }
    return in.ok() || Fail(in.error());
  }

  bool Span(std::string_view message, Event* event, model::SpanPart* span) {
    constexpr uint32_t kKnown = 0x1FFFE;  // fields 1 to 16
    const size_t mark = attributes_.Mark();
    bool has_trace = false, has_span = false;
    PbCursor in(message);
    while (const uint32_t tag = in.Next()) {
      switch (tag) {
        case PbTag(1, WireType::kBytes):
          has_trace = true;
          if (!TakeId(in.Bytes(), &event->trace_id)) Reject("trace ids must be 16 bytes");
          break;
        case PbTag(2, WireType::kBytes):
          has_span = true;
          if (!TakeId(in.Bytes(), &event->span_id)) Reject("span ids must be 8 bytes");
          break;
        case PbTag(3, WireType::kBytes): span->trace_state = in.Bytes(); break;
        case PbTag(4, WireType::kBytes):
          if (const auto id = in.Bytes(); !id.empty() && !TakeId(id, &span->parent_id)) {
            Reject("parent span ids must be 8 bytes");
          }
          break;
        case PbTag(5, WireType::kBytes): span->name = in.Bytes(); break;
        case PbTag(6, WireType::kVarint): span->kind = static_cast<uint8_t>(in.Varint()); break;
        case PbTag(7, WireType::kFixed64): event->time_ns = Time(in.Fixed64()); break;
        case PbTag(8, WireType::kFixed64): span->end_ns = Time(in.Fixed64()); break;
        case PbTag(9, WireType::kBytes):
          if (!attributes_.Add(in.Bytes())) return Fail(attributes_.error());
          break;
        case PbTag(10, WireType::kVarint):
          event->dropped_attributes = static_cast<uint32_t>(in.Varint());
          break;
        case PbTag(11, WireType::kBytes):
          if (!SpanEvent(in.Bytes())) return false;
          break;
        case PbTag(12, WireType::kVarint):
          span->dropped_events = static_cast<uint32_t>(in.Varint());
          break;
        case PbTag(13, WireType::kBytes):
          if (!Link(in.Bytes())) return false;
          break;
        case PbTag(14, WireType::kVarint):
          span->dropped_links = static_cast<uint32_t>(in.Varint());
          break;
        case PbTag(15, WireType::kBytes):
          if (!Status(in.Bytes(), span)) return false;
          break;
        case PbTag(16, WireType::kFixed32): event->flags = in.Fixed32(); break;
        default: in.Skip(tag, kKnown);
      }
    }
    if (!has_trace || event->trace_id.IsZero()) Reject("span without a trace id");
    if (!has_span || event->span_id.IsZero()) Reject("span without a span id");
    event->attributes = attributes_.Take(mark);
    if (event->time_ns == 0) event->time_ns = span->end_ns != 0 ? span->end_ns : now_ns_;
    if (!events_.empty()) {
      span->events = attributes_.arena().CopySpan(std::span<const model::SpanEvent>(events_));
      events_.clear();
    }
    if (!links_.empty()) {
      span->links = attributes_.arena().CopySpan(std::span<const model::SpanLink>(links_));
      links_.clear();
    }
    event->span = span;
    return in.ok() || Fail(in.error());
  }

  bool SpanEvent(std::string_view message) {
    if (++records_ > kMaxRecords) return too_many_ = true, false;
    const size_t mark = attributes_.Mark();
    model::SpanEvent event;
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 1: event.time_ns = Time(in.Fixed64()); break;
        case 2: event.name = in.Bytes(); break;
        case 3:
          if (!attributes_.Add(in.Bytes())) return Fail(attributes_.error());
          break;
        case 4: event.dropped_attributes = in.Uint32(); break;
        default: break;
      }
    }
    event.attributes = attributes_.Take(mark);
    events_.push_back(event);
    return in.ok() || Fail(in.error());
  }

  bool Link(std::string_view message) {
    if (++records_ > kMaxRecords) return too_many_ = true, false;
    const size_t mark = attributes_.Mark();
    model::SpanLink link;
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 1:
          if (const auto id = in.Bytes(); !id.empty() && !TakeId(id, &link.trace_id)) {
            Reject("trace ids of links must be 16 bytes");
          }
          break;
        case 2:
          if (const auto id = in.Bytes(); !id.empty() && !TakeId(id, &link.span_id)) {
            Reject("span ids of links must be 8 bytes");
          }
          break;
        case 3: link.trace_state = in.Bytes(); break;
        case 4:
          if (!attributes_.Add(in.Bytes())) return Fail(attributes_.error());
          break;
        case 5: link.dropped_attributes = in.Uint32(); break;
        case 6: link.flags = in.Fixed32(); break;
        default: break;
      }
    }
    link.attributes = attributes_.Take(mark);
    links_.push_back(link);
    return in.ok() || Fail(in.error());
  }

  bool Status(std::string_view message, model::SpanPart* span) {
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 2) {
        span->status_message = in.Bytes();
      } else if (in.field() == 3) {
        span->status_code = static_cast<uint8_t>(in.Varint());
      }
    }
    return in.ok() || Fail(in.error());
  }

  bool Log(std::string_view message, Event* event) {
    const size_t mark = attributes_.Mark();
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 1: event->time_ns = Time(in.Fixed64()); break;
        case 2: event->severity_number = in.Int32(); break;
        case 3: event->severity_text = in.Bytes(); break;
        case 5:
          if (!attributes_.ReadValue(in.Bytes(), &event->body)) return Fail(attributes_.error());
          break;
        case 6:
          if (!attributes_.Add(in.Bytes())) return Fail(attributes_.error());
          break;
        case 7: event->dropped_attributes = in.Uint32(); break;
        case 8: event->flags = in.Fixed32(); break;
        case 9:
          if (const auto id = in.Bytes(); !id.empty() && !TakeId(id, &event->trace_id)) {
            Reject("trace ids must be 16 bytes");
          }
          break;
        case 10:
          if (const auto id = in.Bytes(); !id.empty() && !TakeId(id, &event->span_id)) {
            Reject("span ids must be 8 bytes");
          }
          break;
        case 11: event->observed_ns = Time(in.Fixed64()); break;
        case 12: event->event_name = in.Bytes(); break;
        default: break;
      }
    }
    event->attributes = attributes_.Take(mark);
    if (event->time_ns == 0)
      event->time_ns = event->observed_ns != 0 ? event->observed_ns : now_ns_;
    return in.ok() || Fail(in.error());
  }

  int64_t Time(uint64_t ns) {
    if (ns > static_cast<uint64_t>(INT64_MAX)) Reject("times after the year 2262 are not taken");
    return static_cast<int64_t>(ns);
  }
  template <class T>
  T* Make() {
    return new (attributes_.arena().Allocate(sizeof(T), alignof(T))) T();
  }
  template <class T>
  const T* Keep(const T& item) {
    return attributes_.arena().CopySpan(std::span<const T>(&item, 1)).data();
  }
  void Reject(const char* why) {
    if (bad_record_ == nullptr) bad_record_ = why;
  }
  bool Fail(const char* why) {
    error_ = why;
    return false;
  }

  const EventKind kind_;
  const StreamOfResource& stream_of_;
  const int64_t now_ns_;
  OtlpEvents* out_;
  AttributeReader attributes_;
  std::unordered_map<std::string, size_t> index_;  ///< stream labels' bytes → place in batch
  size_t stream_ = 0;
  const model::Origin* origin_ = nullptr;
  std::vector<model::SpanEvent> events_;
  std::vector<model::SpanLink> links_;
  size_t records_ = 0;
  bool too_many_ = false;
  const char* bad_record_ = nullptr;
  const char* error_ = "";
};

base::Result<OtlpEvents> Run(EventKind kind, std::shared_ptr<const std::string> body,
                             const StreamOfResource& stream_of, int64_t now_ns) {
  OtlpEvents out;
  PHAROS_TRY_VOID(Decoder(kind, stream_of, now_ns, &out).Decode(*body));
  out.batch.keep_alive = std::move(body);
  std::erase_if(out.batch.streams, [](const auto& stream) { return stream.events.empty(); });
  return out;
}

}  // namespace

base::Result<OtlpEvents> DecodeOtlpTraces(std::shared_ptr<const std::string> body,
                                          const StreamOfResource& stream_of, int64_t now_ns) {
  return Run(EventKind::kSpan, std::move(body), stream_of, now_ns);
}

base::Result<OtlpEvents> DecodeOtlpLogs(std::shared_ptr<const std::string> body,
                                        const StreamOfResource& stream_of, int64_t now_ns) {
  return Run(EventKind::kLog, std::move(body), stream_of, now_ns);
}

model::Labels SpanStream(std::span<const model::KeyValue> resource) {
  std::string name, space;
  if (const model::Value* v = model::FindAttribute(resource, "service.name")) {
    name = model::ValueToString(*v);
  }
  if (const model::Value* v = model::FindAttribute(resource, "service.namespace")) {
    space = model::ValueToString(*v);
  }
  if (name.empty()) name = "unknown_service";
  return model::Labels{{"service_name", name}, {"service_namespace", space}};
}

}  // namespace pharos::wire
