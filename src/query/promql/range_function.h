// Functions over a range of samples: one call a series and step, on a window into the
// series' columns.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/sample.h"
#include "query/promql/ast.h"
#include "query/promql/remarks.h"
#include "query/promql/value.h"

namespace pharos::query::promql {

/// The samples of one series that a step sees, and where the range lies.
struct Window {
  std::span<const int64_t> times;
  std::span<const double> values;
  std::span<const int64_t> starts;  ///< when each float's count began; empty: none is known
  std::span<const model::HistogramSample> histograms;
  bool use_starts = false;     ///< start times count (of histograms too)
  int64_t range_start_ms = 0;  ///< exclusive
  int64_t range_end_ms = 0;    ///< inclusive
  int64_t eval_ms = 0;
  double range_seconds = 0;
  bool anchored = false;
  bool smoothed = false;
  std::string_view metric;       ///< the series' name, for remarks
  std::span<const double> args;  ///< scalar arguments at this step, in order
  /// Indexes into `values` (window-relative base in `resets_base`) where a counter fell.
  std::span<const uint32_t> resets;
  uint32_t resets_base = 0;
};

/// What a function found. Neither: nothing at this step.
struct WindowResult {
  bool has_float = false;
  double value = 0;
  HistogramPtr histogram;
  std::string error;  ///< ends the query

  void Set(double v) {
    has_float = true;
    value = v;
  }
};

/// Reusable room for functions that sort.
struct RangeScratch {
  std::vector<double> values;
};

struct RangeCallInfo {
  Span range_arg;  ///< for remarks
  Span first_arg;
  Span call;
  Remarks* remarks;
  RangeScratch* scratch;
};

using RangeFunction = void (*)(const Window& window, const RangeCallInfo& info, WindowResult* out);

/// Null for a name that is no range function.
RangeFunction FindRangeFunction(std::string_view name);

// func_rate.cc
void FuncRate(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncIncrease(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncDelta(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncIrate(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncIdelta(const Window& window, const RangeCallInfo& info, WindowResult* out);
/// rate, increase or delta of a whole float series at once: the same numbers as window by
/// window, without a call a step.
struct RateColumn {
  bool is_counter = true;
  bool is_rate = true;
  int64_t range_ms = 0;
  double range_seconds = 0;
  int64_t first_ref_ms = 0;  ///< right end of the first window
  int64_t step_ms = 0;       ///< 0: all steps look at the same window
};
/// Fills `out` where a window has two samples; returns how many samples the windows held.
/// `resets` are the indexes at which the counter fell.
int64_t RateOfColumn(const RateColumn& column, std::span<const int64_t> times,
                     std::span<const double> values, std::span<const uint32_t> resets,
                     std::span<double> out);
/// The window that an anchored or smoothed range selector shows: values on both edges.
void ExtendFloats(int64_t start_ms, int64_t end_ms, bool smoothed, std::vector<int64_t>* times,
                  std::vector<double>* values);
// start_time.cc
/// When a sample was taken and when its count began (0: not known).
struct CountedAt {
  int64_t start_ms = 0;
  int64_t time_ms = 0;
};
/// Whether the count began anew between two samples, going by start times alone.
bool RestartedBetween(const CountedAt& previous, const CountedAt& current);
/// The current count claims to have begun before the previous sample, yet not with it.
bool StartOverlaps(const CountedAt& previous, const CountedAt& current);
// func_trend.cc
void FuncDeriv(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncPredictLinear(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncDoubleExponentialSmoothing(const Window& window, const RangeCallInfo& info,
                                    WindowResult* out);
void FuncResets(const Window& window, const RangeCallInfo& info, WindowResult* out);
void FuncChanges(const Window& window, const RangeCallInfo& info, WindowResult* out);
// histogram_rate.cc
/// increase of a counter (or difference of a gauge) over ≥ 2 histograms; null with a remark
/// where they do not fit together.
std::unique_ptr<model::Histogram> HistogramRate(std::span<const model::HistogramSample> samples,
                                                bool is_counter, bool use_starts,
                                                std::string_view metric, Span at, Remarks& remarks);
void ExtendedHistogramRate(const Window& window, const RangeCallInfo& info, bool is_counter,
                           bool is_rate, WindowResult* out);
void InstantHistogramValue(const model::HistogramSample& first,
                           const model::HistogramSample& second, bool is_rate, bool restarted,
                           const Window& window, const RangeCallInfo& info, WindowResult* out);
/// Adds for rate; false with a remark where the two do not fit together.
bool AddForRate(model::Histogram& sum, const model::Histogram& other, std::string_view metric,
                Span at, Remarks& remarks);
// histogram_over_time.cc
void SumHistogramsOverTime(const Window& window, const RangeCallInfo& info, WindowResult* out);
void AvgHistogramsOverTime(const Window& window, const RangeCallInfo& info, WindowResult* out);

}  // namespace pharos::query::promql
