#include "wire/otlp_encode.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "wire/pb_writer.h"

namespace pharos::wire {
namespace {

void AddText(PbWriter& out, uint32_t field, std::string_view text) {
  if (!text.empty()) out->add_bytes(field, text.data(), text.size());
}
void AddCount(PbWriter& out, uint32_t field, uint32_t count) {
  if (count != 0) out->add_uint32(field, count);
}
template <class Id>
void AddId(PbWriter& out, uint32_t field, const Id& id) {
  if (id.IsZero()) return;
  out->add_bytes(field, reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

void AddAttributes(PbWriter& out, uint32_t field, std::span<const model::KeyValue> attributes);

// A oneof is on the wire even when it holds zero; an empty AnyValue is null.
void WriteValue(PbWriter& out, const model::Value& value) {
  using Type = model::Value::Type;
  switch (value.type) {
    case Type::kNull: break;
    case Type::kString: out->add_bytes(1, value.text.data(), value.text.size()); break;
    case Type::kBool: out->add_bool(2, value.boolean); break;
    case Type::kInt: out->add_int64(3, value.integer); break;
    case Type::kDouble: out->add_double(4, value.real); break;
    case Type::kArray: {
      PbWriter array(out, 5);
      for (const model::Value& item : value.array()) {
        PbWriter child(array, 1);
        WriteValue(child, item);
      }
      break;
    }
    case Type::kMap: {
      PbWriter map(out, 6);
      AddAttributes(map, 1, value.map());
      break;
    }
    case Type::kBytes: out->add_bytes(7, value.text.data(), value.text.size()); break;
  }
}

void AddAttributes(PbWriter& out, uint32_t field, std::span<const model::KeyValue> attributes) {
  for (const model::KeyValue& pair : attributes) {
    PbWriter child(out, field);
    AddText(child, 1, pair.key);
    PbWriter value(child, 2);
    WriteValue(value, pair.value);
  }
}

void WriteSpan(PbWriter& out, const model::Event& event) {
  const model::SpanPart& span = *event.span;
  AddId(out, 1, event.trace_id);
  AddId(out, 2, event.span_id);
  AddText(out, 3, span.trace_state);
  AddId(out, 4, span.parent_id);
  AddText(out, 5, span.name);
  if (span.kind != 0) out->add_enum(6, span.kind);
  out->add_fixed64(7, static_cast<uint64_t>(event.time_ns));
  if (span.end_ns != 0) out->add_fixed64(8, static_cast<uint64_t>(span.end_ns));
  AddAttributes(out, 9, event.attributes);
  AddCount(out, 10, event.dropped_attributes);
  for (const model::SpanEvent& item : span.events) {
    PbWriter child(out, 11);
    if (item.time_ns != 0) child->add_fixed64(1, static_cast<uint64_t>(item.time_ns));
    AddText(child, 2, item.name);
    AddAttributes(child, 3, item.attributes);
    AddCount(child, 4, item.dropped_attributes);
  }
  AddCount(out, 12, span.dropped_events);
  for (const model::SpanLink& link : span.links) {
    PbWriter child(out, 13);
    AddId(child, 1, link.trace_id);
    AddId(child, 2, link.span_id);
    AddText(child, 3, link.trace_state);
    AddAttributes(child, 4, link.attributes);
    AddCount(child, 5, link.dropped_attributes);
    if (link.flags != 0) child->add_fixed32(6, link.flags);
  }
  AddCount(out, 14, span.dropped_links);
  {
    PbWriter status(out, 15);
    AddText(status, 2, span.status_message);
    if (span.status_code != 0) status->add_enum(3, span.status_code);
  }
  if (event.flags != 0) out->add_fixed32(16, event.flags);
}

void WriteLog(PbWriter& out, const model::Event& event) {
  out->add_fixed64(1, static_cast<uint64_t>(event.time_ns));
  if (event.severity_number != 0) out->add_enum(2, event.severity_number);
  AddText(out, 3, event.severity_text);
  if (event.body.type != model::Value::Type::kNull) {
    PbWriter body(out, 5);
    WriteValue(body, event.body);
  }
  AddAttributes(out, 6, event.attributes);
  AddCount(out, 7, event.dropped_attributes);
  if (event.flags != 0) out->add_fixed32(8, event.flags);
  AddId(out, 9, event.trace_id);
  AddId(out, 10, event.span_id);
  if (event.observed_ns != 0) out->add_fixed64(11, static_cast<uint64_t>(event.observed_ns));
  AddText(out, 12, event.event_name);
}

bool SameMap(std::span<const model::KeyValue> a, std::span<const model::KeyValue> b) {
  if (a.data() == b.data() && a.size() == b.size()) return true;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.key == y.key && model::SameValue(x.value, y.value);
  });
}
bool SameResource(const model::Origin& a, const model::Origin& b) {
  return a.resource_dropped == b.resource_dropped &&
         a.resource_schema_url == b.resource_schema_url && SameMap(a.resource, b.resource);
}
bool SameScope(const model::Origin& a, const model::Origin& b) {
  return a.scope_name == b.scope_name && a.scope_version == b.scope_version &&
         a.scope_dropped == b.scope_dropped && a.scope_schema_url == b.scope_schema_url &&
         SameMap(a.scope_attributes, b.scope_attributes);
}

/// Events by resource and scope. Compares with every group seen when the origin changes:
/// answers hold few origins.
class Groups {
 public:
  struct Scope {
    const model::Origin* origin;
    std::vector<const model::Event*> events;
  };
  struct Resource {
    const model::Origin* origin;
    std::vector<Scope> scopes;
  };

