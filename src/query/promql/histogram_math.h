// Arithmetic of native histograms: what operators and functions of PromQL need.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "model/sample.h"

namespace pharos::query::promql {

struct CombineNotes {
  bool reset_collision = false;    ///< one side says reset, the other says none
  bool bounds_reconciled = false;  ///< custom bounds differed; the common ones are left
};

/// One bucket with its bounds, as iterated from the lowest to the highest.
struct BucketView {
  double lower = 0;
  double upper = 0;
  double count = 0;
  int32_t index = 0;
  int side = 0;  ///< -1 negative, 0 zero bucket, 1 positive

  /// The lowest custom bucket has all that is below its bound, minus infinity too.
  bool lower_inclusive() const {
    return side <= 0 || lower == -std::numeric_limits<double>::infinity();
  }
  bool upper_inclusive() const { return side >= 0; }
};

inline bool UsesCustomBuckets(const model::Histogram& h) {
  return h.schema == model::Histogram::kCustomBuckets;
}

/// `sum` += or -= `other`; false when exponential meets custom buckets (nothing changed).
bool AddHistogram(model::Histogram& sum, const model::Histogram& other, CombineNotes* notes);
bool SubtractHistogram(model::Histogram& sum, const model::Histogram& other, CombineNotes* notes);

/// Compensated sum: `lost` gathers what rounding lost (empty at first).
class HistogramSum {
 public:
  explicit HistogramSum(const model::Histogram& first) : sum_(first) {}
  bool Add(const model::Histogram& other, CombineNotes* notes);
  void Multiply(double factor);
  void Divide(double divisor);
  /// Sum and compensation together.
  model::Histogram Finish() const;
  const model::Histogram& sum() const { return sum_; }
  bool Overflown() const;

 private:
  model::Histogram sum_;
  model::Histogram lost_;
  bool has_lost_ = false;
};

/// Negative factors make it a gauge.
void MultiplyHistogram(model::Histogram& h, double factor);
void DivideHistogram(model::Histogram& h, double divisor);
/// Removes empty buckets and joins spans.
void CompactHistogram(model::Histogram& h);
/// To a coarser resolution (`schema` ≤ h.schema, exponential).
void ReduceHistogram(model::Histogram& h, int32_t schema);
/// Whether a counter was reset between `previous` and `current`.
bool DetectReset(const model::Histogram& current, const model::Histogram& previous);
/// Equal in all but the reset hint, empty buckets disregarded not.
bool SameHistogram(const model::Histogram& a, const model::Histogram& b);
/// Removes observations above (`upper`) or below `bound`.
void TrimHistogram(model::Histogram& h, double bound, bool upper);

/// Zero bucket included when it holds something; buckets of count 0 kept. Where the zero bucket
/// reaches into another, that one ends at its threshold.
std::vector<BucketView> AllBuckets(const model::Histogram& h);
/// `{count:5, sum:12, [1,2):3, …}` as Prometheus prints it.
std::string HistogramText(const model::Histogram& h);

double HistogramQuantileOf(double q, const model::Histogram& h, bool* nan_result, bool* nan_skew);
double HistogramFractionOf(double lower, double upper, const model::Histogram& h, bool* nans);
double HistogramVariance(const model::Histogram& h);

/// What counts against the sample limit: a float is 1.
int64_t HistogramSize(const model::Histogram& h);

}  // namespace pharos::query::promql
