// Slides the window of a range aggregation over samples.
#pragma once

#include <vector>

#include "base/result.h"
#include "query/logql/ast.h"
#include "query/logql/range_functions.h"
#include "query/logql/run_context.h"

namespace pharos::query::logql {

/// Sorts by time, equal times as they came. Cheap for samples that are a few sorted runs.
void SortByTime(std::vector<RangeSample>* samples);

/// The function's value at each step whose window holds a sample. Sorts the samples.
base::Result<void> WindowValues(const RangeAggregation& call, std::vector<RangeSample>* samples,
                                RunContext& context, StepSeries* series);

}  // namespace pharos::query::logql
