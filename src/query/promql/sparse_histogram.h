// A native histogram as index → count, with what rounding lost beside each count: the form
// in which histograms are added. Not part of the interface (see histogram_math.h).
#pragma once

#include <vector>

#include "query/promql/histogram_math.h"

namespace pharos::query::promql {

/// As AllBuckets, but each with the bounds of its index.
std::vector<BucketView> RawBuckets(const model::Histogram& h);
/// Upper bound of bucket `index` of an exponential schema.
double ExponentialBound(int32_t index, int32_t schema);
/// The bucket's index at a coarser schema.
int32_t CoarserIndex(int32_t index, int32_t from, int32_t to);
/// Index → count pairs of spans and counts, rising.
std::vector<std::pair<int32_t, double>> Unpack(const std::vector<model::BucketSpan>& spans,
                                               const std::vector<double>& counts);
void Pack(const std::vector<std::pair<int32_t, double>>& buckets,
          std::vector<model::BucketSpan>* spans, std::vector<double>* counts);
/// Bounds that both lists have; both must rise.
std::vector<double> CommonBounds(const std::vector<double>& a, const std::vector<double>& b);
/// The bucket of `target` bounds that holds bucket `index` of `bounds`.
int32_t TargetIndex(int32_t index, const std::vector<double>& bounds,
                    const std::vector<double>& target);
/// Count of the zero bucket if it reached to `*threshold`, which grows to a bucket's edge
/// when it lies inside a populated bucket.
double ZeroCountUpTo(const model::Histogram& h, double* threshold);

}  // namespace pharos::query::promql
