// Evaluates one range function over the windows of one series, window by window.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/promql/range_function.h"
#include "query/promql/range_shape.h"
#include "store/samples.h"

namespace pharos::query::promql {

struct SweepOptions {
  RangeShape shape;
  RangeFunction function = nullptr;
  int64_t lookback_ms = 0;
  bool wants_resets = false;  ///< of counters
  bool use_starts = false;
};

/// Owns: where its windows stand. Borrows the series between Begin and the last Step. Threads:
/// one. Errors: in WindowResult. Cost: the ends of windows move linearly; the rest is the
/// function's.
class SeriesSweep {
 public:
  SeriesSweep(const SweepOptions& options, const RangeCallInfo& info)
      : options_(options), info_(info) {}

  /// `span` holds no stale samples.
  void Begin(const store::SeriesSpan& span, std::string_view metric);

  /// False when the window is empty. `ref_ms` never goes back. Adds the samples in it to `read`.
  bool Step(int64_t ref_ms, int64_t eval_ms, std::span<const double> args, int64_t* read,
            WindowResult* out);

 private:
  /// The slice of a column in (after, until]; both ends only ever move forward.
  struct Slice {
    size_t low = 0;
    size_t high = 0;
    template <class TimeAt>
    void Move(size_t size, int64_t after, int64_t until, const TimeAt& time_at) {
      while (high < size && time_at(high) <= until) ++high;
      while (low < high && time_at(low) <= after) ++low;
    }
  };

  const SweepOptions& options_;
  const RangeCallInfo& info_;
  store::SeriesSpan span_;
  std::string_view metric_;
  Slice floats_, histograms_;
  std::vector<int64_t> sizes_;  // of the histograms before each one
  std::vector<uint32_t> resets_;
  size_t reset_low_ = 0;
  size_t reset_high_ = 0;
};

}  // namespace pharos::query::promql
