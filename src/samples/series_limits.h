// What a new series must keep to: how many there may be, how many a metric and a label, how long
// labels are, and how much memory is left. Asked once a new series, never for a known one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/result.h"

namespace pharos::samples {

class LabelIndex;

/// Of one tenant; 0: no limit.
struct SeriesLimits {
  size_t series = 0;
  size_t series_a_metric = 0;
  size_t values_a_label = 0;
  size_t labels_a_series = 0;
  size_t label_name_bytes = 0;
  size_t label_value_bytes = 0;
};

/// Who writes. While memory is short or the series limit is reached, kReserved goes on until a
/// tenth more is taken: writes of rules, and metrics that rules and SLOs read.
/// kForced: replay of what was taken once.
enum class Priority : uint8_t { kNormal, kReserved, kForced };

/// kLimit with a sentence that names the limit and the metric; counts refusals by reason.
/// `labels`: canonical bytes of a set that is not in `index`, which has `series` series. Does not
/// take from the budget.
base::Result<void> CheckNewSeries(const SeriesLimits& limits, const LabelIndex& index,
                                  size_t series, std::string_view labels, Priority priority,
                                  const base::MemoryBudget& budget, size_t cost);

/// Whether samples of known series may be taken: only far beyond the budget they may not. The
/// order of refusal is new series at nine tenths of the budget, reserved ones at all of it, then
/// samples at 11 tenths, reserved ones at 12. kBusy, to be tried again.
base::Result<void> CheckSamples(Priority priority, const base::MemoryBudget& budget);

/// Counts samples that were refused, by reason; for /metrics.
void CountRefusedSamples(std::string_view reason, uint64_t samples);

}  // namespace pharos::samples
