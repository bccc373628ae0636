// deriv, predict_linear, double_exponential_smoothing, resets, changes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "query/promql/histogram_math.h"
#include "query/promql/kahan.h"
#include "query/promql/range_function.h"

namespace pharos::query::promql {
namespace {

struct Line {
  double slope = 0;
  double intercept = 0;
};

/// Least squares with x in seconds from `origin_ms`.
Line LinearRegression(const Window& w, int64_t origin_ms) {
  double n = 0;
  double sum_x = 0, c_x = 0;
  double sum_y = 0, c_y = 0;
  double sum_xy = 0, c_xy = 0;
  double sum_x2 = 0, c_x2 = 0;
  const double initial = w.values[0];
  bool constant = true;
  for (size_t i = 0; i < w.values.size(); ++i) {
    const double y = w.values[i];
    if (i > 0 && y != initial) constant = false;
    n += 1;
    const double x = static_cast<double>(w.times[i] - origin_ms) / 1e3;
    KahanInc(x, sum_x, c_x);
    KahanInc(y, sum_y, c_y);
    KahanInc(x * y, sum_xy, c_xy);
    KahanInc(x * x, sum_x2, c_x2);
  }
  if (constant) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return std::isinf(initial) ? Line{kNan, kNan} : Line{0, initial};
  }
  sum_x += c_x;
  sum_y += c_y;
  sum_xy += c_xy;
  sum_x2 += c_x2;
  const double cov = sum_xy - sum_x * sum_y / n;
  const double var = sum_x2 - sum_x * sum_x / n;
  Line line;
  line.slope = cov / var;
  line.intercept = sum_y / n - line.slope * sum_x / n;
  return line;
}

/// False when there are too few floats; says so where histograms stand beside them.
bool EnoughFloats(const Window& w, const RangeCallInfo& info) {
  const bool enough = w.values.size() >= 2;
  if (!w.values.empty() && !w.histograms.empty())
    info.remarks->IgnoredInMixedRange(w.metric, info.range_arg);
  return enough;
}

std::string FactorError(const char* which, const char* symbol, double got) {
  char buffer[160];
  std::snprintf(buffer, sizeof buffer, "invalid %s factor. Expected: 0 < %s < 1, got: %f", which,
                symbol, got);
  return buffer;
}

/// Floats and histograms of a window as one sequence in time.
struct Sample {
  double value = 0;
  const model::Histogram* histogram = nullptr;
  CountedAt at;
};

template <class Visit>
void ForEachPair(const Window& w, const Visit& visit) {
  size_t f = 0;
  size_t h = 0;
  if (w.anchored) {
    const auto after_f =
        std::upper_bound(w.times.begin(), w.times.end(), w.range_start_ms) - w.times.begin();
    const auto after_h =
        std::upper_bound(w.histograms.begin(), w.histograms.end(), w.range_start_ms,
                         [](int64_t t, const auto& s) { return t < s.time_ms; }) -
        w.histograms.begin();
    f = static_cast<size_t>(after_f);
    h = static_cast<size_t>(after_h);
    // The newest sample at or before the start is the first to compare with.
    if (f > 0 && (h == 0 || w.times[f - 1] >= w.histograms[h - 1].time_ms))
      --f;
    else if (h > 0)
      --h;
  }
  Sample previous;
  bool first = true;
  while (f < w.values.size() || h < w.histograms.size()) {
    Sample current;
    if (h >= w.histograms.size() || (f < w.values.size() && w.times[f] < w.histograms[h].time_ms)) {
      current.value = w.values[f];
      current.at = {w.starts.empty() ? 0 : w.starts[f], w.times[f]};
      ++f;
    } else {
      current.histogram = w.histograms[h].histogram.get();
      current.at = {w.use_starts ? w.histograms[h].start_ms : 0, w.histograms[h].time_ms};
      ++h;
    }
    if (!first) visit(previous, current);
    first = false;
    previous = current;
  }
}

bool NothingInRange(const Window& w) {
  if (!w.anchored) return false;
  const bool floats = !w.times.empty() && w.times.back() > w.range_start_ms;
  const bool histograms = !w.histograms.empty() && w.histograms.back().time_ms > w.range_start_ms;
  return !floats && !histograms;
}

}  // namespace

void FuncDeriv(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  if (EnoughFloats(w, info)) out->Set(LinearRegression(w, w.times[0]).slope);
}

void FuncPredictLinear(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  if (!EnoughFloats(w, info)) return;
  const Line line = LinearRegression(w, w.eval_ms);
  out->Set(line.slope * w.args[0] + line.intercept);
}

void FuncDoubleExponentialSmoothing(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  const double smoothing = w.args[0];
  const double trend = w.args[1];
  if (smoothing <= 0 || smoothing >= 1) {
    out->error = FactorError("smoothing", "sf", smoothing);
    return;
  }
  if (trend <= 0 || trend >= 1) {
    out->error = FactorError("trend", "tf", trend);
    return;
  }
  if (!EnoughFloats(w, info)) return;
  double s0 = 0;
  double s1 = w.values[0];
  double b = w.values[1] - w.values[0];
  for (size_t i = 1; i < w.values.size(); ++i) {
    const double x = smoothing * w.values[i];
    if (i > 1) b = trend * (s1 - s0) + (1 - trend) * b;
    const double y = (1 - smoothing) * (s1 + b);
    s0 = s1;
    s1 = x + y;
  }
  out->Set(s1);
}

void FuncResets(const Window& w, const RangeCallInfo& /*info*/, WindowResult* out) {
  if (NothingInRange(w)) return;
  int resets = 0;
  ForEachPair(w, [&resets](const Sample& a, const Sample& b) {
    if (a.histogram == nullptr && b.histogram == nullptr) {
      if (b.value < a.value || RestartedBetween(a.at, b.at)) ++resets;
    } else if (a.histogram == nullptr || b.histogram == nullptr || RestartedBetween(a.at, b.at) ||
               DetectReset(*b.histogram, *a.histogram)) {
      ++resets;
    }
  });
  out->Set(resets);
}

void FuncChanges(const Window& w, const RangeCallInfo& /*info*/, WindowResult* out) {
  if (NothingInRange(w)) return;
  int changes = 0;
  ForEachPair(w, [&changes](const Sample& a, const Sample& b) {
    if (a.histogram == nullptr && b.histogram == nullptr) {
      if (b.value != a.value && !(std::isnan(a.value) && std::isnan(b.value))) ++changes;
    } else if (a.histogram == nullptr || b.histogram == nullptr ||
               !SameHistogram(*b.histogram, *a.histogram)) {
      ++changes;
    }
  });
  out->Set(changes);
}

}  // namespace pharos::query::promql
