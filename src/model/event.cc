#include "model/event.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace pharos::model {
namespace {

constexpr char kHex[] = "0123456789abcdef";

template <size_t N>
std::string HexOf(const std::array<uint8_t, N>& bytes) {
  std::string out(N * 2, '0');
  for (size_t i = 0; i < N; ++i) {
    out[2 * i] = kHex[bytes[i] >> 4];
    out[2 * i + 1] = kHex[bytes[i] & 15];
  }
  return out;
}

int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <size_t N>
bool ParseHex(std::string_view hex, std::array<uint8_t, N>* out) {
  if (hex.empty() || hex.size() > 2 * N) return false;
  std::array<uint8_t, N> bytes{};
  size_t digit = 2 * N - hex.size();
  for (const char c : hex) {
    const int nibble = Nibble(c);
    if (nibble < 0) return false;
    bytes[digit / 2] |= static_cast<uint8_t>(digit % 2 == 0 ? nibble << 4 : nibble);
    ++digit;
  }
  *out = bytes;
  return true;
}

void AppendJsonText(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<uint8_t>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
      out += buffer;
    } else {
      out += c;
    }
  }
  out += '"';
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? static_cast<uint8_t>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) out += k <= have ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
}

void AppendValue(std::string& out, const Value& value, bool nested) {
  switch (value.type) {
    case Value::Type::kNull:
      if (nested) out += "null";
      break;
    case Value::Type::kString:
      if (nested) {
        AppendJsonText(out, value.text);
      } else {
        out += value.text;
      }
      break;
    case Value::Type::kBool: out += value.boolean ? "true" : "false"; break;
    case Value::Type::kInt: out += std::to_string(value.integer); break;
    case Value::Type::kDouble: {
      char buffer[40];
      out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value.real).ptr);
      break;
    }
    case Value::Type::kBytes:
      if (nested) out += '"';
      AppendBase64(out, value.text);
      if (nested) out += '"';
      break;
    case Value::Type::kArray: {
      out += '[';
      for (size_t i = 0; i < value.array().size(); ++i) {
        if (i > 0) out += ',';
        AppendValue(out, value.array()[i], true);
      }
      out += ']';
      break;
    }
    case Value::Type::kMap: {
      out += '{';
      for (size_t i = 0; i < value.map().size(); ++i) {
        if (i > 0) out += ',';
        AppendJsonText(out, value.map()[i].key);
        out += ':';
        AppendValue(out, value.map()[i].value, true);
      }
      out += '}';
      break;
    }
  }
}

bool SameMap(std::span<const KeyValue> a, std::span<const KeyValue> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const KeyValue& x, const KeyValue& y) {
                      return x.key == y.key && SameValue(x.value, y.value);
                    });
}

bool SameOrigin(const Origin* a, const Origin* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return false;
  return SameMap(a->resource, b->resource) && a->resource_dropped == b->resource_dropped &&
         a->resource_schema_url == b->resource_schema_url && a->scope_name == b->scope_name &&
         a->scope_version == b->scope_version &&
         SameMap(a->scope_attributes, b->scope_attributes) &&
         a->scope_dropped == b->scope_dropped && a->scope_schema_url == b->scope_schema_url;
}

bool SameSpan(const SpanPart* a, const SpanPart* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return false;
  const auto same_event = [](const SpanEvent& x, const SpanEvent& y) {
    return x.time_ns == y.time_ns && x.name == y.name && SameMap(x.attributes, y.attributes) &&
           x.dropped_attributes == y.dropped_attributes;
  };
  const auto same_link = [](const SpanLink& x, const SpanLink& y) {
    return x.trace_id == y.trace_id && x.span_id == y.span_id && x.trace_state == y.trace_state &&
           SameMap(x.attributes, y.attributes) && x.dropped_attributes == y.dropped_attributes &&
           x.flags == y.flags;
  };
  return a->parent_id == b->parent_id && a->name == b->name && a->kind == b->kind &&
         a->status_code == b->status_code && a->end_ns == b->end_ns &&
         a->status_message == b->status_message && a->trace_state == b->trace_state &&
         a->dropped_events == b->dropped_events && a->dropped_links == b->dropped_links &&
         std::equal(a->events.begin(), a->events.end(), b->events.begin(), b->events.end(),
                    same_event) &&
         std::equal(a->links.begin(), a->links.end(), b->links.begin(), b->links.end(), same_link);
}

Value CopyValue(const Value& value, base::Arena& arena);

std::span<const KeyValue> CopyMap(std::span<const KeyValue> map, base::Arena& arena) {
  std::span<KeyValue> out = arena.CopySpan(map);
  for (KeyValue& kv : out) kv = {arena.Copy(kv.key), CopyValue(kv.value, arena)};
  return out;
}

Value CopyValue(const Value& value, base::Arena& arena) {
  Value out = value;
  out.text = arena.Copy(value.text);
  if (value.type == Value::Type::kArray) {
    const std::span<Value> items = arena.CopySpan(value.array());
    for (Value& item : items) item = CopyValue(item, arena);
    out.items = items.data();
  } else if (value.type == Value::Type::kMap) {
    out.pairs = CopyMap(value.map(), arena).data();
  }
  return out;
}

