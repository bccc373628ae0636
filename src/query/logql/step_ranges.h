// Which steps of a range query see an event of a given time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "query/logql/run_context.h"

namespace pharos::query::logql {

/// The steps whose window holds one time: [first, last).
struct StepRange {
  size_t first = 0;
  size_t last = 0;

  bool empty() const { return first >= last; }
  bool operator==(const StepRange&) const = default;
};

class StepRanges {
 public:
  StepRanges(const RunContext& context, int64_t range_ns, int64_t offset_ns);

  StepRange Of(int64_t time_ns) const;
  /// Behind the last of the sorted times that fall into the same steps as times[at].
  size_t EndOfSame(std::span<const int64_t> times, size_t at, const StepRange& steps) const;

 private:
  const int64_t start_ns_;  ///< of the steps, without the offset
  const int64_t step_ns_;   ///< 0 for an instant query
  const int64_t range_ns_;
  const int64_t steps_;
};

}  // namespace pharos::query::logql
