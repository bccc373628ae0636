// Compensated summation as Prometheus does it (Neumaier), so that sums agree bit by bit.
#pragma once

#include <cmath>

namespace pharos::query::promql {

/// Adds `inc` to `sum`; what the addition lost is gathered in `c`.
inline void KahanInc(double inc, double& sum, double& c) {
  const double total = sum + inc;
  if (std::isinf(total)) {
    c = 0;
  } else if (std::abs(sum) >= std::abs(inc)) {
    c += (sum - total) + inc;
  } else {
    c += (inc - total) + sum;
  }
  sum = total;
}

}  // namespace pharos::query::promql