  void Add(const model::Event& event) {
    static constexpr model::Origin kNone;
    const model::Origin* origin = event.origin != nullptr ? event.origin : &kNone;
    if (origin != last_) Find(origin);
    resources_[resource_].scopes[scope_].events.push_back(&event);
  }
  const std::vector<Resource>& resources() const { return resources_; }

 private:
  void Find(const model::Origin* origin) {
    last_ = origin;
    for (resource_ = 0; resource_ < resources_.size(); ++resource_) {
      if (SameResource(*resources_[resource_].origin, *origin)) break;
    }
    if (resource_ == resources_.size()) resources_.push_back({origin, {}});
    auto& scopes = resources_[resource_].scopes;
    for (scope_ = 0; scope_ < scopes.size(); ++scope_) {
      if (SameScope(*scopes[scope_].origin, *origin)) return;
    }
    scopes.push_back({origin, {}});
  }

  std::vector<Resource> resources_;
  const model::Origin* last_ = nullptr;
  size_t resource_ = 0, scope_ = 0;
};

std::string Encode(const model::EventBatch& batch, model::EventKind kind,
                   void (*write)(PbWriter&, const model::Event&)) {
  Groups groups;
  for (const model::StreamEvents& stream : batch.streams) {
    for (const model::Event& event : stream.events) {
      if (event.kind == kind) groups.Add(event);
    }
  }
  std::string bytes;
  PbWriter root(bytes);
  for (const Groups::Resource& group : groups.resources()) {
    PbWriter resource_out(root, 1);
    {
      PbWriter resource(resource_out, 1);
      AddAttributes(resource, 1, group.origin->resource);
      AddCount(resource, 2, group.origin->resource_dropped);
    }
    for (const Groups::Scope& scope_group : group.scopes) {
      const model::Origin& origin = *scope_group.origin;
      PbWriter scope_out(resource_out, 2);
      {
        PbWriter scope(scope_out, 1);
        AddText(scope, 1, origin.scope_name);
        AddText(scope, 2, origin.scope_version);
        AddAttributes(scope, 3, origin.scope_attributes);
        AddCount(scope, 4, origin.scope_dropped);
      }
      for (const model::Event* event : scope_group.events) {
        PbWriter record(scope_out, 2);
        write(record, *event);
      }
      AddText(scope_out, 3, origin.scope_schema_url);
    }
    AddText(resource_out, 3, group.origin->resource_schema_url);
  }
  return bytes;
}

std::string ToJson(const PbMessage& message, const std::string& bytes, OtlpJsonStyle style) {
  std::string out;
  const auto written = OtlpProtobufToJson(message, bytes, style, out);
  PHAROS_CHECK(written.has_value(), "bytes of our own encoder did not read back");
  return out;
}

}  // namespace

void AppendOtlpAttributes(std::string& out, uint32_t field,
                          std::span<const model::KeyValue> attributes) {
  PbWriter writer(out);
  AddAttributes(writer, field, attributes);
}

std::string EncodeOtlpTraces(const model::EventBatch& batch) {
  return Encode(batch, model::EventKind::kSpan, WriteSpan);
}

std::string EncodeOtlpLogs(const model::EventBatch& batch) {
  return Encode(batch, model::EventKind::kLog, WriteLog);
}

std::string EncodeOtlpSpan(const model::Event& span) {
  std::string bytes;
  PbWriter out(bytes);
  WriteSpan(out, span);
  return bytes;
}

std::string EncodeOtlpTracesJson(const model::EventBatch& batch) {
  return ToJson(kTracesMessage, EncodeOtlpTraces(batch), {});
}

std::string EncodeTempoTraceJson(const model::EventBatch& batch) {
  return ToJson(kTempoTraceMessage, EncodeOtlpTraces(batch),
                {.base64_ids = true, .enum_names = true});
}

}  // namespace pharos::wire
