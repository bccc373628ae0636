// Quantile, fraction, variance and trimming of native histograms: estimates inside buckets.
#include <algorithm>
#include <cmath>
#include <limits>

#include "query/promql/go_math.h"
#include "query/promql/histogram_math.h"
#include "query/promql/kahan.h"
#include "query/promql/sparse_histogram.h"

namespace pharos::query::promql {
namespace {

using model::Histogram;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Share of a bucket's width at or below `v`: linear, or on a logarithmic scale.
double FractionBelow(const BucketView& b, double v, bool linear) {
  if (linear) return (v - b.lower) / (b.upper - b.lower);
  const double lower = GoLog2(std::abs(b.lower));
  const double upper = GoLog2(std::abs(b.upper));
  const double at = GoLog2(std::abs(v));
  return v > 0 ? (at - lower) / (upper - lower) : 1 - ((at - upper) / (lower - upper));
}

bool NoNegative(const Histogram& h) {
  return h.negative_counts.empty() && !h.positive_counts.empty();
}
bool NoPositive(const Histogram& h) {
  return h.positive_counts.empty() && !h.negative_counts.empty();
}

double InBucket(const BucketView& b, double fraction, bool linear) {
  if (linear || (b.lower <= 0 && b.upper >= 0)) return b.lower + (b.upper - b.lower) * fraction;
  const double lower = GoLog2(std::abs(b.lower));
  const double upper = GoLog2(std::abs(b.upper));
  if (b.lower > 0) return GoExp2(lower + (upper - lower) * fraction);
  return -GoExp2(upper + (lower - upper) * (1 - fraction));
}

double ZeroIfInf(double v) { return std::isinf(v) ? 0 : v; }

/// How much of a bucket stays, and where its middle then lies.
struct Trimmed {
  double count = 0;
  double middle = 0;
};

double Middle(double lower, double upper, bool positive, bool linear) {
  if (std::isinf(lower)) return std::isinf(upper) ? 0 : upper > 0 ? upper / 2 : upper;
  if (std::isinf(upper)) return lower;
  if (linear) return (lower + upper) / 2;
  const double mean = std::sqrt(std::abs(lower * upper));
  return positive ? mean : -mean;
}

Trimmed TrimInfinite(const BucketView& b, double bound, bool upper) {
  if (b.lower == -kInf) {
    if (upper) {
      if (bound >= b.upper) return {b.count, 0};
      if (bound > 0 && b.upper > 0 && b.upper != kInf)
        return {b.count * bound / b.upper, bound / 2};
      if (b.upper <= 0) return {b.count, bound};
      return {0, ZeroIfInf(b.upper)};
    }
    if (bound <= b.lower) return {b.count, 0};
    if (bound >= 0 && b.upper > bound && b.upper != kInf)
      return {b.count * (1 - bound / b.upper), (bound + b.upper) / 2};
    return {0, ZeroIfInf(b.upper)};
  }
  if (upper || bound < b.lower) return {0, ZeroIfInf(b.lower)};
  return {b.count, bound};
}

Trimmed TrimBucket(const BucketView& b, double bound, bool upper, bool custom) {
  if (std::isinf(b.lower) || std::isinf(b.upper)) return TrimInfinite(b, bound, upper);
  const double below = bound <= b.lower   ? 0
                       : bound >= b.upper ? b.count
                                          : b.count * FractionBelow(b, bound, custom);
  if (upper) return {below, Middle(b.lower, bound, b.side > 0, custom)};
  return {b.count - below, Middle(bound, b.upper, b.side > 0, custom)};
}

Trimmed TrimZero(BucketView b, double bound, bool upper, bool has_negative, bool has_positive) {
  if (has_negative && !has_positive) b.upper = 0;
  if (has_positive && !has_negative) b.lower = 0;
  const Trimmed all{b.count, (b.lower + b.upper) / 2};
  if (bound <= b.lower) return upper ? Trimmed{} : all;
  if (bound >= b.upper) return upper ? all : Trimmed{};
  const double width = b.upper - b.lower;
  if (upper) return {b.count * ((bound - b.lower) / width), (b.lower + bound) / 2};
  return {b.count * ((b.upper - bound) / width), (bound + b.upper) / 2};
}

/// Where one end of a range falls among the ranks.
struct RankAt {
  double value;
  double rank = 0;
  bool set = false;
};

}  // namespace

double HistogramQuantileOf(double q, const Histogram& h, bool* nan_result, bool* nan_skew) {
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  if (h.count == 0 || std::isnan(q)) return kNan;
  std::vector<BucketView> buckets = AllBuckets(h);
  const bool forward = std::isnan(h.sum) || q < 0.5;
  double rank = (forward ? q : 1 - q) * h.count;
  if (!forward) std::reverse(buckets.begin(), buckets.end());
  BucketView bucket;
  double count = 0;
  size_t next = 0;
  while (next < buckets.size()) {
    bucket = buckets[next++];
    if (bucket.count == 0) continue;
    count += bucket.count;
    if (count >= rank) break;
  }
  const bool custom = UsesCustomBuckets(h);
  if (!custom && bucket.lower < 0 && bucket.upper > 0) {
    if (NoNegative(h))
      bucket.lower = 0;
    else if (NoPositive(h))
      bucket.upper = 0;
  } else if (custom) {
    if (bucket.lower == -kInf) {
      if (bucket.upper <= 0) return bucket.upper;
      bucket.lower = 0;
    } else if (bucket.upper == kInf) {
      return bucket.lower;
    }
  }
  count = std::min(count, h.count);
  if (count < rank) {
    if (!std::isnan(h.sum)) return bucket.upper;
    *nan_result = true;
    return kNan;
  }
  rank = forward ? rank - (count - bucket.count) : count - rank;
  if (std::isnan(h.sum)) {
    while (next < buckets.size()) count += buckets[next++].count;
    *nan_skew = count < h.count;
  }
  return InBucket(bucket, rank / bucket.count, custom);
}

double HistogramFractionOf(double lower, double upper, const Histogram& h, bool* nans) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  const bool custom = UsesCustomBuckets(h);
  double count = 0;
  double rank = 0;
  RankAt low{lower};
  RankAt high{upper};
  for (BucketView b : AllBuckets(h)) {
    count += b.count;
    if (low.set && high.set) continue;
    const bool zero = b.lower <= 0 && b.upper >= 0;
    if (zero) {
      if (NoNegative(h))
        b.lower = 0;
      else if (NoPositive(h))
        b.upper = 0;
    }
    for (RankAt* end : {&low, &high}) {
      if (end->set) continue;
      if (b.lower >= end->value) {
        end->rank = rank;
        end->set = true;
      } else if (b.upper > end->value) {
        const bool linear = custom || zero;
        end->rank = linear && b.lower == -kInf
                        ? b.count
                        : rank + b.count * FractionBelow(b, end->value, linear);
        end->set = true;
      }
    }
    rank += b.count;
  }
  if (std::isnan(h.sum))
    *nans = count < h.count;
  else
    count = h.count;
  for (RankAt* end : {&low, &high}) {
    if (!end->set || end->rank > count) end->rank = count;
  }
  return (high.rank - low.rank) / h.count;
}

