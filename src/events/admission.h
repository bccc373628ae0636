// Which events are taken, and the sentence for those that are not: Loki's words for log
// lines, our own for spans.
#pragma once

#include <cstdint>
#include <string>

#include "events/limits.h"
#include "model/event.h"

namespace pharos::events {

/// The window of times that is taken at one moment.
struct Admission {
  int64_t oldest_log_ns = 0;
  int64_t oldest_span_ns = 0;
  int64_t newest_ns = 0;

  bool Takes(const model::Event& event) const {
    return event.time_ns <= newest_ns &&
           event.time_ns >= (event.span != nullptr ? oldest_span_ns : oldest_log_ns) &&
           event.body.text.size() <= kMaxLineBytes;
  }
  /// Why an event is not taken.
  std::string Refusal(const model::Labels& stream, const model::Event& event) const;
};

/// For an event whose values are nested too deeply or that is too large as a whole.
std::string TooComplex(const model::Labels& stream, const model::Event& event);
std::string TooManyStreams(const model::Labels& stream, std::string_view tenant);

}  // namespace pharos::events
