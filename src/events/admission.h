// Which events are taken, and the sentence for those that are not: Loki's words for log
// lines, our own for spans.
#pragma once

#include <cstdint>
#include <string>

#include "model/event.h"

namespace pharos::events {

/// The window of times that is taken at one moment.
struct Admission {
  int64_t oldest_log_ns = 0;
  int64_t oldest_span_ns = 0;
  int64_t newest_ns = 0;

  /// "" when the event is taken, else why not. Cost: three comparisons for a good event.
  std::string Refusal(const model::Labels& stream, const model::Event& event) const;
};

/// For an event whose values are nested too deeply or that is too large as a whole.
std::string TooComplex(const model::Labels& stream, const model::Event& event);
std::string TooManyStreams(const model::Labels& stream, std::string_view tenant);

}  // namespace pharos::events
