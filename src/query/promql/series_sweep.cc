#include "query/promql/series_sweep.h"

#include "query/promql/histogram_math.h"

namespace pharos::query::promql {

void SeriesSweep::Begin(const store::SeriesSpan& span, std::string_view metric) {
  span_ = span;
  metric_ = metric;
  floats_ = {};
  histograms_ = {};
  sizes_.assign(1, 0);
  for (const model::HistogramSample& sample : span.histograms)
    sizes_.push_back(sizes_.back() + HistogramSize(*sample.histogram));
  resets_.clear();
  reset_low_ = reset_high_ = 0;
  if (!options_.wants_resets) return;
  for (size_t i = 1; i < span.values.size(); ++i) {
    if (span.values[i] < span.values[i - 1]) resets_.push_back(static_cast<uint32_t>(i));
  }
}

bool SeriesSweep::Step(int64_t ref_ms, int64_t eval_ms, std::span<const double> args, int64_t* read,
                       WindowResult* out) {
  const RangeShape& shape = options_.shape;
  int64_t until = ref_ms;
  int64_t after = ref_ms - shape.range_ms;
  if (shape.anchored || shape.smoothed) after -= options_.lookback_ms;
  if (shape.smoothed) until += options_.lookback_ms;
  floats_.Move(span_.times_ms.size(), after, until, [&](size_t i) { return span_.times_ms[i]; });
  histograms_.Move(span_.histograms.size(), after, until,
                   [&](size_t i) { return span_.histograms[i].time_ms; });
  const size_t n = floats_.high - floats_.low;
  const size_t hn = histograms_.high - histograms_.low;
  if (n + hn == 0 || after == until) return false;
  *read += static_cast<int64_t>(n) + sizes_[histograms_.high] - sizes_[histograms_.low];
  Window window;
  window.times = span_.times_ms.subspan(floats_.low, n);
  window.values = span_.values.subspan(floats_.low, n);
  window.use_starts = options_.use_starts;
  if (options_.use_starts && !span_.starts_ms.empty())
    window.starts = span_.starts_ms.subspan(floats_.low, n);
  window.histograms = span_.histograms.subspan(histograms_.low, hn);
  window.range_start_ms = ref_ms - shape.range_ms;
  window.range_end_ms = ref_ms;
  window.eval_ms = eval_ms;
  window.range_seconds = shape.range_seconds;
  window.anchored = shape.anchored;
  window.smoothed = shape.smoothed;
  window.metric = metric_;
  window.args = args;
  if (options_.wants_resets) {
    while (reset_high_ < resets_.size() && resets_[reset_high_] < floats_.high) ++reset_high_;
    while (reset_low_ < reset_high_ && resets_[reset_low_] <= floats_.low) ++reset_low_;
    window.resets = {resets_.data() + reset_low_, reset_high_ - reset_low_};
    window.resets_base = static_cast<uint32_t>(floats_.low);
  }
  options_.function(window, info_, out);
  return true;
}

}  // namespace pharos::query::promql
