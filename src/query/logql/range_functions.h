// What a range aggregation makes of the samples of one window.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pharos::query::logql {

struct RangeSample {
  int64_t time_ns = 0;
  double value = 0;
};

struct Window {
  std::span<const RangeSample> samples;  ///< never empty, in time order
  int64_t end_ns = 0;                    ///< inclusive
  int64_t range_ns = 0;
  double parameter = 0;
};

using RangeFunction = double (*)(const Window& window);

/// For everything but absent_over_time; null for an unknown name.
RangeFunction FindRangeFunction(std::string_view name);

/// φ-quantile with linear interpolation; reorders `values`. NaN for none, ±Inf outside [0, 1].
double Quantile(double phi, std::span<double> values);

}  // namespace pharos::query::logql
