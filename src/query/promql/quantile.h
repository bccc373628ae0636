// Quantiles: of a list of values, and of cumulative (classic) buckets.
#pragma once

#include <vector>

namespace pharos::query::promql {

/// φ-quantile by linear interpolation; puts `values` in another order (NaN counts as the least).
/// NaN for none or q = NaN, ∓Inf for q outside [0, 1].
double Quantile(double q, std::vector<double>& values);

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
