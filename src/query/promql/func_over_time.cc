// The *_over_time functions, and the table of all range functions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "query/promql/kahan.h"
#include "query/promql/quantile.h"
#include "query/promql/range_function.h"

namespace pharos::query::promql {
namespace {

using Info = RangeCallInfo;

/// False without floats; says so where histograms are left out beside floats.
bool FloatsOnly(const Window& w, const Info& info) {
  if (w.values.empty()) return false;
  if (!w.histograms.empty()) info.remarks->IgnoredInMixedRange(w.metric, info.range_arg);
  return true;
}

bool Mixed(const Window& w, const Info& info) {
  if (w.values.empty() || w.histograms.empty()) return false;
  info.remarks->MixedFloatsHistograms(w.metric, info.range_arg);
  return true;
}

void Sum(const Window& w, const Info& info, WindowResult* out) {
  if (Mixed(w, info)) return;
  if (w.values.empty()) return SumHistogramsOverTime(w, info, out);
  double sum = 0;
  double c = 0;
  for (const double v : w.values) KahanInc(v, sum, c);
  out->Set(std::isinf(sum) ? sum : sum + c);
}

void Avg(const Window& w, const Info& info, WindowResult* out) {
  if (Mixed(w, info)) return;
  if (w.values.empty()) return AvgHistogramsOverTime(w, info, out);
  double sum = w.values[0];
  double c = 0;
  double mean = 0;
  double count = 1;
  bool incremental = false;
  for (size_t i = 1; i < w.values.size(); ++i) {
    const double v = w.values[i];
    count = static_cast<double>(i + 1);
    if (!incremental) {
      double new_sum = sum;
      double new_c = c;
      KahanInc(v, new_sum, new_c);
      if (!std::isinf(new_sum)) {
        sum = new_sum;
        c = new_c;
        continue;
      }
      // The sum overflows: go on with the mean itself.
      incremental = true;
      mean = sum / (count - 1);
      c /= count - 1;
    }
    const double q = (count - 1) / count;
    mean *= q;
    c *= q;
    KahanInc(v / count, mean, c);
  }
  out->Set(incremental ? mean + c : sum / count + c / count);
}

void Count(const Window& w, const Info& /*info*/, WindowResult* out) {
  out->Set(static_cast<double>(w.values.size() + w.histograms.size()));
}

void Present(const Window& /*w*/, const Info& /*info*/, WindowResult* out) { out->Set(1); }

void First(const Window& w, const Info& /*info*/, WindowResult* out) {
  if (w.histograms.empty() ||
      (!w.values.empty() && w.times.front() < w.histograms.front().time_ms)) {
    out->Set(w.values.front());
  } else {
    out->histogram = w.histograms.front().histogram;
  }
}

void Last(const Window& w, const Info& /*info*/, WindowResult* out) {
  if (w.histograms.empty() || (!w.values.empty() && w.histograms.back().time_ms < w.times.back())) {
    out->Set(w.values.back());
  } else {
    out->histogram = w.histograms.back().histogram;
  }
}

void TsOfFirst(const Window& w, const Info& /*info*/, WindowResult* out) {
  int64_t t = std::numeric_limits<int64_t>::max();
  if (!w.times.empty()) t = w.times.front();
  if (!w.histograms.empty()) t = std::min(t, w.histograms.front().time_ms);
  out->Set(static_cast<double>(t) / 1000);
}

void TsOfLast(const Window& w, const Info& /*info*/, WindowResult* out) {
  int64_t t = 0;
  if (!w.times.empty()) t = w.times.back();
  if (!w.histograms.empty()) t = std::max(t, w.histograms.back().time_ms);
  out->Set(static_cast<double>(t) / 1000);
}

/// Index of the value that wins every comparison it gets; NaN loses to anything.
template <class Wins>
size_t Best(const Window& w, const Wins& wins) {
  size_t best = 0;
  for (size_t i = 0; i < w.values.size(); ++i) {
    if (wins(w.values[i], w.values[best]) || std::isnan(w.values[best])) best = i;
  }
  return best;
}

void Max(const Window& w, const Info& info, WindowResult* out) {
  if (FloatsOnly(w, info)) out->Set(w.values[Best(w, [](double a, double b) { return a > b; })]);
}
void Min(const Window& w, const Info& info, WindowResult* out) {
  if (FloatsOnly(w, info)) out->Set(w.values[Best(w, [](double a, double b) { return a < b; })]);
}
void TsOfMax(const Window& w, const Info& info, WindowResult* out) {
  if (!FloatsOnly(w, info)) return;
  out->Set(static_cast<double>(w.times[Best(w, [](double a, double b) { return a >= b; })]) / 1000);
}
void TsOfMin(const Window& w, const Info& info, WindowResult* out) {
  if (!FloatsOnly(w, info)) return;
  out->Set(static_cast<double>(w.times[Best(w, [](double a, double b) { return a <= b; })]) / 1000);
}

void QuantileOverTime(const Window& w, const Info& info, WindowResult* out) {
  if (w.values.empty()) return;
  const double q = w.args[0];
  if (std::isnan(q) || q < 0 || q > 1) {
    // The quantile is the first argument: the remark stands where the call's arguments start.
    info.remarks->InvalidQuantile(q, info.first_arg);
  }
  FloatsOnly(w, info);
  info.scratch->values.assign(w.values.begin(), w.values.end());
  out->Set(Quantile(q, info.scratch->values));
}

void Mad(const Window& w, const Info& info, WindowResult* out) {
  if (!FloatsOnly(w, info)) return;
  auto& values = info.scratch->values;
  values.assign(w.values.begin(), w.values.end());
  if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) {
    return out->Set(std::numeric_limits<double>::quiet_NaN());
  }
  const double median = Quantile(0.5, values);
  for (double& v : values) v = std::abs(v - median);
  out->Set(Quantile(0.5, values));
}

double Variance(const Window& w) {
  double count = 0;
  double mean = 0, c_mean = 0;
  double aux = 0, c_aux = 0;
  for (const double v : w.values) {
    count += 1;
    const double delta = v - (mean + c_mean);
    KahanInc(delta / count, mean, c_mean);
    KahanInc(delta * (v - (mean + c_mean)), aux, c_aux);
  }
  return (aux + c_aux) / count;
}

void Stdvar(const Window& w, const Info& info, WindowResult* out) {
  if (FloatsOnly(w, info)) out->Set(Variance(w));
}
void Stddev(const Window& w, const Info& info, WindowResult* out) {
  if (FloatsOnly(w, info)) out->Set(std::sqrt(Variance(w)));
}

}  // namespace

