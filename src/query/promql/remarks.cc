#include "query/promql/remarks.h"

#include "query/promql/go_quote.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

std::string WithMetric(std::string text, std::string_view metric) {
  if (!metric.empty()) text += " for metric name " + GoQuote(metric);
  return text;
}

std::string G(double value) { return text::GoFloat(value, 'g'); }

}  // namespace

void Remarks::InvalidQuantile(double q, Span at) {
  Warn("quantile value should be between 0 and 1, got " + G(q), at);
}
void Remarks::InvalidRatio(double ratio, double capped, Span at) {
  Warn("ratio value should be between -1 and 1, got " + G(ratio) + ", capping to " + G(capped), at);
}
void Remarks::BadBucketLabel(std::string_view metric, std::string_view label, Span at) {
  Warn(WithMetric("bucket label \"le\" is missing or has a malformed value of " + GoQuote(label),
                  metric),
       at);
}
void Remarks::MixedFloatsHistograms(std::string_view metric, Span at) {
  Warn("encountered a mix of histograms and floats for metric name " + GoQuote(metric), at);
}
void Remarks::MixedFloatsHistogramsAggregation(Span at) {
  Warn("encountered a mix of histograms and floats for aggregation", at);
}
void Remarks::MixedClassicNative(std::string_view metric, Span at) {
  Warn(WithMetric("vector contains a mix of classic and native histograms", metric), at);
}
void Remarks::NotCounter(std::string_view metric, Span at) {
  Warn("this native histogram metric is not a counter: " + GoQuote(metric), at);
}
void Remarks::StartOverlap(std::string_view metric, Span at) {
  Warn("sample has start time that overlaps with previous sample timestamp for metric " +
           GoQuote(metric),
       at);
}
void Remarks::NotGauge(std::string_view metric, Span at) {
  Warn("this native histogram metric is not a gauge: " + GoQuote(metric), at);
}
void Remarks::MixedSchemas(std::string_view metric, Span at) {
  Warn(
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric "
      "name " +
          GoQuote(metric),
      at);
}
void Remarks::IncompatibleLayout(std::string_view op, Span at) {
  Warn("incompatible bucket layout encountered for binary operator " + std::string(op), at);
}
void Remarks::SortInRange(Span at) {
  Warn("sort is ineffective for range queries since results are always ordered by labels", at);
}
void Remarks::PossibleNonCounter(std::string_view metric, Span at) {
  Info("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
           GoQuote(metric),
       at);
}
void Remarks::ForcedMonotonic(std::string_view metric, Span at, int64_t time_ms, double low,
                              double high, double diff) {
  exec::Annotations::Item item;
  item.level = exec::Annotations::Level::kInfo;
  item.text = WithMetric(
      "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
      "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
      metric);
  item.position = at.start;
  item.counted = true;
  item.first_ms = item.last_ms = time_ms;
  item.low = low;
  item.high = high;
  item.max_diff = diff;
  item.count = 1;
  sink_.Merge(std::move(item));
}
void Remarks::IncompatibleTypes(std::string_view lhs, std::string_view op, std::string_view rhs,
                                Span at) {
  std::string text =
      "incompatible sample types encountered for binary operator " + GoQuote(op) + ": ";
  text.append(lhs).append(" ").append(op).append(" ").append(rhs);
  Info(std::move(text), at);
}
void Remarks::IgnoredInAggregation(std::string_view aggregation, Span at) {
  Info("ignored histogram in " + std::string(aggregation) + " aggregation", at);
}
void Remarks::IgnoredInMixedRange(std::string_view metric, Span at) {
  Info("ignored histograms in a range containing both floats and histograms for metric name " +
           GoQuote(metric),
       at);
}
void Remarks::QuantileNanResult(std::string_view metric, Span at) {
  Info(WithMetric("input to histogram_quantile has NaN observations, result is NaN", metric), at);
}
void Remarks::QuantileNanSkew(std::string_view metric, Span at) {
  Info(WithMetric("input to histogram_quantile has NaN observations, result is skewed higher",
                  metric),
       at);
}
void Remarks::FractionNans(std::string_view metric, Span at) {
  Info(
      WithMetric(
          "input to histogram_fraction has NaN observations, which are excluded from all fractions",
          metric),
      at);
}
void Remarks::ResetCollision(std::string_view operation, Span at) {
  Warn("conflicting counter resets during histogram " + std::string(operation), at);
}
void Remarks::MismatchedBounds(std::string_view operation, Span at) {
  Info("mismatched custom buckets were reconciled during " + std::string(operation), at);
}

}  // namespace pharos::query::promql
