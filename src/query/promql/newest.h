// Walks a series' floats and histograms forward, as one sequence in time.
#pragma once

#include "query/promql/value.h"
#include "store/samples.h"

namespace pharos::query::promql {

/// Borrows the span. Threads: one. Cost: linear over all calls together.
class Newest {
 public:
  explicit Newest(const store::SeriesSpan& span) : span_(span) {}

  /// Goes to the newest sample at or before `time_ms`; calls must not go back in time. False:
  /// there is none.
  bool SeekTo(int64_t time_ms) {
    while (next_float_ < span_.times_ms.size() && span_.times_ms[next_float_] <= time_ms)
      ++next_float_;
    while (next_histogram_ < span_.histograms.size() &&
           span_.histograms[next_histogram_].time_ms <= time_ms) {
      ++next_histogram_;
    }
    if (next_float_ == 0 && next_histogram_ == 0) return false;
    is_histogram_ =
        next_float_ == 0 || (next_histogram_ > 0 && span_.histograms[next_histogram_ - 1].time_ms >
                                                        span_.times_ms[next_float_ - 1]);
    return true;
  }
  int64_t time_ms() const {
    return is_histogram_ ? span_.histograms[next_histogram_ - 1].time_ms
                         : span_.times_ms[next_float_ - 1];
  }
  int64_t start_ms() const {
    if (is_histogram_) return span_.histograms[next_histogram_ - 1].start_ms;
    return span_.starts_ms.empty() ? 0 : span_.starts_ms[next_float_ - 1];
  }
  bool stale() const {
    return is_histogram_ ? model::IsStaleNan(histogram()->sum) : model::IsStaleNan(value());
  }
  bool is_histogram() const { return is_histogram_; }
  double value() const { return span_.values[next_float_ - 1]; }
  const HistogramPtr& histogram() const { return span_.histograms[next_histogram_ - 1].histogram; }

 private:
  const store::SeriesSpan& span_;
  size_t next_float_ = 0;
  size_t next_histogram_ = 0;
  bool is_histogram_ = false;
};

}  // namespace pharos::query::promql
