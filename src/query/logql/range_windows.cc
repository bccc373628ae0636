#include "query/logql/range_windows.h"

#include <algorithm>
#include <span>
#include <string>

namespace pharos::query::logql {

using base::ErrorKind;
using base::Fail;
using base::Result;

void SortByTime(std::vector<RangeSample>* samples) {
  const auto sooner = [](const RangeSample& a, const RangeSample& b) {
    return a.time_ns < b.time_ns;
  };
  std::vector<RangeSample>& in = *samples;
  std::vector<size_t> borders{0};  // of sorted runs
  for (size_t i = 1; i < in.size(); ++i) {
    if (sooner(in[i], in[i - 1])) borders.push_back(i);
  }
  borders.push_back(in.size());
  std::vector<RangeSample> out;
  while (borders.size() > 2) {  // merges neighbours
    out.resize(in.size());
    std::vector<size_t> longer{0};
    for (size_t i = 0; i + 1 < borders.size(); i += 2) {
      const auto at = [&](size_t border) {
        return in.begin() + static_cast<ptrdiff_t>(borders[std::min(border, borders.size() - 1)]);
      };
      std::merge(at(i), at(i + 1), at(i + 1), at(i + 2),
                 out.begin() + static_cast<ptrdiff_t>(borders[i]), sooner);
      longer.push_back(borders[std::min(i + 2, borders.size() - 1)]);
    }
    borders = std::move(longer);
    in.swap(out);
  }
}

Result<void> WindowValues(const RangeAggregation& call, std::vector<RangeSample>* samples,
                          RunContext& context, StepSeries* series) {
  const RangeFunction function = FindRangeFunction(call.function);
  if (function == nullptr) {
    return Fail(ErrorKind::kUnsupported, "unknown function " + call.function);
  }
  SortByTime(samples);
  const std::span<const RangeSample> all(*samples);
  size_t from = 0;
  size_t to = 0;
  for (size_t i = 0; i < series->values.size(); ++i) {
    PHAROS_TRY_VOID(context.Tick());
    const int64_t end = context.StepTime(i) - call.offset_ns;
    while (to < all.size() && all[to].time_ns <= end) ++to;
    while (from < to && all[from].time_ns <= end - call.range_ns) ++from;
    if (from == to) continue;
    const Window window{all.subspan(from, to - from), end, call.range_ns,
                        call.parameter.value_or(0)};
    series->present[i] = 1;
    series->values[i] = function(window);
  }
  return {};
}

}  // namespace pharos::query::logql
