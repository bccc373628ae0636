#include "query/logql/step_ranges.h"

#include <algorithm>

namespace pharos::query::logql {

StepRanges::StepRanges(const RunContext& context, int64_t range_ns, int64_t offset_ns)
    : start_ns_(context.params.start_ns - offset_ns),
      step_ns_(context.params.instant ? 0 : context.params.step_ns),
      range_ns_(range_ns),
      steps_(static_cast<int64_t>(context.Steps())) {}

StepRange StepRanges::Of(int64_t time_ns) const {
  // Step k holds the times (t_k − range, t_k], t_k with the offset taken off.
  const int64_t shifted = time_ns - start_ns_;
  if (step_ns_ == 0) {
    return shifted <= 0 && shifted > -range_ns_ ? StepRange{0, 1} : StepRange{};
  }
  const int64_t first = shifted <= 0 ? 0 : (shifted + step_ns_ - 1) / step_ns_;
  const int64_t behind = shifted + range_ns_;  // exclusive
  const int64_t last = behind <= 0 ? 0 : (behind + step_ns_ - 1) / step_ns_;
  return {static_cast<size_t>(std::min(first, steps_)),
          static_cast<size_t>(std::min(last, steps_))};
}

size_t StepRanges::EndOfSame(std::span<const int64_t> times, size_t at,
                             const StepRange& steps) const {
  const auto same = [&](int64_t time) { return Of(time) == steps; };
  size_t width = 1;
  while (at + width < times.size() && same(times[at + width])) width *= 2;
  size_t low = at + width / 2, high = std::min(at + width, times.size());
  while (low + 1 < high) {  // times[low] is the same, times[high] is not
    const size_t middle = (low + high) / 2;
    (same(times[middle]) ? low : high) = middle;
  }
  return high;
}

}  // namespace pharos::query::logql
