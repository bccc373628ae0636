// One event as bytes and back, every field as it was sent. The same bytes stand in the
// WAL and in the memtable. Format: docs/format/events.md.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "events/coding.h"
#include "model/event.h"

namespace pharos::events {

/// False when the value is nested deeper than kMaxDepth or a map is wider than kMaxAttributes;
/// what was written then is to be cut off by the caller.
bool PutValue(std::string& out, const model::Value& value, int depth = 0);
bool PutAttributes(std::string& out, std::span<const model::KeyValue> attributes, int depth = 0);
/// A zero value and a failed reader for bytes that are none. Views point into the bytes, arrays
/// and maps into the arena.
model::Value GetValue(Reader& in, base::Arena& arena, int depth = 0);
std::span<const model::KeyValue> GetAttributes(Reader& in, base::Arena& arena, int depth = 0);

/// Attributes that several records of a batch have. Where a bit of `open` is set, the set has only
/// key and type, and each record its own value; such values have nothing nested.
struct AttributeSet {
  std::span<const model::KeyValue> attributes;
  uint64_t open = 0;  ///< the first 64 places
};
/// Calls `each` with the number of each open place.
template <class F>
void EachOpen(uint64_t open, F each) {
  for (; open != 0; open &= open - 1) each(static_cast<size_t>(std::countr_zero(open)));
}
bool PutAttributeSet(std::string& out, const AttributeSet& set);
AttributeSet GetAttributeSet(Reader& in, base::Arena& arena);

/// How a record names the set that its attributes are.
struct SetRef {
  uint64_t number = 0;  ///< 1 + that among the batch's sets; 0: they stand in the record
  uint64_t open = 0;
};

bool PutOrigin(std::string& out, const model::Origin& origin);
const model::Origin* GetOrigin(Reader& in, base::Arena& arena);

/// A span's events and links as one text each (also a column of parts). Times are relative
/// to `time_ns`, the span's start.
bool PutSpanEvents(std::string& out, std::span<const model::SpanEvent> events, int64_t time_ns);
bool PutSpanLinks(std::string& out, std::span<const model::SpanLink> links);
std::span<const model::SpanEvent> GetSpanEvents(Reader& in, base::Arena& arena, int64_t time_ns);
std::span<const model::SpanLink> GetSpanLinks(Reader& in, base::Arena& arena);

/// Appends the record. `origin` is 1 + its number in the batch, 0 for none. A line that lies in
/// `text` is written as its place there. `set` is not used where the body is neither null nor a
/// string. False as PutValue.
bool PutRecord(std::string& out, const model::Event& event, uint64_t origin,
               std::string_view text = {}, SetRef set = {});

/// What stands at the front of every record and can be read without the rest.
struct RecordHead {
  model::EventKind kind{};
  uint8_t flags = 0;
  int64_t time_ns = 0;
  model::TraceId trace_id;
  model::SpanId span_id;
  model::SpanId parent_id;
  uint64_t origin = 0;
};
RecordHead GetRecordHead(Reader& in);
/// What a record gives by its place elsewhere.
struct RecordPlaces {
  std::optional<std::string_view> line;
  uint64_t shared = 0;  ///< 1 + number of its attributes among the batch's sets
};
/// Behind the head. False where the line is not in `text`.
bool GetRecordPlaces(const RecordHead& head, Reader& in, std::string_view text,
                     RecordPlaces* places);
/// A record, and what it gives by its place.
struct RecordView {
  std::string_view bytes;
  std::string_view line;
  AttributeSet shared;
};

/// The body as a line without decoding the rest: "" when there is none, nothing when it is no
/// string. False for bytes that are no record.
bool PeekRecordLine(const RecordView& record, std::optional<std::string_view>* line);

/// The whole record. `origin` is what the caller found for its origin number.
/// False for bytes that are no record.
bool GetRecord(const RecordView& record, const model::Origin* origin, base::Arena& arena,
               model::Event* event);

}  // namespace pharos::events