double HistogramVariance(const Histogram& h) {
  const double mean = h.sum / h.count;
  double variance = 0;
  double lost = 0;
  for (const BucketView& b : AllBuckets(h)) {
    if (b.count == 0) continue;
    double value = 0;
    if (UsesCustomBuckets(h))
      value = (b.upper + b.lower) / 2.0;
    else if (!(b.lower <= 0 && b.upper >= 0))
      value = std::sqrt(b.upper * b.lower) * (b.upper < 0 ? -1 : 1);
    const double delta = value - mean;
    KahanInc(b.count * delta * delta, variance, lost);
  }
  return (variance + lost) / h.count;
}

void TrimHistogram(Histogram& h, double bound, bool upper) {
  const bool custom = UsesCustomBuckets(h);
  double count = 0;
  double sum = 0;
  bool changed = false;
  bool has_positive = false;
  bool has_negative = false;
  std::vector<std::pair<int32_t, double>> positive;
  std::vector<std::pair<int32_t, double>> negative;
  const std::vector<BucketView> buckets = RawBuckets(h);
  for (const BucketView& b : buckets) {
    if (b.side == 0 || b.count == 0) continue;
    (b.side > 0 ? has_positive : has_negative) = true;
    Trimmed kept;
    const bool whole = upper ? b.upper <= bound : b.lower >= bound;
    const bool part = upper ? b.lower < bound : b.upper > bound;
    if (whole)
      kept = {b.count, Middle(b.lower, b.upper, b.side > 0, custom)};
    else if (part)
      kept = TrimBucket(b, bound, upper, custom);
    changed = changed || kept.count != b.count;
    count += kept.count;
    sum += kept.middle * kept.count;
    (b.side > 0 ? positive : negative).emplace_back(b.index, kept.count);
  }
  if (!custom && h.zero_count > 0) {
    const Trimmed kept = TrimZero({-h.zero_threshold, h.zero_threshold, h.zero_count, 0, 0}, bound,
                                  upper, has_negative, has_positive);
    changed = changed || kept.count != h.zero_count;
    h.zero_count = kept.count;
    count += kept.count;
    sum += kept.middle * kept.count;
  }
  if (!changed) return;
  std::sort(negative.begin(), negative.end());
  Pack(positive, &h.positive_spans, &h.positive_counts);
  Pack(negative, &h.negative_spans, &h.negative_counts);
  h.count = count;
  h.sum = sum;
  CompactHistogram(h);
}

}  // namespace pharos::query::promql
