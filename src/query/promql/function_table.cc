#include "query/promql/function_table.h"

#include <algorithm>
#include <array>

namespace pharos::query::promql {
namespace {

constexpr auto kVector = ValueType::kVector;
constexpr auto kScalar = ValueType::kScalar;

// Sorted by name.
constexpr std::array kFunctions = {
    Function{"abs", "v", 0, kVector, false, "absolute value"},
    Function{"absent", "v", 0, kVector, false, "1 where the vector is empty"},
    Function{"absent_over_time", "m", 0, kVector, false, "1 where the range holds no sample"},
    Function{"acos", "v", 0, kVector, false, "arc cosine"},
    Function{"acosh", "v", 0, kVector, false, "inverse hyperbolic cosine"},
    Function{"asin", "v", 0, kVector, false, "arc sine"},
    Function{"asinh", "v", 0, kVector, false, "inverse hyperbolic sine"},
    Function{"atan", "v", 0, kVector, false, "arc tangent"},
    Function{"atanh", "v", 0, kVector, false, "inverse hyperbolic tangent"},
    Function{"avg_over_time", "m", 0, kVector, false, "mean of the samples in the range"},
    Function{"ceil", "v", 0, kVector, false, "rounds up"},
    Function{"changes", "m", 0, kVector, false, "how often the value changed"},
    Function{"clamp", "vss", 0, kVector, false, "limits to [min, max]"},
    Function{"clamp_max", "vs", 0, kVector, false, "limits from above"},
    Function{"clamp_min", "vs", 0, kVector, false, "limits from below"},
    Function{"cos", "v", 0, kVector, false, "cosine"},
    Function{"cosh", "v", 0, kVector, false, "hyperbolic cosine"},
    Function{"count_over_time", "m", 0, kVector, false, "number of samples in the range"},
    Function{"day_of_month", "v", 1, kVector, false, "day of the month in UTC, 1 to 31"},
    Function{"day_of_week", "v", 1, kVector, false, "day of the week in UTC, Sunday is 0"},
    Function{"day_of_year", "v", 1, kVector, false, "day of the year in UTC, 1 to 366"},
    Function{"days_in_month", "v", 1, kVector, false, "days of the month in UTC, 28 to 31"},
    Function{"deg", "v", 0, kVector, false, "radians to degrees"},
    Function{"delta", "m", 0, kVector, false,
             "difference of last and first sample, extrapolated to the range"},
    Function{"deriv", "m", 0, kVector, false, "slope a second by linear regression"},
    Function{"double_exponential_smoothing", "mss", 0, kVector, true,
             "smoothed value by smoothing and trend factor"},
    Function{"end", "", 0, kScalar, true, "end of the query in seconds"},
    Function{"exp", "v", 0, kVector, false, "e to the power"},
    Function{"first_over_time", "m", 0, kVector, false, "oldest sample in the range"},
    Function{"floor", "v", 0, kVector, false, "rounds down"},
    Function{"histogram_avg", "v", 0, kVector, false, "mean observation of native histograms"},
    Function{"histogram_count", "v", 0, kVector, false, "observations of native histograms"},
    Function{"histogram_fraction", "ssv", 0, kVector, false,
             "share of observations between two values"},
    Function{"histogram_quantile", "sv", 0, kVector, false,
             "quantile of classic or native histograms"},
    Function{"histogram_quantiles", "vtss", 9, kVector, true,
             "several quantiles at once, told apart by a label"},
    Function{"histogram_stddev", "v", 0, kVector, false,
             "estimated standard deviation of native histograms"},
    Function{"histogram_stdvar", "v", 0, kVector, false, "estimated variance of native histograms"},
    Function{"histogram_sum", "v", 0, kVector, false, "sum of observations of native histograms"},
    Function{"hour", "v", 1, kVector, false, "hour of the day in UTC"},
    Function{"idelta", "m", 0, kVector, false, "difference of the last two samples"},
    Function{"increase", "m", 0, kVector, false,
             "growth of a counter over the range, extrapolated, resets corrected"},
    Function{"info", "vv", 1, kVector, true, "adds labels of info metrics such as target_info"},
    Function{"irate", "m", 0, kVector, false, "growth a second between the last two samples"},
    Function{"label_join", "vttt", -1, kVector, false, "joins label values into a label"},
    Function{"label_replace", "vtttt", 0, kVector, false,
             "sets a label from a regex match of another"},
    Function{"last_over_time", "m", 0, kVector, false, "newest sample in the range"},
    Function{"ln", "v", 0, kVector, false, "natural logarithm"},
    Function{"log10", "v", 0, kVector, false, "decimal logarithm"},
    Function{"log2", "v", 0, kVector, false, "binary logarithm"},
    Function{"mad_over_time", "m", 0, kVector, true, "median absolute deviation in the range"},
    Function{"max_of", "ss", 0, kScalar, true, "larger of two scalars"},
    Function{"max_over_time", "m", 0, kVector, false, "largest sample in the range"},
    Function{"min_of", "ss", 0, kScalar, true, "smaller of two scalars"},
    Function{"min_over_time", "m", 0, kVector, false, "smallest sample in the range"},
    Function{"minute", "v", 1, kVector, false, "minute of the hour in UTC"},
    Function{"month", "v", 1, kVector, false, "month of the year in UTC"},
    Function{"pi", "", 0, kScalar, false, "the number pi"},
    Function{"predict_linear", "ms", 0, kVector, false,
             "value in so many seconds by linear regression"},
    Function{"present_over_time", "m", 0, kVector, false, "1 where the range holds a sample"},
    Function{"quantile_over_time", "sm", 0, kVector, false, "quantile of the samples in the range"},
    Function{"rad", "v", 0, kVector, false, "degrees to radians"},
    Function{"range", "", 0, kScalar, true, "length of the query in seconds"},
    Function{"rate", "m", 0, kVector, false,
             "growth of a counter a second, extrapolated, resets corrected"},
    Function{"resets", "m", 0, kVector, false, "how often the counter was reset"},
    Function{"round", "vs", 1, kVector, false, "rounds to the nearest multiple"},
    Function{"scalar", "v", 0, kScalar, false, "value of a vector with one element, else NaN"},
    Function{"sgn", "v", 0, kVector, false, "sign"},
    Function{"sin", "v", 0, kVector, false, "sine"},
    Function{"sinh", "v", 0, kVector, false, "hyperbolic sine"},
    Function{"sort", "v", 0, kVector, false, "orders by value, rising"},
    Function{"sort_by_label", "vt", -1, kVector, true, "orders by labels in natural order"},
    Function{"sort_by_label_desc", "vt", -1, kVector, true,
             "orders by labels in natural order, falling"},
    Function{"sort_desc", "v", 0, kVector, false, "orders by value, falling"},
    Function{"sqrt", "v", 0, kVector, false, "square root"},
    Function{"start", "", 0, kScalar, true, "start of the query in seconds"},
    Function{"start_timestamp", "v", 0, kVector, true, "start time of the sample in seconds"},
    Function{"stddev_over_time", "m", 0, kVector, false, "standard deviation in the range"},
    Function{"stdvar_over_time", "m", 0, kVector, false, "variance in the range"},
    Function{"step", "", 0, kScalar, true, "step of the query in seconds"},
    Function{"sum_over_time", "m", 0, kVector, false, "sum of the samples in the range"},
    Function{"tan", "v", 0, kVector, false, "tangent"},
    Function{"tanh", "v", 0, kVector, false, "hyperbolic tangent"},
    Function{"time", "", 0, kScalar, false, "time of the step in seconds"},
    Function{"timestamp", "v", 0, kVector, false, "time of the sample in seconds"},
    Function{"ts_of_first_over_time", "m", 0, kVector, true,
             "time of the oldest sample in the range"},
    Function{"ts_of_last_over_time", "m", 0, kVector, true,
             "time of the newest sample in the range"},
    Function{"ts_of_max_over_time", "m", 0, kVector, true,
             "time of the last largest sample in the range"},
    Function{"ts_of_min_over_time", "m", 0, kVector, true,
             "time of the last smallest sample in the range"},
    Function{"vector", "s", 0, kVector, false, "a vector of one element without labels"},
    Function{"year", "v", 1, kVector, false, "year in UTC"},
};

}  // namespace

ValueType Function::ArgumentType(size_t index) const {
  switch (arguments[std::min(index, arguments.size() - 1)]) {
    case 'v': return ValueType::kVector;
    case 'm': return ValueType::kMatrix;
    case 's': return ValueType::kScalar;
    default: return ValueType::kString;
  }
}

const Function* FindFunction(std::string_view name) {
  const auto found =
      std::lower_bound(kFunctions.begin(), kFunctions.end(), name,
                       [](const Function& f, std::string_view n) { return f.name < n; });
  return found != kFunctions.end() && found->name == name ? &*found : nullptr;
}

std::span<const Function> AllFunctions() { return kFunctions; }

}  // namespace pharos::query::promql
