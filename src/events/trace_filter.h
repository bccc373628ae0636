// Which trace ids a part may have, told by ten bits an id: a part that has not the one that is
// asked for is left out without a look at its index. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "events/trace_table.h"

namespace pharos::events {

/// The filter's page for all traces of a part.
std::string MakeTraceFilter(std::span<const TraceIndexEntry> entries);

/// Owns: its page. Threads: any. Cost: one line of memory a question; of a hundred parts that have
/// not the trace one says that it may.
class TraceFilter {
 public:
  TraceFilter() = default;  ///< of a part that says nothing: all may be there
  static base::Result<TraceFilter> Decode(std::string page);

  bool MayHave(uint32_t fingerprint) const;

 private:
  explicit TraceFilter(std::string page) : page_(std::move(page)) {}

  std::string page_;
};

}  // namespace pharos::events
