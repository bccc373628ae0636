// rate, increase, delta, irate, idelta over native histograms.
#include <algorithm>

#include "query/promql/histogram_math.h"
#include "query/promql/range_function.h"

namespace pharos::query::promql {
namespace {

using model::Histogram;
using Samples = std::span<const model::HistogramSample>;
constexpr auto kGauge = Histogram::Reset::kGauge;

struct Where {
  std::string_view metric;
  Span at;
  Remarks& remarks;
};

bool Add(Histogram& sum, const Histogram& other, const Where& where) {
  CombineNotes notes;
  const bool fine = AddHistogram(sum, other, &notes);
  if (!fine) where.remarks.MixedSchemas(where.metric, where.at);
  if (notes.bounds_reconciled) where.remarks.MismatchedBounds("addition", where.at);
  return fine;
}

bool Subtract(Histogram& sum, const Histogram& other, const Where& where) {
  CombineNotes notes;
  const bool fine = SubtractHistogram(sum, other, &notes);
  if (!fine) where.remarks.MixedSchemas(where.metric, where.at);
  if (notes.bounds_reconciled) where.remarks.MismatchedBounds("subtraction", where.at);
  return fine;
}

/// On the way from one histogram to the next; a reset counts from zero.
std::unique_ptr<Histogram> Interpolated(const model::HistogramSample& a,
                                        const model::HistogramSample& b, int64_t t, bool is_counter,
                                        const Where& where) {
  if (t == a.time_ms) return std::make_unique<Histogram>(*a.histogram);
  if (t == b.time_ms) return std::make_unique<Histogram>(*b.histogram);
  const double fraction =
      static_cast<double>(t - a.time_ms) / static_cast<double>(b.time_ms - a.time_ms);
  auto result = std::make_unique<Histogram>(*b.histogram);
  if (is_counter && DetectReset(*b.histogram, *a.histogram)) {
    MultiplyHistogram(*result, fraction);
    return result;
  }
  if (!Subtract(*result, *a.histogram, where)) return nullptr;
  MultiplyHistogram(*result, fraction);
  if (!Add(*result, *a.histogram, where)) return nullptr;
  return result;
}

/// False where schemas mix; warns about gauges under a counter function.
bool ValidateRange(Samples samples, bool is_counter, const Where& where) {
  const bool custom = UsesCustomBuckets(*samples.front().histogram);
  for (const auto& s : samples) {
    if (UsesCustomBuckets(*s.histogram) != custom) {
      where.remarks.MixedSchemas(where.metric, where.at);
      return false;
    }
    if (is_counter && s.histogram->reset == kGauge)
      where.remarks.NotCounter(where.metric, where.at);
  }
  return true;
}

/// Adds what resets between the edges lost to `result`.
bool CorrectResets(Samples h, size_t first_sample, size_t last_sample, const Histogram& left,
                   const Histogram& right, int64_t start_ms, bool smoothed, const Where& where,
                   Histogram* result) {
  size_t first = first_sample + 1;
  const Histogram* previous = &left;
  if (smoothed && h[first_sample].time_ms < start_ms && first < h.size() &&
      DetectReset(*h[first].histogram, *h[first_sample].histogram)) {
    previous = h[first].histogram.get();
    ++first;
  }
  if (first > last_sample) return true;
  for (size_t i = first; i < last_sample; ++i) {
    if (DetectReset(*h[i].histogram, *previous) && !Add(*result, *previous, where)) return false;
    previous = h[i].histogram.get();
  }
  return !DetectReset(right, *previous) || Add(*result, *previous, where);
}

}  // namespace

bool AddForRate(Histogram& sum, const Histogram& other, std::string_view metric, Span at,
                Remarks& remarks) {
  return Add(sum, other, Where{metric, at, remarks});
}

std::unique_ptr<Histogram> HistogramRate(Samples samples, bool is_counter, bool use_starts,
                                         std::string_view metric, Span at, Remarks& remarks) {
  const Where where{metric, at, remarks};
  const auto restarted = [&](size_t i) {
    return use_starts && RestartedBetween({samples[i - 1].start_ms, samples[i - 1].time_ms},
                                          {samples[i].start_ms, samples[i].time_ms});
  };
  const Histogram* previous = samples.front().histogram.get();
  const Histogram& last = *samples.back().histogram;
  const bool first_gauge = previous->reset == kGauge;
  if (is_counter && (first_gauge || last.reset == kGauge)) remarks.NotCounter(metric, at);
  bool custom = UsesCustomBuckets(*previous);
  Histogram nothing;
  if (is_counter) {
    const Histogram& second = *samples[1].histogram;
    if (restarted(1) || DetectReset(second, *previous)) {
      // The first one's layout does not matter: all of it is lost in the reset.
      nothing.schema = second.schema;
      nothing.custom_bounds = second.custom_bounds;
      previous = &nothing;
      custom = UsesCustomBuckets(second);
    }
  }
  if (UsesCustomBuckets(last) != custom) {
    remarks.MixedSchemas(metric, at);
    return nullptr;
  }
  int32_t schema = std::min(last.schema, previous->schema);
  for (size_t i = 1; is_counter && i + 1 < samples.size(); ++i) {
    const Histogram& h = *samples[i].histogram;
    if (h.reset == kGauge) remarks.NotCounter(metric, at);
    schema = std::min(schema, h.schema);
    if (UsesCustomBuckets(h) != custom) {
      remarks.MixedSchemas(metric, at);
      return nullptr;
    }
  }
  auto result = std::make_unique<Histogram>(last);
  if (!custom) ReduceHistogram(*result, schema);
  if (!Subtract(*result, *previous, where)) return nullptr;
  if (is_counter) {
    bool overlaps = false;
    for (size_t i = 1; i < samples.size(); ++i) {
      const Histogram& h = *samples[i].histogram;
      overlaps = overlaps ||
                 (use_starts && StartOverlaps({samples[i - 1].start_ms, samples[i - 1].time_ms},
                                              {samples[i].start_ms, samples[i].time_ms}));
      if ((restarted(i) || DetectReset(h, *previous)) && !Add(*result, *previous, where))
        return nullptr;
      previous = &h;
    }
    if (overlaps) remarks.StartOverlap(metric, at);
  } else if (!first_gauge || last.reset != kGauge) {
    remarks.NotGauge(metric, at);
  }
  result->reset = kGauge;
  CompactHistogram(*result);
  return result;
}

void ExtendedHistogramRate(const Window& w, const RangeCallInfo& info, bool is_counter,
                           bool is_rate, WindowResult* out) {
  const Where where{w.metric, info.range_arg, *info.remarks};
  const Samples h = w.histograms;
  const auto later = [](int64_t t, const auto& s) { return t < s.time_ms; };
  const auto earlier = [](const auto& s, int64_t t) { return s.time_ms < t; };
  size_t last = h.size() - 1;
  const auto end = h.begin() + static_cast<std::ptrdiff_t>(last);
  const auto after =
      static_cast<size_t>(std::upper_bound(h.begin(), end, w.range_start_ms, later) - h.begin());
  const size_t first = after == 0 ? 0 : after - 1;
  if (w.smoothed)
    last =
        static_cast<size_t>(std::lower_bound(h.begin(), end, w.range_end_ms, earlier) - h.begin());
  if (h[last].time_ms <= w.range_start_ms || (w.smoothed && h[first].time_ms > w.range_end_ms))
    return;
  if (!ValidateRange(h.subspan(first, last - first + 1), is_counter, where)) return;
  const bool cut_left = w.smoothed && h[first].time_ms < w.range_start_ms;
  const bool cut_right = w.smoothed && last > 0 && h[last].time_ms > w.range_end_ms;
  const auto left = cut_left
                        ? Interpolated(h[first], h[first + 1], w.range_start_ms, is_counter, where)
                        : std::make_unique<Histogram>(*h[first].histogram);
  const auto right = cut_right
                         ? Interpolated(h[last - 1], h[last], w.range_end_ms, is_counter, where)
                         : std::make_unique<Histogram>(*h[last].histogram);
  if (left == nullptr || right == nullptr) return;
  if (!is_counter && (left->reset != kGauge || right->reset != kGauge))
    where.remarks.NotGauge(w.metric, info.range_arg);
  auto result = std::make_shared<Histogram>(*right);
  if (!Subtract(*result, *left, where)) return;
  if (is_counter && !CorrectResets(h, first, last, *left, *right, w.range_start_ms, w.smoothed,
                                   where, result.get()))
    return;
  if (is_rate) DivideHistogram(*result, w.range_seconds);
  result->reset = kGauge;
  CompactHistogram(*result);
  out->histogram = std::move(result);
}

void InstantHistogramValue(const model::HistogramSample& first,
                           const model::HistogramSample& second, bool is_rate, bool restarted,
                           const Window& w, const RangeCallInfo& info, WindowResult* out) {
  const Where where{w.metric, info.range_arg, *info.remarks};
  const bool both_gauges = first.histogram->reset == kGauge && second.histogram->reset == kGauge;
  const bool any_gauge = first.histogram->reset == kGauge || second.histogram->reset == kGauge;
  if (is_rate && any_gauge) where.remarks.NotCounter(w.metric, info.range_arg);
  if (!is_rate && !both_gauges) where.remarks.NotGauge(w.metric, info.range_arg);
  auto result = std::make_shared<Histogram>(*second.histogram);
  if (!is_rate || (!restarted && !DetectReset(*second.histogram, *first.histogram))) {
    if (!Subtract(*result, *first.histogram, where)) return;
  }
  result->reset = kGauge;
  CompactHistogram(*result);
  if (is_rate) DivideHistogram(*result, static_cast<double>(second.time_ms - first.time_ms) / 1000);
  out->histogram = std::move(result);
}

}  // namespace pharos::query::promql
