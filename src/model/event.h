// Events: log records and spans, one schema for both, so that a trace id finds all of
// them in one look-up. Everything an OTLP sender can say is kept as it was sent.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/held_text.h"
#include "model/labels.h"

namespace pharos::model {

struct TraceId {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const TraceId&) const = default;
  bool IsZero() const {
    uint64_t half[2];
    std::memcpy(half, bytes.data(), sizeof half);
    return (half[0] | half[1]) == 0;
  }
};
struct SpanId {
  std::array<uint8_t, 8> bytes{};
  auto operator<=>(const SpanId&) const = default;
  bool IsZero() const {
    uint64_t all;
    std::memcpy(&all, bytes.data(), sizeof all);
    return all == 0;
  }
};

/// Lower-case hex, 32 and 16 digits.
std::string ToHex(const TraceId& id);
std::string ToHex(const SpanId& id);
/// 1 to 32 hex digits, either case, left-padded with zeros (Jaeger prints 16, the seeds 28);
/// false for anything else.
bool ParseTraceId(std::string_view hex, TraceId* id);
/// 1 to 16 hex digits, left-padded.
bool ParseSpanId(std::string_view hex, SpanId* id);

struct KeyValue;

/// One value of OTLP's AnyValue. A view: text, bytes and children live in the batch's arena
/// or in the buffer that the batch keeps alive. Trivially copyable.
struct Value {
  enum class Type : uint8_t { kNull, kString, kBool, kInt, kDouble, kBytes, kArray, kMap };

  Type type = Type::kNull;
  uint32_t children = 0;  ///< how many there are
  union {
    bool boolean;
    int64_t integer = 0;
    double real;
    const Value* items;
    const KeyValue* pairs;
  };
  std::string_view text;  ///< kString (as sent, maybe not UTF-8), kBytes; else empty

  /// Of kArray; else empty.
  std::span<const Value> array() const {
    return type == Type::kArray ? std::span(items, children) : std::span<const Value>();
  }
  /// Of kMap, order and duplicates kept; else empty.
  inline std::span<const KeyValue> map() const;

  static Value String(std::string_view v);
  static Value Bytes(std::string_view v);
  static Value Bool(bool v);
  static Value Int(int64_t v);
  static Value Double(double v);
  static Value Array(std::span<const Value> v);
  static Value Map(std::span<const KeyValue> v);
};

struct KeyValue {
  std::string_view key;  ///< the original UTF-8 name, never sanitised
  Value value;
};

inline std::span<const KeyValue> Value::map() const {
  return type == Type::kMap ? std::span(pairs, children) : std::span<const KeyValue>();
}

/// Deep comparison; doubles by bits.
bool SameValue(const Value& a, const Value& b);
/// The value as text, as Tempo and Loki show attributes: strings bare, numbers in decimal,
/// arrays and maps as JSON, bytes in base64.
std::string ValueToString(const Value& value);

enum class EventKind : uint8_t { kLog, kSpan };

/// Where a field hangs. Loki's structured metadata is kRecord.
enum class FieldScope : uint8_t { kResource, kScope, kRecord };

struct SpanEvent {
  int64_t time_ns = 0;
  std::string_view name;
  std::span<const KeyValue> attributes;
  uint32_t dropped_attributes = 0;
};

struct SpanLink {
  TraceId trace_id;
  SpanId span_id;
  std::string_view trace_state;
  std::span<const KeyValue> attributes;
  uint32_t dropped_attributes = 0;
  uint32_t flags = 0;
};

/// What only a span has. Numbers are OTLP's.
struct SpanPart {
  SpanId parent_id;
  std::string_view name;
  uint8_t kind = 0;  ///< 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
  uint8_t status_code = 0;  ///< 0 unset, 1 ok, 2 error
  int64_t end_ns = 0;
  std::string_view status_message;
  std::string_view trace_state;
  std::span<const SpanEvent> events;
  std::span<const SpanLink> links;
  uint32_t dropped_events = 0;
  uint32_t dropped_links = 0;
};

/// What OTLP says about the sender; shared by all events of one scope of one request.
struct Origin {
  std::span<const KeyValue> resource;
  uint32_t resource_dropped = 0;
  std::string_view resource_schema_url;
  std::string_view scope_name;
  std::string_view scope_version;
  std::span<const KeyValue> scope_attributes;
  uint32_t scope_dropped = 0;
  std::string_view scope_schema_url;
};

/// A log record or a span. A view into its batch; trivially copyable. What a plain line has stands
/// first, in one cache line's worth: receivers go through many of them several times.
struct Event {
  EventKind kind = EventKind::kLog;
  uint32_t flags = 0;
  int64_t time_ns = 0;                   ///< a span's start
  Value body;                            ///< logs; a Loki line is a kString
  std::span<const KeyValue> attributes;  ///< record scope
  int64_t observed_ns = 0;               ///< logs; 0 when not said
  TraceId trace_id;
  SpanId span_id;
  uint32_t dropped_attributes = 0;
  int32_t severity_number = 0;     ///< logs
  std::string_view severity_text;  ///< logs
  std::string_view event_name;     ///< logs
  const Origin* origin = nullptr;  ///< null for a Loki push
  const SpanPart* span = nullptr;  ///< set exactly when kind is kSpan

  int64_t duration_ns() const { return span != nullptr ? span->end_ns - time_ns : 0; }
};

/// Events of one stream. Log streams: the stream labels. Span streams: service_name and,
/// where given, service_namespace.
struct StreamEvents {
  Labels stream;
  std::vector<Event> events;  ///< in the order in which they were sent
};

/// The request that a batch was decoded from, as it was sent, for a log that would rather keep
/// what the sender compressed than copies of its lines.
struct SentBody {
  std::string compressed;  ///< a Snappy block
  base::HeldText text;     ///< what it gives; bodies of events point into it
};

/// A decoded request, or a page of a query's answer.
///
/// Owns: the arena, and through `keep_alive` the buffer that views point into. Threads: one
/// at a time. Movable, not copyable.
struct EventBatch {
  base::Arena arena;
  std::shared_ptr<const void> keep_alive;
  std::vector<StreamEvents> streams;
  std::optional<SentBody> sent;

  size_t EventCount() const;
};

/// Deep copy of an event into another arena.
Event CopyEvent(const Event& event, base::Arena& arena);
/// True when two spans or records are equal in every field (what makes a duplicate).
bool SameEvent(const Event& a, const Event& b);
/// The record attribute, or null.
const Value* FindAttribute(std::span<const KeyValue> attributes, std::string_view key);

}  // namespace pharos::model
