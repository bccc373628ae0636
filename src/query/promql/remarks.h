// The texts of Prometheus's annotations.
#pragma once

#include <string>
#include <string_view>

#include "query/exec/annotations.h"
#include "query/promql/token.h"

namespace pharos::query::promql {

/// Puts remarks about one node into the query's annotations.
///
/// Owns: nothing. Threads: one. Errors: none. Cost: a string and a linear look-up a remark.
class Remarks {
 public:
  explicit Remarks(exec::Annotations& sink) : sink_(sink) {}

  void InvalidQuantile(double q, Span at);
  void InvalidRatio(double ratio, double capped, Span at);
  void BadBucketLabel(std::string_view metric, std::string_view label, Span at);
  void MixedFloatsHistograms(std::string_view metric, Span at);
  void MixedFloatsHistogramsAggregation(Span at);
  void MixedClassicNative(std::string_view metric, Span at);
  void NotCounter(std::string_view metric, Span at);
  void StartOverlap(std::string_view metric, Span at);
  void NotGauge(std::string_view metric, Span at);
  void MixedSchemas(std::string_view metric, Span at);
  void IncompatibleLayout(std::string_view op, Span at);
  void SortInRange(Span at);
  void PossibleNonCounter(std::string_view metric, Span at);
  void ForcedMonotonic(std::string_view metric, Span at, int64_t time_ms, double low, double high,
                       double diff);
  void IncompatibleTypes(std::string_view lhs, std::string_view op, std::string_view rhs, Span at);
  void IgnoredInAggregation(std::string_view aggregation, Span at);
  void IgnoredInMixedRange(std::string_view metric, Span at);
  void QuantileNanResult(std::string_view metric, Span at);
  void QuantileNanSkew(std::string_view metric, Span at);
  void FractionNans(std::string_view metric, Span at);
  /// `operation`: "addition", "subtraction", "aggregation".
  void ResetCollision(std::string_view operation, Span at);
  void MismatchedBounds(std::string_view operation, Span at);

 private:
  void Warn(std::string text, Span at) {
    sink_.Add(exec::Annotations::Level::kWarning, "PromQL warning: " + std::move(text), at.start);
  }
  void Info(std::string text, Span at) {
    sink_.Add(exec::Annotations::Level::kInfo, "PromQL info: " + std::move(text), at.start);
  }

  exec::Annotations& sink_;
};

}  // namespace pharos::query::promql
