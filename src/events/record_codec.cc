#include "events/record_codec.h"

#include "events/flat_record.h"
#include "events/limits.h"
#include "events/plain_record.h"
#include "events/record_bits.h"

namespace pharos::events {
namespace {

using model::Event;
using model::KeyValue;
using model::Origin;
using model::SpanEvent;
using model::SpanId;
using model::SpanLink;
using model::SpanPart;
using model::TraceId;
using model::Value;

template <class T>
std::span<T> MakeSpan(base::Arena& arena, size_t n) {
  static_assert(std::is_trivially_destructible_v<T>);
  T* items = static_cast<T*>(arena.Allocate(n * sizeof(T), alignof(T)));
  for (size_t i = 0; i < n; ++i) new (items + i) T();
  return {items, n};
}

/// Arrays and maps only into strings, which grow.
template <class Out>
bool WriteContent(Out& out, const Value& value, int depth);

template <class Out>
bool WriteValue(Out& out, const Value& value, int depth = 0) {
  if (depth >= kMaxDepth) return false;
  PutByte(out, static_cast<uint8_t>(value.type));
  return WriteContent(out, value, depth);
}

/// A value whose type is known.
template <class Out>
bool WriteContent(Out& out, const Value& value, int depth) {
  switch (value.type) {
    case Value::Type::kNull: break;
    case Value::Type::kString:
    case Value::Type::kBytes: PutText(out, value.text); break;
    case Value::Type::kBool: PutByte(out, value.boolean ? 1 : 0); break;
    case Value::Type::kInt: PutZigZag(out, value.integer); break;
    case Value::Type::kDouble: PutFixed(out, value.real); break;
    case Value::Type::kArray:
      if constexpr (std::is_same_v<Out, std::string>) {
        PutVarint(out, value.array().size());
        for (const Value& item : value.array()) {
          if (!WriteValue(out, item, depth + 1)) return false;
        }
      }
      break;
    case Value::Type::kMap:
      if constexpr (std::is_same_v<Out, std::string>) {
        return PutAttributes(out, value.map(), depth + 1);
      }
      break;
  }
  return true;
}

template <class Out>
bool WriteAttributes(Out& out, std::span<const KeyValue> attributes, int depth = 0) {
  if (attributes.size() > kMaxAttributes) return false;
  PutVarint(out, attributes.size());
  for (const KeyValue& kv : attributes) {
    PutText(out, kv.key);
    if (!WriteValue(out, kv.value, depth)) return false;
  }
  return true;
}

template <class Out>
bool WriteSpanEvents(Out& out, std::span<const SpanEvent> events, int64_t time_ns) {
  PutVarint(out, events.size());
  for (const SpanEvent& event : events) {
    PutZigZag(out, WrapSub(event.time_ns, time_ns));
    PutText(out, event.name);
    PutVarint(out, event.dropped_attributes);
    if (!WriteAttributes(out, event.attributes)) return false;
  }
  return true;
}

template <class Out>
bool WriteSpanLinks(Out& out, std::span<const SpanLink> links) {
  PutVarint(out, links.size());
  for (const SpanLink& link : links) {
    PutFixed(out, link.trace_id.bytes);
    PutFixed(out, link.span_id.bytes);
    PutText(out, link.trace_state);
    PutVarint(out, link.dropped_attributes);
    PutVarint(out, link.flags);
    if (!WriteAttributes(out, link.attributes)) return false;
  }
  return true;
}

template <class Out>
bool WriteSpanPart(Out& out, const SpanPart& span, int64_t time_ns) {
  PutText(out, span.name);
  PutByte(out, span.kind);
  PutByte(out, span.status_code);
  PutZigZag(out, WrapSub(span.end_ns, time_ns));
  PutText(out, span.status_message);
  PutText(out, span.trace_state);
  PutVarint(out, span.dropped_events);
  PutVarint(out, span.dropped_links);
  return WriteSpanEvents(out, span.events, time_ns) && WriteSpanLinks(out, span.links);
}

/// `text` is null, or where the text begins that has the line.
template <class Out>
bool WriteRecord(Out& out, const Event& e, uint64_t origin, const char* text, const SetRef& set) {
  const bool is_span = e.span != nullptr;
  const bool has_parent = is_span && !e.span->parent_id.IsZero();
  uint8_t flags = 0;
  if (is_span) flags |= kIsSpan;
  if (!e.trace_id.IsZero()) flags |= kHasTrace;
  if (!e.span_id.IsZero()) flags |= kHasSpan;
  if (has_parent) flags |= kHasParent;
  if (origin != 0) flags |= kHasOrigin;
  if (e.body.type != Value::Type::kNull) flags |= kHasBody;
  if (!e.attributes.empty()) flags |= kHasAttributes;
  if (HasExtra(e)) flags |= kHasExtra;
  PutByte(out, flags);
  PutFixed(out, e.time_ns);
  if (flags & kHasTrace) PutFixed(out, e.trace_id.bytes);
  if (flags & kHasSpan) PutFixed(out, e.span_id.bytes);
  if (has_parent) PutFixed(out, e.span->parent_id.bytes);
  if (origin != 0) PutVarint(out, origin);
  if (text != nullptr) {
    PutByte(out, kPlacedLine);
    PutVarint(out, static_cast<uint64_t>(e.body.text.data() - text));
    PutVarint(out, e.body.text.size());
  } else if ((flags & kHasBody) && !WriteValue(out, e.body)) {
    return false;
  }
  if (set.number != 0) {
    PutByte(out, kSharedAttributes);
    PutVarint(out, set.number);
    EachOpen(set.open, [&](size_t i) { WriteContent(out, e.attributes[i].value, 0); });
  } else if ((flags & kHasAttributes) && !WriteAttributes(out, e.attributes)) {
    return false;
  }
  if (flags & kHasExtra) {
    PutZigZag(out, WrapSub(e.observed_ns, e.time_ns));
    PutVarint(out, e.flags);
    PutVarint(out, e.dropped_attributes);
    PutZigZag(out, e.severity_number);
    PutText(out, e.severity_text);
    PutText(out, e.event_name);
  }
  return !is_span || WriteSpanPart(out, *e.span, e.time_ns);
}

const SpanPart* GetSpanPart(Reader& in, base::Arena& arena, int64_t time_ns, SpanId parent) {
  SpanPart& span = MakeSpan<SpanPart>(arena, 1)[0];
  span.parent_id = parent;
  span.name = in.Text();
  span.kind = in.Byte();
  span.status_code = in.Byte();
  span.end_ns = WrapAdd(time_ns, in.ZigZagged());
  span.status_message = in.Text();
  span.trace_state = in.Text();
  span.dropped_events = static_cast<uint32_t>(in.Varint());
  span.dropped_links = static_cast<uint32_t>(in.Varint());
  span.events = GetSpanEvents(in, arena, time_ns);
  span.links = GetSpanLinks(in, arena);
  return &span;
}

/// The value whose type is there already.
void GetContent(Reader& in, base::Arena& arena, int depth, Value* value) {
  switch (value->type) {
    case Value::Type::kNull: break;
    case Value::Type::kString:
    case Value::Type::kBytes: value->text = in.Text(); break;
    case Value::Type::kBool: value->boolean = in.Byte() != 0; break;
    case Value::Type::kInt: value->integer = in.ZigZagged(); break;
    case Value::Type::kDouble: value->real = in.Fixed<double>(); break;
    case Value::Type::kArray: {
      const std::span<Value> items = MakeSpan<Value>(arena, in.Count(1));
      for (Value& item : items) item = GetValue(in, arena, depth + 1);
      *value = Value::Array(items);
      break;
    }
    case Value::Type::kMap: *value = Value::Map(GetAttributes(in, arena, depth + 1)); break;
  }
}

/// The set with the record's values at its open places.
std::span<const KeyValue> FillSet(const AttributeSet& set, Reader& in, base::Arena& arena) {
  if (set.open == 0) return set.attributes;
  const std::span<KeyValue> out = arena.CopySpan(set.attributes);
  EachOpen(set.open, [&](size_t i) { GetContent(in, arena, 0, &out[i].value); });
  return out;
}

constexpr size_t kLongestHead = 1 + 8 + 16 + 8 + 8;  // without the origin's number

RecordHead GetHeadChecked(Reader& in) {
  RecordHead head;
  head.flags = in.Byte();
  head.kind = head.flags & kIsSpan ? model::EventKind::kSpan : model::EventKind::kLog;
  head.time_ns = in.Fixed<int64_t>();
  if (head.flags & kHasTrace) head.trace_id.bytes = in.Fixed<std::array<uint8_t, 16>>();
  if (head.flags & kHasSpan) head.span_id.bytes = in.Fixed<std::array<uint8_t, 8>>();
  if (head.flags & kHasParent) head.parent_id.bytes = in.Fixed<std::array<uint8_t, 8>>();
  if (head.flags & kHasOrigin) head.origin = in.Varint();
  return head;
}

}  // namespace

bool PutAttributeSet(std::string& out, const AttributeSet& set) {
  if (set.attributes.size() > kMaxAttributes) return false;
  PutVarint(out, set.attributes.size());
  for (size_t i = 0; i < set.attributes.size(); ++i) {
    const auto& [key, value] = set.attributes[i];
    PutText(out, key);
    if (i < 64 && (set.open >> i & 1) != 0) {
      PutByte(out, kOpen | static_cast<uint8_t>(value.type));
    } else if (!PutValue(out, value)) {
      return false;
    }
  }
  return true;
}

AttributeSet GetAttributeSet(Reader& in, base::Arena& arena) {
  AttributeSet set;
  const std::span<KeyValue> out = MakeSpan<KeyValue>(arena, in.Count(2));
  for (size_t i = 0; i < out.size() && in.ok(); ++i) {
    out[i].key = in.Text();
    const uint8_t open = in.left() == 0 ? 0 : static_cast<uint8_t>(*in.at());
    if ((open & kOpen) == 0) {
      out[i].value = GetValue(in, arena);
      continue;
    }
    in.Byte();
    out[i].value.type = static_cast<Value::Type>(open & ~kOpen);
    if (i >= 64 || out[i].value.type >= Value::Type::kArray) in.Fail();
    set.open |= uint64_t{1} << (i % 64);
  }
  set.attributes = out;
  return set;
}

bool PutValue(std::string& out, const Value& value, int depth) {
  return WriteValue(out, value, depth);
}

bool PutAttributes(std::string& out, std::span<const KeyValue> attributes, int depth) {
  return WriteAttributes(out, attributes, depth);
}

Value GetValue(Reader& in, base::Arena& arena, int depth) {
  if (depth >= kMaxDepth) in.Fail();
  Value value;
  const uint8_t type = in.Byte();
  if (!in.ok() || type > static_cast<uint8_t>(Value::Type::kMap)) {
    in.Fail();
    return value;
  }
  value.type = static_cast<Value::Type>(type);
  GetContent(in, arena, depth, &value);
  return value;
}

std::span<const KeyValue> GetAttributes(Reader& in, base::Arena& arena, int depth) {
  const std::span<KeyValue> out = MakeSpan<KeyValue>(arena, in.Count(2));
  for (KeyValue& kv : out) {
    kv.key = in.Text();
    kv.value = GetValue(in, arena, depth);
  }
  return out;
}

bool PutOrigin(std::string& out, const Origin& origin) {
  PutVarint(out, origin.resource_dropped);
  PutText(out, origin.resource_schema_url);
  PutText(out, origin.scope_name);
  PutText(out, origin.scope_version);
  PutVarint(out, origin.scope_dropped);
  PutText(out, origin.scope_schema_url);
  return PutAttributes(out, origin.resource) && PutAttributes(out, origin.scope_attributes);
}

const Origin* GetOrigin(Reader& in, base::Arena& arena) {
  Origin& origin = MakeSpan<Origin>(arena, 1)[0];
  origin.resource_dropped = static_cast<uint32_t>(in.Varint());
  origin.resource_schema_url = in.Text();
  origin.scope_name = in.Text();
  origin.scope_version = in.Text();
  origin.scope_dropped = static_cast<uint32_t>(in.Varint());
  origin.scope_schema_url = in.Text();
  origin.resource = GetAttributes(in, arena);
  origin.scope_attributes = GetAttributes(in, arena);
  return &origin;
}

bool PutSpanEvents(std::string& out, std::span<const SpanEvent> events, int64_t time_ns) {
  return WriteSpanEvents(out, events, time_ns);
}

bool PutSpanLinks(std::string& out, std::span<const SpanLink> links) {
  return WriteSpanLinks(out, links);
}

std::span<const SpanEvent> GetSpanEvents(Reader& in, base::Arena& arena, int64_t time_ns) {
  const std::span<SpanEvent> out = MakeSpan<SpanEvent>(arena, in.Count(4));
  for (SpanEvent& event : out) {
    event.time_ns = WrapAdd(time_ns, in.ZigZagged());
    event.name = in.Text();
    event.dropped_attributes = static_cast<uint32_t>(in.Varint());
    event.attributes = GetAttributes(in, arena);
  }
  return out;
}

std::span<const SpanLink> GetSpanLinks(Reader& in, base::Arena& arena) {
  const std::span<SpanLink> out = MakeSpan<SpanLink>(arena, in.Count(28));
  for (SpanLink& link : out) {
    link.trace_id.bytes = in.Fixed<std::array<uint8_t, 16>>();
    link.span_id.bytes = in.Fixed<std::array<uint8_t, 8>>();
    link.trace_state = in.Text();
    link.dropped_attributes = static_cast<uint32_t>(in.Varint());
    link.flags = static_cast<uint32_t>(in.Varint());
    link.attributes = GetAttributes(in, arena);
  }
  return out;
}

bool PutRecord(std::string& out, const Event& e, uint64_t origin, std::string_view text,
               SetRef set) {
  const char* place = LineLiesIn(e, text) ? text.data() : nullptr;
  if (e.body.type > Value::Type::kString || e.attributes.empty()) set = {};
  const size_t most = FlatRecordBytes(e, place != nullptr, set);
  if (most == 0) return WriteRecord(out, e, origin, place, set);
  const size_t start = out.size();
  out.resize_and_overwrite(start + most, [&](char* bytes, size_t) {
    RawBytes raw{bytes + start};
    WriteRecord(raw, e, origin, place, set);
    return static_cast<size_t>(raw.at - bytes);
  });
  return true;
}

RecordHead GetRecordHead(Reader& in) {
  RecordHead head;
  if (in.left() < kLongestHead) return GetHeadChecked(in);
  const char* at = in.at();  // nearly all are longer than any head
  head.flags = static_cast<uint8_t>(*at++);
  head.kind = head.flags & kIsSpan ? model::EventKind::kSpan : model::EventKind::kLog;
  const auto take = [&](auto& to) {
    std::memcpy(&to, at, sizeof to);
    at += sizeof to;
  };
  take(head.time_ns);
  if (head.flags & kHasTrace) take(head.trace_id.bytes);
  if (head.flags & kHasSpan) take(head.span_id.bytes);
  if (head.flags & kHasParent) take(head.parent_id.bytes);
  in.Skip(static_cast<size_t>(at - in.at()));
  if (head.flags & kHasOrigin) head.origin = in.Varint();
  return head;
}

bool GetRecordPlaces(const RecordHead& head, Reader& in, std::string_view text,
                     RecordPlaces* places) {
  *places = {};
  if (!in.ok()) return false;
  const uint8_t body = head.flags & kHasBody ? in.Byte() : 0;
  if (body == kPlacedLine) {
    const uint64_t place = in.Varint(), length = in.Varint();
    if (!in.ok() || place > text.size() || length > text.size() - place) return false;
    places->line = text.substr(place, length);
  } else if (body == static_cast<uint8_t>(Value::Type::kString)) {
    in.Text();
  } else if (body != 0) {
    return in.ok();
  }
  if ((head.flags & kHasAttributes) && in.left() > 0 &&
      static_cast<uint8_t>(*in.at()) == kSharedAttributes) {
    in.Byte();
    places->shared = in.Varint();
    if (places->shared == 0) return false;
  }
  return in.ok();
}

bool PeekRecordLine(const RecordView& record, std::optional<std::string_view>* line) {
  Reader in(record.bytes);
  const RecordHead head = GetRecordHead(in);
  line->reset();
  if ((head.flags & kHasBody) == 0) {
    line->emplace();
    return in.ok();
  }
  const uint8_t type = in.Byte();
  if (type == kPlacedLine) *line = record.line;
  if (type == static_cast<uint8_t>(Value::Type::kString)) *line = in.Text();
  return in.ok();
}

bool GetRecord(const RecordView& record, const Origin* origin, base::Arena& arena, Event* event) {
  Reader in(record.bytes);
  const RecordHead head = GetRecordHead(in);
  *event = {};
  event->kind = head.kind;
  event->time_ns = head.time_ns;
  event->trace_id = head.trace_id;
  event->span_id = head.span_id;
  event->origin = origin;
  if ((head.flags & kHasBody) && in.left() > 0 && static_cast<uint8_t>(*in.at()) == kPlacedLine) {
    in.Byte();
    in.Varint();
    if (in.Varint() != record.line.size()) return false;
    event->body = Value::String(record.line);
  } else if (head.flags & kHasBody) {
    event->body = GetValue(in, arena);
  }
  if ((head.flags & kHasAttributes) && in.left() > 0 &&
      static_cast<uint8_t>(*in.at()) == kSharedAttributes) {
    in.Byte();
    if (in.Varint() == 0 || record.shared.attributes.empty()) return false;
    event->attributes = FillSet(record.shared, in, arena);
  } else if (head.flags & kHasAttributes) {
    event->attributes = GetAttributes(in, arena);
  }
  if (head.flags & kHasExtra) {
    event->observed_ns = WrapAdd(head.time_ns, in.ZigZagged());
    event->flags = static_cast<uint32_t>(in.Varint());
    event->dropped_attributes = static_cast<uint32_t>(in.Varint());
    event->severity_number = static_cast<int32_t>(in.ZigZagged());
    event->severity_text = in.Text();
    event->event_name = in.Text();
  }
  if (head.kind == model::EventKind::kSpan) {
    event->span = GetSpanPart(in, arena, head.time_ns, head.parent_id);
  }
  return in.ok() && in.AtEnd();
}

}  // namespace pharos::events
