// One event as bytes and back, every field as it was sent. The same bytes stand in the
// WAL and in the memtable. Format: docs/format/events.md.
#pragma once

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

bool PutOrigin(std::string& out, const model::Origin& origin);
const model::Origin* GetOrigin(Reader& in, base::Arena& arena);

/// A span's events and links as one text each (also a column of parts). Times are relative
/// to `time_ns`, the span's start.
bool PutSpanEvents(std::string& out, std::span<const model::SpanEvent> events, int64_t time_ns);
bool PutSpanLinks(std::string& out, std::span<const model::SpanLink> links);
std::span<const model::SpanEvent> GetSpanEvents(Reader& in, base::Arena& arena, int64_t time_ns);
std::span<const model::SpanLink> GetSpanLinks(Reader& in, base::Arena& arena);

/// Whether the body is a line that lies in `text`.
bool LineLiesIn(const model::Event& event, std::string_view text);

/// Appends the record. `origin` is 1 + its number in the batch, 0 for none. A line that lies in
/// `text` is written as its place there. False as PutValue.
bool PutRecord(std::string& out, const model::Event& event, uint64_t origin,
               std::string_view text = {});

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
/// Behind the head: the line in `text` that the record gives by its place, nothing for any other
/// body. False where it is not in `text`.
bool GetPlacedLine(const RecordHead& head, Reader& in, std::string_view text,
                   std::optional<std::string_view>* line);
/// A record, and the line that it gives by its place (GetPlacedLine), if it does.
struct RecordView {
  std::string_view bytes;
  std::string_view line;
};

/// The body as a line without decoding the rest: "" when there is none, nothing when it is no
/// string. False for bytes that are no record.
bool PeekRecordLine(const RecordView& record, std::optional<std::string_view>* line);

/// The whole record. `origin` is what the caller found for its origin number.
/// False for bytes that are no record.
bool GetRecord(const RecordView& record, const model::Origin* origin, base::Arena& arena,
               model::Event* event);

}  // namespace pharos::events
