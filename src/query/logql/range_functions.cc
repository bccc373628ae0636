#include "query/logql/range_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace pharos::query::logql {
namespace {

double Seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

double Sum(const Window& w) {
  double sum = 0;
  for (const RangeSample& s : w.samples) sum += s.value;
  return sum;
}

double Rate(const Window& w) { return Sum(w) / Seconds(w.range_ns); }

double Count(const Window& w) { return static_cast<double>(w.samples.size()); }

double Average(const Window& w) {
  double mean = 0;
  double count = 0;
  for (const RangeSample& s : w.samples) {
    ++count;
    if (std::isinf(mean)) {
      if (std::isinf(s.value) && (mean > 0) == (s.value > 0)) continue;
      if (!std::isinf(s.value) && !std::isnan(s.value)) continue;
    }
    mean += s.value / count - mean / count;
  }
  return mean;
}

double Max(const Window& w) {
  double best = w.samples[0].value;
  for (const RangeSample& s : w.samples) {
    if (s.value > best || std::isnan(best)) best = s.value;
  }
  return best;
}

double Min(const Window& w) {
  double best = w.samples[0].value;
  for (const RangeSample& s : w.samples) {
    if (s.value < best || std::isnan(best)) best = s.value;
  }
  return best;
}

/// Welford's.
double Variance(const Window& w) {
  double count = 0;
  double mean = 0;
  double squares = 0;
  for (const RangeSample& s : w.samples) {
    ++count;
    const double delta = s.value - mean;
    mean += delta / count;
    squares += delta * (s.value - mean);
  }
  return squares / count;
}

double Deviation(const Window& w) { return std::sqrt(Variance(w)); }

double QuantileOf(const Window& w) {
  std::vector<double> values;
  values.reserve(w.samples.size());
  for (const RangeSample& s : w.samples) values.push_back(s.value);
  return Quantile(w.parameter, values);
}

double First(const Window& w) { return w.samples.front().value; }
double Last(const Window& w) { return w.samples.back().value; }

/// Prometheus's rate() of a counter, with its extrapolation to the borders of the window.
double RateCounter(const Window& w) {
  if (w.samples.size() < 2) return 0;
  double increase = w.samples.back().value - w.samples.front().value;
  for (size_t i = 1; i < w.samples.size(); ++i) {
    if (w.samples[i].value < w.samples[i - 1].value) increase += w.samples[i - 1].value;
  }
  double to_start = Seconds(w.samples.front().time_ns - (w.end_ns - w.range_ns));
  const double to_end = Seconds(w.end_ns - w.samples.back().time_ns);
  const double sampled = Seconds(w.samples.back().time_ns - w.samples.front().time_ns);
  const double average = sampled / static_cast<double>(w.samples.size() - 1);
  const double threshold = average * 1.1;
  double covered = sampled;
  if (to_start >= threshold) to_start = average / 2;
  if (increase > 0 && w.samples.front().value >= 0) {
    to_start = std::min(to_start, sampled * (w.samples.front().value / increase));
  }
  covered += to_start;
  covered += to_end < threshold ? to_end : average / 2;
  return increase * (covered / sampled) / Seconds(w.range_ns);
}

}  // namespace

double Quantile(double phi, std::span<double> values) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (values.empty() || std::isnan(phi)) return std::numeric_limits<double>::quiet_NaN();
  if (phi < 0) return -kInfinity;
  if (phi > 1) return kInfinity;
  const auto before = [](double a, double b) {
    return std::isnan(a) ? !std::isnan(b) : a < b;  // NaN first
  };
  const double rank = phi * (static_cast<double>(values.size()) - 1);
  const auto lower = static_cast<size_t>(std::max(0.0, std::floor(rank)));
  const double weight = rank - std::floor(rank);
  const auto at = values.begin() + static_cast<ptrdiff_t>(lower);
  std::nth_element(values.begin(), at, values.end(), before);
  const double upper =
      at + 1 == values.end() ? *at : *std::min_element(at + 1, values.end(), before);
  return *at * (1 - weight) + upper * weight;
}

RangeFunction FindRangeFunction(std::string_view name) {
  struct Named {
    std::string_view name;
    RangeFunction function;
  };
  static constexpr Named kAll[] = {{"rate", Rate},
                                   {"bytes_rate", Rate},
                                   {"sum_over_time", Sum},
                                   {"bytes_over_time", Sum},
                                   {"count_over_time", Count},
                                   {"avg_over_time", Average},
                                   {"max_over_time", Max},
                                   {"min_over_time", Min},
                                   {"stdvar_over_time", Variance},
                                   {"stddev_over_time", Deviation},
                                   {"quantile_over_time", QuantileOf},
                                   {"first_over_time", First},
                                   {"last_over_time", Last},
                                   {"rate_counter", RateCounter}};
  for (const Named& named : kAll) {
    if (named.name == name) return named.function;
  }
  return nullptr;
}

}  // namespace pharos::query::logql
