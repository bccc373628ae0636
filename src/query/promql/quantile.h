// Quantiles: of a list of values, and of cumulative (classic) buckets.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace pharos::query::promql {

/// φ-quantile by linear interpolation; puts `values` in another order (NaN counts as the least).
/// NaN for none or q = NaN, ∓Inf for q outside [0, 1].
double Quantile(double q, std::vector<double>& values);

/// The same of `size` > 0 sorted values, of which `at(i)` gives one.
template <class At>
double QuantileOfSorted(double q, size_t size, const At& at) {
  if (std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(size);
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  const double below = at(static_cast<size_t>(lower));
  const double above = at(static_cast<size_t>(upper));
  return below * (1 - weight) + above * weight;
}

struct Bucket {
  double upper = 0;
  double count = 0;  ///< cumulative
};

/// What had to be repaired before the quantile could be taken.
struct BucketRepair {
  bool forced_monotonic = false;
  double low_bound = 0;  ///< of the repaired buckets
  double high_bound = 0;
  double max_diff = 0;
};

/// Sorts and repairs `buckets` in place, then interpolates as histogram_quantile() does.
double BucketQuantile(double q, std::vector<Bucket>& buckets, BucketRepair* repair);
/// Share of observations in [lower, upper], as histogram_fraction() does.
double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets);
/// Equal within a relative `epsilon`; NaN equals NaN.
bool AlmostEqual(double a, double b, double epsilon);

}  // namespace pharos::query::promql
