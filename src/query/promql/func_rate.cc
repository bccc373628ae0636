// rate, increase, delta, irate, idelta.
#include <algorithm>

#include "query/promql/histogram_math.h"
#include "query/promql/range_function.h"

namespace pharos::query::promql {
namespace {

/// A series of floats, as the extended selectors look at it.
struct Floats {
  std::span<const int64_t> times;
  std::span<const double> values;
};

/// On the line between samples i and i + 1; a reset counts from zero.
double InterpolateAt(const Floats& f, size_t i, int64_t t, bool is_counter) {
  double y1 = f.values[i];
  const double y2 = f.values[i + 1];
  if (is_counter && y2 < y1) y1 = 0;
  return y1 + (y2 - y1) * static_cast<double>(t - f.times[i]) /
                  static_cast<double>(f.times[i + 1] - f.times[i]);
}

/// First and last sample that bear on a range with its edges.
struct Edges {
  size_t first = 0;
  size_t last = 0;
  bool usable = false;
};

Edges FindEdges(const Floats& f, int64_t start_ms, int64_t end_ms, bool smoothed) {
  Edges edges;
  if (f.times.empty()) return edges;
  edges.last = f.times.size() - 1;
  const auto begin = f.times.begin();
  const auto until = begin + static_cast<std::ptrdiff_t>(edges.last);
  const auto after = static_cast<size_t>(std::upper_bound(begin, until, start_ms) - begin);
  edges.first = after == 0 ? 0 : after - 1;
  if (smoothed) edges.last = static_cast<size_t>(std::lower_bound(begin, until, end_ms) - begin);
  if (f.times[edges.last] <= start_ms) return edges;
  edges.usable = !smoothed || f.times[edges.first] <= end_ms;
  return edges;
}

double LeftEdge(const Floats& f, const Edges& e, int64_t start_ms, bool smoothed, bool is_counter) {
  return smoothed && f.times[e.first] < start_ms ? InterpolateAt(f, e.first, start_ms, is_counter)
                                                 : f.values[e.first];
}

double RightEdge(const Floats& f, const Edges& e, int64_t end_ms, bool smoothed, bool is_counter) {
  return smoothed && e.last > 0 && f.times[e.last] > end_ms
             ? InterpolateAt(f, e.last - 1, end_ms, is_counter)
             : f.values[e.last];
}

void ExtendedRate(const Window& w, bool is_counter, bool is_rate, WindowResult* out) {
  const Floats f{w.times, w.values};
  const Edges edges = FindEdges(f, w.range_start_ms, w.range_end_ms, w.smoothed);
  if (!edges.usable) return;
  const double left = LeftEdge(f, edges, w.range_start_ms, w.smoothed, is_counter);
  const double right = RightEdge(f, edges, w.range_end_ms, w.smoothed, is_counter);
  double result = right - left;
  if (is_counter) {
    const size_t from = edges.first + (f.times[edges.first] <= w.range_start_ms ? 1 : 0);
    const size_t to = edges.last + (f.times[edges.last] >= w.range_end_ms ? 0 : 1);
    double previous = left;
    double correction = 0;
    for (size_t i = from; i < to; ++i) {
      if (f.values[i] < previous) correction += previous;
      previous = f.values[i];
    }
    if (right < previous) correction += previous;
    result += correction;
  }
  out->Set(is_rate ? result / w.range_seconds : result);
}

/// A counter that began within the range, before its first sample there: it grew from zero,
/// so nothing is stretched to the left, and one sample is enough.
bool BeganInside(const Window& w, int64_t start_ms, int64_t first_ms) {
  return start_ms != 0 && start_ms > w.range_start_ms && start_ms < first_ms;
}

/// The factor where BeganInside holds. `intervals` 0: there is nothing to stretch by.
double FactorFromStart(const Window& w, int64_t start_ms, int64_t first_ms, int64_t last_ms,
                       size_t intervals) {
  double average = 0;
  if (intervals > 0)
    average = static_cast<double>(last_ms - first_ms) / 1000 / static_cast<double>(intervals);
  double to_end = static_cast<double>(w.range_end_ms - last_ms) / 1000;
  if (to_end >= average * 1.1) to_end = average / 2;
  const double sampled = static_cast<double>(last_ms - start_ms) / 1000;
  return (sampled + 0 + to_end) / sampled;
}

/// By which factor a difference of first and last sample grows when it is stretched to the
/// edges of the range. `first_value` bounds a counter's way back to zero.
double ExtrapolationFactor(const Window& w, int64_t first_ms, int64_t last_ms, size_t intervals,
                           bool is_counter, double result, double first_value) {
  double to_start = static_cast<double>(first_ms - w.range_start_ms) / 1000;
  double to_end = static_cast<double>(w.range_end_ms - last_ms) / 1000;
  const double sampled = static_cast<double>(last_ms - first_ms) / 1000;
  const double average = sampled / static_cast<double>(intervals);
  const double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (is_counter && result > 0 && first_value >= 0) {
    const double to_zero = sampled * (first_value / result);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  return sampled != 0 ? (sampled + to_start + to_end) / sampled : 1;
}

void HistogramExtrapolated(const Window& w, const RangeCallInfo& info, bool is_counter,
                           bool is_rate, WindowResult* out) {
  const model::HistogramSample& first = w.histograms.front();
  const int64_t last_ms = w.histograms.back().time_ms;
  const size_t intervals = w.histograms.size() - 1;
  const bool inside = is_counter && w.use_starts && BeganInside(w, first.start_ms, first.time_ms);
  if (intervals == 0 && !inside) return;
  std::unique_ptr<model::Histogram> result;
  if (intervals > 0) {
    result = HistogramRate(w.histograms, is_counter, w.use_starts, w.metric, info.range_arg,
                           *info.remarks);
    if (result == nullptr) return;
  }
  double factor = 0;
  if (inside) {
    if (result == nullptr)
      result = std::make_unique<model::Histogram>(*first.histogram);
    else if (!AddForRate(*result, *first.histogram, w.metric, info.range_arg, *info.remarks))
      return;
    factor = FactorFromStart(w, first.start_ms, first.time_ms, last_ms, intervals);
  } else {
    // A histogram with no growth is not bounded by its zero point.
    const double grown = result->count > 0 ? result->count : 0;
    factor = ExtrapolationFactor(w, first.time_ms, last_ms, intervals, is_counter, grown,
                                 first.histogram->count);
  }
  if (is_rate) factor /= w.range_seconds;
  MultiplyHistogram(*result, factor);
  out->histogram = std::move(result);
}

/// rate or increase of floats whose start times are known.
void StartedRate(const Window& w, const RangeCallInfo& info, bool is_rate, WindowResult* out) {
  const size_t n = w.values.size();
  if (n == 0) return;
  double result = w.values[n - 1] - w.values[0];
  bool overlaps = false;
  for (size_t i = 1; i < n; ++i) {
    const CountedAt previous{w.starts[i - 1], w.times[i - 1]};
    const CountedAt current{w.starts[i], w.times[i]};
    overlaps = overlaps || StartOverlaps(previous, current);
    if (w.values[i] < w.values[i - 1] || RestartedBetween(previous, current))
      result += w.values[i - 1];
  }
  if (overlaps) info.remarks->StartOverlap(w.metric, info.range_arg);
  double factor = 0;
  if (BeganInside(w, w.starts[0], w.times[0])) {
    result += w.values[0];
    factor = FactorFromStart(w, w.starts[0], w.times[0], w.times[n - 1], n - 1);
  } else {
    if (n < 2) return;
    factor = ExtrapolationFactor(w, w.times[0], w.times[n - 1], n - 1, true, result, w.values[0]);
  }
  if (is_rate) factor /= w.range_seconds;
  out->Set(result * factor);
}

void Extrapolated(const Window& w, const RangeCallInfo& info, bool is_counter, bool is_rate,
                  WindowResult* out) {
  if (!w.histograms.empty() && !w.values.empty())
    return info.remarks->MixedFloatsHistograms(w.metric, info.range_arg);
  if (w.anchored || w.smoothed) {
    return w.histograms.empty() ? ExtendedRate(w, is_counter, is_rate, out)
                                : ExtendedHistogramRate(w, info, is_counter, is_rate, out);
  }
  if (!w.histograms.empty()) return HistogramExtrapolated(w, info, is_counter, is_rate, out);
  const size_t n = w.values.size();
  if (is_counter && !w.starts.empty()) return StartedRate(w, info, is_rate, out);
  if (n < 2) return;
  double result = w.values[n - 1] - w.values[0];
  if (is_counter) {
    for (const uint32_t at : w.resets) result += w.values[at - 1 - w.resets_base];
  }
  double factor =
      ExtrapolationFactor(w, w.times[0], w.times[n - 1], n - 1, is_counter, result, w.values[0]);
  if (is_rate) factor /= w.range_seconds;
  out->Set(result * factor);
}

struct LastSample {
  CountedAt at;
  double value;
  const model::HistogramSample* histogram;
};

void InstantValue(const Window& w, const RangeCallInfo& info, bool is_rate, WindowResult* out) {
  if (w.values.size() + w.histograms.size() < 2) return;
  // The last two of both columns, newest first.
  LastSample last[2] = {};
  size_t nf = w.values.size();
  size_t nh = w.histograms.size();
  for (LastSample& s : last) {
    const bool take_float = nf > 0 && (nh == 0 || w.times[nf - 1] >= w.histograms[nh - 1].time_ms);
    if (take_float) {
      --nf;
      s = {{w.starts.empty() ? 0 : w.starts[nf], w.times[nf]}, w.values[nf], nullptr};
    } else {
      --nh;
      const model::HistogramSample& h = w.histograms[nh];
      s = {{w.use_starts ? h.start_ms : 0, h.time_ms}, 0, &h};
    }
  }
  const LastSample& second = last[0];
  const LastSample& first = last[1];
  if (second.at.time_ms == first.at.time_ms) return;
  const bool restarted = is_rate && RestartedBetween(first.at, second.at);
  if ((second.histogram == nullptr) != (first.histogram == nullptr)) {
    return info.remarks->MixedFloatsHistograms(w.metric, info.range_arg);
  }
  if (second.histogram != nullptr)
    return InstantHistogramValue(*first.histogram, *second.histogram, is_rate, restarted, w, info,
                                 out);
  double result = second.value;
  if (!restarted && (!is_rate || !(second.value < first.value)))
    result = second.value - first.value;
  if (is_rate) result /= static_cast<double>(second.at.time_ms - first.at.time_ms) / 1000;
  out->Set(result);
}

}  // namespace

void ExtendFloats(int64_t start_ms, int64_t end_ms, bool smoothed, std::vector<int64_t>* times,
                  std::vector<double>* values) {
  const Floats f{*times, *values};
  const Edges edges = FindEdges(f, start_ms, end_ms, smoothed);
  std::vector<int64_t> new_times;
  std::vector<double> new_values;
  if (!f.times.empty() && f.times[edges.last] > start_ms) {
    const size_t from = edges.first + (f.times[edges.first] <= start_ms ? 1 : 0);
    const size_t to = edges.last + (f.times[edges.last] >= end_ms ? 0 : 1);
    new_times.push_back(start_ms);
    new_values.push_back(LeftEdge(f, edges, start_ms, smoothed, false));
    for (size_t i = from; i < to; ++i) {
      new_times.push_back(f.times[i]);
      new_values.push_back(f.values[i]);
    }
    new_times.push_back(end_ms);
    new_values.push_back(RightEdge(f, edges, end_ms, smoothed, false));
  }
  *times = std::move(new_times);
  *values = std::move(new_values);
}

int64_t RateOfColumn(const RateColumn& column, std::span<const int64_t> times,
                     std::span<const double> values, std::span<const uint32_t> resets,
                     std::span<double> out) {
  size_t low = 0;
  size_t high = 0;
  size_t reset_low = 0;
  size_t reset_high = 0;
  int64_t read = 0;
  Window w;
  w.range_end_ms = column.first_ref_ms;
  for (double& result : out) {
    w.range_start_ms = w.range_end_ms - column.range_ms;
    while (high < times.size() && times[high] <= w.range_end_ms) ++high;
    while (low < high && times[low] <= w.range_start_ms) ++low;
    const size_t n = high - low;
    read += static_cast<int64_t>(n);
    if (n >= 2 && column.range_ms > 0) {
      double difference = values[high - 1] - values[low];
      if (column.is_counter) {
        while (reset_high < resets.size() && resets[reset_high] < high) ++reset_high;
        while (reset_low < reset_high && resets[reset_low] <= low) ++reset_low;
        for (size_t i = reset_low; i < reset_high; ++i) difference += values[resets[i] - 1];
      }
      double factor = ExtrapolationFactor(w, times[low], times[high - 1], n - 1, column.is_counter,
                                          difference, values[low]);
      if (column.is_rate) factor /= column.range_seconds;
      result = difference * factor;
    }
    w.range_end_ms += column.step_ms;
  }
  return read;
}

void FuncRate(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  Extrapolated(w, info, true, true, out);
}
void FuncIncrease(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  Extrapolated(w, info, true, false, out);
}
void FuncDelta(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  Extrapolated(w, info, false, false, out);
}
void FuncIrate(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  InstantValue(w, info, true, out);
}
void FuncIdelta(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  InstantValue(w, info, false, out);
}

}  // namespace pharos::query::promql