template <class T>
T* CopyOne(const T& item, base::Arena& arena) {
  return arena.CopySpan(std::span<const T>(&item, 1)).data();
}

const Origin* CopyOrigin(const Origin& origin, base::Arena& arena) {
  Origin* out = CopyOne(origin, arena);
  out->resource = CopyMap(origin.resource, arena);
  out->resource_schema_url = arena.Copy(origin.resource_schema_url);
  out->scope_name = arena.Copy(origin.scope_name);
  out->scope_version = arena.Copy(origin.scope_version);
  out->scope_attributes = CopyMap(origin.scope_attributes, arena);
  out->scope_schema_url = arena.Copy(origin.scope_schema_url);
  return out;
}

const SpanPart* CopySpanPart(const SpanPart& span, base::Arena& arena) {
  SpanPart* out = CopyOne(span, arena);
  out->name = arena.Copy(span.name);
  out->status_message = arena.Copy(span.status_message);
  out->trace_state = arena.Copy(span.trace_state);
  std::span<SpanEvent> events = arena.CopySpan(span.events);
  for (SpanEvent& event : events) {
    event.name = arena.Copy(event.name);
    event.attributes = CopyMap(event.attributes, arena);
  }
  out->events = events;
  std::span<SpanLink> links = arena.CopySpan(span.links);
  for (SpanLink& link : links) {
    link.trace_state = arena.Copy(link.trace_state);
    link.attributes = CopyMap(link.attributes, arena);
  }
  out->links = links;
  return out;
}

}  // namespace

std::string ToHex(const TraceId& id) { return HexOf(id.bytes); }
std::string ToHex(const SpanId& id) { return HexOf(id.bytes); }
bool ParseTraceId(std::string_view hex, TraceId* id) { return ParseHex(hex, &id->bytes); }
bool ParseSpanId(std::string_view hex, SpanId* id) { return ParseHex(hex, &id->bytes); }

Value Value::String(std::string_view v) {
  Value out;
  out.type = Type::kString;
  out.text = v;
  return out;
}
Value Value::Bytes(std::string_view v) {
  Value out;
  out.type = Type::kBytes;
  out.text = v;
  return out;
}
Value Value::Bool(bool v) {
  Value out;
  out.type = Type::kBool;
  out.boolean = v;
  return out;
}
Value Value::Int(int64_t v) {
  Value out;
  out.type = Type::kInt;
  out.integer = v;
  return out;
}
Value Value::Double(double v) {
  Value out;
  out.type = Type::kDouble;
  out.real = v;
  return out;
}
Value Value::Array(std::span<const Value> v) {
  Value out;
  out.type = Type::kArray;
  out.children = static_cast<uint32_t>(v.size());
  out.items = v.data();
  return out;
}
Value Value::Map(std::span<const KeyValue> v) {
  Value out;
  out.type = Type::kMap;
  out.children = static_cast<uint32_t>(v.size());
  out.pairs = v.data();
  return out;
}

bool SameValue(const Value& a, const Value& b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case Value::Type::kNull: return true;
    case Value::Type::kString:
    case Value::Type::kBytes: return a.text == b.text;
    case Value::Type::kBool: return a.boolean == b.boolean;
    case Value::Type::kInt: return a.integer == b.integer;
    case Value::Type::kDouble:
      return std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
    case Value::Type::kArray: return std::ranges::equal(a.array(), b.array(), SameValue);
    case Value::Type::kMap: return SameMap(a.map(), b.map());
  }
  return false;
}

std::string ValueToString(const Value& value) {
  std::string out;
  AppendValue(out, value, false);
  return out;
}

size_t EventBatch::EventCount() const {
  size_t n = 0;
  for (const StreamEvents& stream : streams) n += stream.events.size();
  return n;
}

Event CopyEvent(const Event& event, base::Arena& arena) {
  Event out = event;
  out.body = CopyValue(event.body, arena);
  out.attributes = CopyMap(event.attributes, arena);
  out.severity_text = arena.Copy(event.severity_text);
  out.event_name = arena.Copy(event.event_name);
  if (event.origin != nullptr) out.origin = CopyOrigin(*event.origin, arena);
  if (event.span != nullptr) out.span = CopySpanPart(*event.span, arena);
  return out;
}

bool SameEvent(const Event& a, const Event& b) {
  return a.kind == b.kind && a.time_ns == b.time_ns && a.trace_id == b.trace_id &&
         a.span_id == b.span_id && a.flags == b.flags && SameValue(a.body, b.body) &&
         SameMap(a.attributes, b.attributes) && a.dropped_attributes == b.dropped_attributes &&
         a.severity_number == b.severity_number && a.severity_text == b.severity_text &&
         a.event_name == b.event_name && SameOrigin(a.origin, b.origin) && SameSpan(a.span, b.span);
}

const Value* FindAttribute(std::span<const KeyValue> attributes, std::string_view key) {
  for (const KeyValue& kv : attributes) {
    if (kv.key == key) return &kv.value;
  }
  return nullptr;
}

}  // namespace pharos::model
