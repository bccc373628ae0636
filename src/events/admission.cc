#include "events/admission.h"

#include "events/dates.h"
#include "events/limits.h"

namespace pharos::events {
namespace {

std::string NameOf(const model::Labels& stream, const model::Event& event) {
  if (event.span == nullptr) return "entry for stream '" + model::ToString(stream) + "'";
  return "span '" + std::string(event.span->name.substr(0, 200)) + "' of '" +
         std::string(stream.Get("service_name")) + "'";
}

std::string OutOfBounds(const model::Labels& stream, const model::Event& event, int64_t oldest,
                        bool too_new) {
  std::string out = NameOf(stream, event) + " has timestamp too " + (too_new ? "new: " : "old: ") +
                    Rfc3339(event.time_ns);
  if (!too_new) out += ", oldest acceptable timestamp is: " + Rfc3339(oldest);
  return out;
}

}  // namespace

std::string Admission::Refusal(const model::Labels& stream, const model::Event& event) const {
  const int64_t oldest = event.span != nullptr ? oldest_span_ns : oldest_log_ns;
  if (event.time_ns > newest_ns) return OutOfBounds(stream, event, oldest, true);
  if (event.time_ns < oldest) return OutOfBounds(stream, event, oldest, false);
  return "Max entry size '" + std::to_string(kMaxLineBytes) + "' bytes exceeded for stream '" +
         model::ToString(stream) + "' while adding an entry with length '" +
         std::to_string(event.body.text.size()) + "' bytes";
}

std::string TooComplex(const model::Labels& stream, const model::Event& event) {
  return NameOf(stream, event) + " is larger than " + std::to_string(kMaxRecordBytes) +
         " bytes, has more than " + std::to_string(kMaxAttributes) +
         " attributes or values nested deeper than " + std::to_string(kMaxDepth) + " levels";
}

std::string TooManyStreams(const model::Labels& stream, std::string_view tenant) {
  return "Maximum active stream limit exceeded when trying to create stream " +
         model::ToString(stream) +
         ", reduce the number of active streams (reduce labels or reduce label values), or give "
         "Pharos more memory, user: '" +
         std::string(tenant) + "'";
}

}  // namespace pharos::events