RangeFunction FindRangeFunction(std::string_view name) {
  static const std::unordered_map<std::string_view, RangeFunction> functions = {
      {"absent_over_time", Present},
      {"avg_over_time", Avg},
      {"changes", FuncChanges},
      {"count_over_time", Count},
      {"delta", FuncDelta},
      {"deriv", FuncDeriv},
      {"double_exponential_smoothing", FuncDoubleExponentialSmoothing},
      {"first_over_time", First},
      {"idelta", FuncIdelta},
      {"increase", FuncIncrease},
      {"irate", FuncIrate},
      {"last_over_time", Last},
      {"mad_over_time", Mad},
      {"max_over_time", Max},
      {"min_over_time", Min},
      {"predict_linear", FuncPredictLinear},
      {"present_over_time", Present},
      {"quantile_over_time", QuantileOverTime},
      {"rate", FuncRate},
      {"resets", FuncResets},
      {"stddev_over_time", Stddev},
      {"stdvar_over_time", Stdvar},
      {"sum_over_time", Sum},
      {"ts_of_first_over_time", TsOfFirst},
      {"ts_of_last_over_time", TsOfLast},
      {"ts_of_max_over_time", TsOfMax},
      {"ts_of_min_over_time", TsOfMin}};
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

}  // namespace pharos::query::promql
