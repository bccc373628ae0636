#include "query/logql/range_functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
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

/// Where the quantile stands among sorted values.
struct Rank {
  size_t lower = 0;
  double weight = 0;  ///< of the value behind

  Rank(double phi, size_t values) {
    const double rank = phi * (static_cast<double>(values) - 1);
    lower = static_cast<size_t>(std::max(0.0, std::floor(rank)));
    weight = rank - std::floor(rank);
  }
};

struct Less {  // NaN first
  bool operator()(double a, double b) const { return std::isnan(a) ? !std::isnan(b) : a < b; }
};

double Interpolate(std::span<double> values, size_t lower, double weight) {
  const auto at = values.begin() + static_cast<ptrdiff_t>(lower);
  std::nth_element(values.begin(), at, values.end(), Less());
  const double upper =
      at + 1 == values.end() ? *at : *std::min_element(at + 1, values.end(), Less());
  return *at * (1 - weight) + upper * weight;
}

/// Two values that have the rank between them, very likely: what a sample says. NaN for both
/// where it says nothing.
std::pair<double, double> Around(std::span<const RangeSample> samples, double phi) {
  constexpr size_t kSample = 128;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::array<double, kSample> sample{};
  for (size_t i = 0; i < kSample; ++i) sample[i] = samples[i * samples.size() / kSample].value;
  std::sort(sample.begin(), sample.end(), Less());
  const double spread = 3 * std::sqrt(kSample * phi * (1 - phi)) + 2;
  const double low = kSample * phi - spread, high = kSample * phi + spread;
  return {low < 0 ? -kInfinity : sample[static_cast<size_t>(low)],
          high >= kSample ? kInfinity : sample[static_cast<size_t>(high)]};
}

/// Looks only at the values around the quantile where it can: one pass without a branch a value
/// instead of the several that a selection makes.
double QuantileOf(const Window& w) {
  constexpr size_t kMany = 512;
  const size_t n = w.samples.size();
  const double phi = w.parameter;
  const auto values = std::make_unique_for_overwrite<double[]>(n);
  if (n >= kMany && phi >= 0 && phi <= 1) {
    const auto [low, high] = Around(w.samples, phi);
    size_t kept = 0, above = 0;
    for (const RangeSample& s : w.samples) {
      values[kept] = s.value;
      kept += s.value >= low && s.value <= high ? 1 : 0;
      above += s.value > high ? 1 : 0;
    }
    const size_t below = n - above - kept;  // with all that is not a number
    const Rank rank(phi, n);
    if (rank.lower >= below && rank.lower + 1 < below + kept) {
      return Interpolate({values.get(), kept}, rank.lower - below, rank.weight);
    }
  }
  for (size_t i = 0; i < n; ++i) values[i] = w.samples[i].value;
  return Quantile(phi, {values.get(), n});
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
  const Rank rank(phi, values.size());
  return Interpolate(values, rank.lower, rank.weight);
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
