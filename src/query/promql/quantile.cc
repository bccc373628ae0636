#include "query/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/sample.h"

namespace pharos::query::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallDelta = 1e-12;  // below it, falling counts are rounding

/// Sorted, equal bounds added up; false when the +Inf bucket is missing.
bool Normalise(std::vector<Bucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.upper < b.upper; });
  if (buckets.empty() || buckets.back().upper != kInf) return false;
  size_t last = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper == buckets[last].upper) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return true;
}

void MakeMonotonic(std::vector<Bucket>& buckets, BucketRepair* repair) {
  repair->low_bound = kInf;
  repair->high_bound = -kInf;
  double previous = buckets[0].count;
  for (size_t i = 1; i < buckets.size(); ++i) {
    const double current = buckets[i].count;
    if (current == previous) continue;
    if (AlmostEqual(previous, current, kSmallDelta)) {
      buckets[i].count = previous;
    } else if (current < previous) {
      buckets[i].count = previous;
      repair->forced_monotonic = true;
      repair->low_bound = std::min(repair->low_bound, buckets[i].upper);
      repair->high_bound = std::max(repair->high_bound, buckets[i].upper);
      repair->max_diff = std::max(repair->max_diff, previous - current);
    } else {
      previous = current;
    }
  }
}

}  // namespace

bool AlmostEqual(double a, double b, double epsilon) {
  if (model::IsStaleNan(a) || model::IsStaleNan(b))
    return model::IsStaleNan(a) && model::IsStaleNan(b);
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double diff = std::abs(a - b);
  if (a == 0 || b == 0 || sum < std::numeric_limits<double>::min()) {
    return diff < epsilon * std::numeric_limits<double>::min();
  }
  return diff / std::min(sum, std::numeric_limits<double>::max()) < epsilon;
}

double Quantile(double q, std::vector<double>& values) {
  if (values.empty()) return kNan;
  const auto less = [](double a, double b) {
    if (std::isnan(a)) return !std::isnan(b);
    return a < b;
  };
  // Asked for one value, then for it or the one behind it: no need to sort all.
  size_t known = values.size();
  return QuantileOfSorted(q, values.size(), [&](size_t i) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(i);
    if (known == values.size()) {
      std::nth_element(values.begin(), at, values.end(), less);
      known = i;
    }
    return i == known ? *at : *std::min_element(at, values.end(), less);
  });
}

double BucketQuantile(double q, std::vector<Bucket>& buckets, BucketRepair* repair) {
  if (std::isnan(q)) return kNan;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  if (!Normalise(buckets)) return kNan;
  MakeMonotonic(buckets, repair);
  if (buckets.size() < 2) return kNan;
  const double observations = buckets.back().count;
  if (observations == 0) return kNan;
  double rank = q * observations;
  const size_t last = buckets.size() - 1;
  size_t low = 0;  // first bucket before the last with count ≥ rank
  for (size_t high = last; low < high;) {
    const size_t middle = low + (high - low) / 2;
    if (buckets[middle].count >= rank)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == last) return buckets[last - 1].upper;
  if (low == 0 && buckets[0].upper <= 0) return buckets[0].upper;
  double start = 0;
  const double end = buckets[low].upper;
  double count = buckets[low].count;
  if (low > 0) {
    start = buckets[low - 1].upper;
    count -= buckets[low - 1].count;
    rank -= buckets[low - 1].count;
  }
  return start + (end - start) * (rank / count);
}

double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (!Normalise(buckets)) return kNan;
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  double rank = 0;
  double lower_bound = buckets[0].upper <= 0 ? -kInf : 0;
  bool lower_set = false;
  bool upper_set = false;
  double lower_rank = 0;
  double upper_rank = 0;
  const auto place = [&](double v, double bound_above, double bucket_count, bool* set,
                         double* out) {
    if (*set) return;
    if (lower_bound >= v) {
      *out = rank;
      *set = true;
    } else if (bound_above > v) {
      *out = lower_bound == -kInf
                 ? bucket_count
                 : rank + (bucket_count - rank) * (v - lower_bound) / (bound_above - lower_bound);
      *set = true;
    }
  };
  for (size_t i = 0; i < buckets.size() && !(lower_set && upper_set); ++i) {
    if (i > 0) lower_bound = buckets[i - 1].upper;
    place(lower, buckets[i].upper, buckets[i].count, &lower_set, &lower_rank);
    place(upper, buckets[i].upper, buckets[i].count, &upper_set, &upper_rank);
    rank = buckets[i].count;
  }
  if (!lower_set || lower_rank > count) lower_rank = count;
  if (!upper_set || upper_rank > count) upper_rank = count;
  return (upper_rank - lower_rank) / count;
}

}  // namespace pharos::query::promql
