#include "events/plain_record.h"

#include <cstring>

#include "events/coding.h"
#include "events/limits.h"
#include "events/record_bits.h"

namespace pharos::events {

bool GetPlainRecord(std::string_view record, std::string_view text, PlainRecord* plain) {
  constexpr size_t kHead = 1 + sizeof(int64_t);
  if (record.size() <= kHead || static_cast<uint8_t>(record[kHead]) != kPlacedLine) return false;
  const auto flags = static_cast<uint8_t>(record[0]);
  if ((flags & ~kHasAttributes) != kHasBody) return false;
  std::memcpy(&plain->time_ns, record.data() + 1, sizeof plain->time_ns);
  Reader in(record.substr(kHead + 1));
  const uint64_t place = in.Varint(), length = in.Varint();
  plain->shared = 0;
  if (flags & kHasAttributes) {
    if (in.Byte() != kSharedAttributes) return false;
    plain->shared = in.Varint();
    if (plain->shared == 0) return false;
  }
  if (!in.ok() || !in.AtEnd() || place > text.size() || length > text.size() - place) return false;
  plain->line = text.substr(place, length);
  return true;
}

size_t PutPlainRecord(char* to, const model::Event& e, std::string_view text, const SetRef& set) {
  const bool shares = set.number != 0 && set.open == 0;
  if (!LineLiesIn(e, text) || e.span != nullptr || e.origin != nullptr || HasExtra(e) ||
      !e.trace_id.IsZero() || !e.span_id.IsZero() || !(e.attributes.empty() || shares) ||
      e.body.text.size() > kMaxLineBytes) {
    return 0;
  }
  RawBytes out{to};
  PutByte(out, e.attributes.empty() ? kHasBody : kHasBody | kHasAttributes);
  PutFixed(out, e.time_ns);
  PutByte(out, kPlacedLine);
  PutVarint(out, static_cast<uint64_t>(e.body.text.data() - text.data()));
  PutVarint(out, e.body.text.size());
  if (!e.attributes.empty()) {
    PutByte(out, kSharedAttributes);
    PutVarint(out, set.number);
  }
  return static_cast<size_t>(out.at - to);
}

}  // namespace pharos::events
