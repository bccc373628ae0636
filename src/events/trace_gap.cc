#include "events/trace_gap.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pharos::events {

void FindTraceGap(std::span<const GranuleRow> rows, GranuleMeta* meta) {
  if (meta->first_stream == meta->last_stream || meta->max_trace == 0) return;
  std::vector<std::pair<int64_t, int64_t>> ranges;  // least and greatest of each stream
  uint32_t stream = 0;
  for (const GranuleRow& row : rows) {
    const int64_t trace = row.ids.trace;
    if (trace == 0) continue;
    if (ranges.empty() || row.stream != stream) ranges.emplace_back(trace, trace);
    stream = row.stream;
    ranges.back().first = std::min(ranges.back().first, trace);
    ranges.back().second = std::max(ranges.back().second, trace);
  }
  std::sort(ranges.begin(), ranges.end());
  int64_t end = meta->min_trace;
  for (const auto& [least, greatest] : ranges) {
    if (least - end - 1 > meta->gap_traces) {
      meta->gap_after = static_cast<uint32_t>(end - meta->min_trace);
      meta->gap_traces = static_cast<uint32_t>(least - end - 1);
    }
    end = std::max(end, greatest);
  }
}

}  // namespace pharos::events
