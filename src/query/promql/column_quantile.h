// quantile() over the rows of a group, several steps at a time.
#pragma once

#include <span>

namespace pharos::query::promql {

/// `rows`: as many values as `out` has each, one row behind the other; absent ones do not count.
/// out[i] is the quantile params[i] of step i, absent where no row has a value. `plain`: step by
/// step (for tests). Cost: where all are there and are common numbers, sorting networks, without
/// branches; else a selection a step.
void QuantilesOfRows(std::span<const double> rows, std::span<const double> params, bool plain,
                     std::span<double> out);

}  // namespace pharos::query::promql
