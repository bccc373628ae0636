#include "events/flat_record.h"

#include "events/limits.h"

namespace pharos::events {
namespace {

using model::KeyValue;
using model::Value;

/// All fields of a fixed size, and varints at their longest: of a record, a span, or one of its
/// events or links.
constexpr size_t kFields = 192;
constexpr size_t kPair = 24;  // of an attribute

/// False, with `bytes` as it may be, where something is nested or there are too many.
bool AddFlat(std::span<const KeyValue> attributes, size_t* bytes) {
  if (attributes.size() > kMaxAttributes) return false;
  for (const KeyValue& kv : attributes) {
    if (kv.value.type >= Value::Type::kArray) return false;
    *bytes += kPair + kv.key.size() + kv.value.text.size();
  }
  return true;
}

bool AddFlat(const model::SpanPart& span, size_t* bytes) {
  *bytes += kFields + span.name.size() + span.status_message.size() + span.trace_state.size();
  for (const model::SpanEvent& event : span.events) {
    *bytes += kFields + event.name.size();
    if (!AddFlat(event.attributes, bytes)) return false;
  }
  for (const model::SpanLink& link : span.links) {
    *bytes += kFields + link.trace_state.size();
    if (!AddFlat(link.attributes, bytes)) return false;
  }
  return true;
}

}  // namespace

size_t FlatRecordBytes(const model::Event& e, bool placed, const SetRef& set) {
  if (e.body.type >= Value::Type::kArray || e.attributes.size() > kMaxAttributes) return 0;
  size_t bytes = kFields + e.severity_text.size() + e.event_name.size();
  if (!placed) bytes += e.body.text.size();
  if (set.number != 0) {
    EachOpen(set.open, [&](size_t i) { bytes += kPair + e.attributes[i].value.text.size(); });
  } else if (!AddFlat(e.attributes, &bytes)) {
    return 0;
  }
  if (e.span != nullptr && !AddFlat(*e.span, &bytes)) return 0;
  return bytes <= kMaxRecordBytes ? bytes : 0;  // no memory for what is likely refused
}

}  // namespace pharos::events
