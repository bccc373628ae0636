// The records that nearly all logs are made of: a time, a line that lies in the text it was sent
// in, and attributes that it shares with others. They are written and read in one go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "events/record_codec.h"
#include "model/event.h"

namespace pharos::events {

/// A log record of nothing but its time, a line that stands elsewhere and shared attributes.
struct PlainRecord {
  int64_t time_ns = 0;
  std::string_view line;
  uint64_t shared = 0;  ///< 1 + number of its attributes among the batch's sets, 0 for none
};
/// False for any other, or where the line is not in `text`.
bool GetPlainRecord(std::string_view record, std::string_view text, PlainRecord* plain);

/// Whether the event has what is said of few.
inline bool HasExtra(const model::Event& e) {
  return e.observed_ns != 0 || e.flags != 0 || e.dropped_attributes != 0 ||
         e.severity_number != 0 || !e.severity_text.empty() || !e.event_name.empty();
}

/// Whether the body is a line that lies in `text`.
inline bool LineLiesIn(const model::Event& e, std::string_view text) {
  if (text.empty() || e.body.type != model::Value::Type::kString) return false;
  const auto begin = reinterpret_cast<uintptr_t>(text.data());
  const auto at = reinterpret_cast<uintptr_t>(e.body.text.data());
  return at >= begin && at - begin <= text.size() &&
         e.body.text.size() <= text.size() - (at - begin);
}

/// Bytes of a plain record, at most.
inline constexpr size_t kPlainRecordBytes = 64;

/// Writes at most kPlainRecordBytes, the same as PutRecord would: the record of a plain event,
/// whose line lies in `text` and whose attributes, if any, are the set. 0 for any other event.
size_t PutPlainRecord(char* to, const model::Event& event, std::string_view text,
                      const SetRef& set);

}  // namespace pharos::events
