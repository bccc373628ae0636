// Instant vector selectors: the newest sample in the lookback at every step.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/go_duration.h"
#include "query/promql/histogram_math.h"

namespace pharos::query::promql {
namespace {

/// Walks a series' floats and histograms forward, as one sequence in time.
class Newest {
 public:
  explicit Newest(const store::SeriesColumns& columns) : columns_(columns) {}

  /// The newest sample at or before `time_ms`; calls must not go back in time.
  bool SeekTo(int64_t time_ms) {
    while (next_float_ < columns_.times_ms.size() && columns_.times_ms[next_float_] <= time_ms)
      ++next_float_;
    while (next_histogram_ < columns_.histograms.size() &&
           columns_.histograms[next_histogram_].time_ms <= time_ms) {
      ++next_histogram_;
    }
    if (next_float_ == 0 && next_histogram_ == 0) return false;
    is_histogram_ = next_float_ == 0 ||
                    (next_histogram_ > 0 && columns_.histograms[next_histogram_ - 1].time_ms >
                                                columns_.times_ms[next_float_ - 1]);
    return true;
  }
  int64_t time_ms() const {
    return is_histogram_ ? columns_.histograms[next_histogram_ - 1].time_ms
                         : columns_.times_ms[next_float_ - 1];
  }
  int64_t start_ms() const {
    if (is_histogram_) return columns_.histograms[next_histogram_ - 1].start_ms;
    return columns_.starts_ms.empty() ? 0 : columns_.starts_ms[next_float_ - 1];
  }
  bool stale() const {
    return is_histogram_ ? model::IsStaleNan(histogram()->sum) : model::IsStaleNan(value());
  }
  bool is_histogram() const { return is_histogram_; }
  double value() const { return columns_.values[next_float_ - 1]; }
  const HistogramPtr& histogram() const {
    return columns_.histograms[next_histogram_ - 1].histogram;
  }

 private:
  const store::SeriesColumns& columns_;
  size_t next_float_ = 0;
  size_t next_histogram_ = 0;
  bool is_histogram_ = false;
};

/// The newest float at each step where there are no histograms; returns how many it found.
int64_t FillFloats(const store::SeriesColumns& columns, int64_t ref_ms, int64_t step_ms,
                   int64_t lookback_ms, std::vector<double>& out) {
  const int64_t* const times = columns.times_ms.data();
  const size_t size = columns.times_ms.size();
  size_t next = 0;
  int64_t found = 0;
  for (double& value : out) {
    while (next < size && times[next] <= ref_ms) ++next;
    if (next > 0 && times[next - 1] > ref_ms - lookback_ms) {
      value = columns.values[next - 1];  // a stale marker is what stands for "nothing" anyway
      found += IsAbsent(value) ? 0 : 1;
    }
    ref_ms += step_ms;
  }
  return found;
}

double Interpolate(int64_t t1, double v1, int64_t t2, double v2, int64_t t) {
  return v1 + (v2 - v1) * static_cast<double>(t - t1) / static_cast<double>(t2 - t1);
}

}  // namespace

void TellResets(store::SeriesColumns& columns) {
  using Reset = model::Histogram::Reset;
  HistogramPtr previous;
  for (model::HistogramSample& sample : columns.histograms) {
    const HistogramPtr original = sample.histogram;
    if (original->reset == Reset::kUnknown && previous != nullptr &&
        !model::IsStaleNan(original->sum)) {
      auto copy = std::make_shared<model::Histogram>(*original);
      copy->reset = DetectReset(*original, *previous) ? Reset::kYes : Reset::kNo;
      sample.histogram = std::move(copy);
    }
    if (!model::IsStaleNan(original->sum)) previous = original;
  }
}

int64_t Evaluator::RefTime(const TimeShift& shift, size_t step) const {
  const int64_t offset_ms = shift.original_offset_ns / kNsPerMs;
  // Times beyond are nobody's, and would overflow with ranges added.
  constexpr int64_t kFar = int64_t{1} << 60;
  return std::clamp(shift.at_ms.has_value() ? *shift.at_ms : grid_.At(step), -kFar, kFar) -
         offset_ms;
}

Evaluator::Reach Evaluator::ReachOf(const TimeShift& shift) const {
  return {RefTime(shift, 0), RefTime(shift, steps_ - 1)};
}

base::Result<std::unique_ptr<store::SeriesCursor>> Evaluator::Open(const VectorSelector& node,
                                                                   int64_t start_ms, int64_t end_ms,
                                                                   std::string_view function) {
  store::SampleQuery query;
  query.tenant = run_.context->tenant();
  query.matchers = node.matchers;
  query.start_ms = start_ms;
  query.end_ms = end_ms;
  query.step_ms = grid_.step_ms;
  query.function = std::string(function);
  query.series_limit = run_.context->limits().max_series;
  auto cursor = run_.source->Select(query);
  if (!cursor) return base::Wrap(std::move(cursor).error(), "expanding series");
  return cursor;
}

base::Result<Matrix> Evaluator::EvalSelector(const VectorSelector& node) {
  if (node.smoothed) return EvalSmoothed(node);
  const int64_t lookback = run_.options->lookback_ms;
  const Reach reach = ReachOf(node.shift);
  const int64_t stride = node.shift.at_ms.has_value() ? 0 : grid_.step_ms;
  PHAROS_TRY(const auto cursor, Open(node, reach.first_ms - lookback + 1, reach.last_ms, ""));
  Matrix matrix;
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) break;
    if (node.counts_only) TellResets(columns);
    Row row = NewRow({});
    Newest newest(columns);
    int64_t count = columns.histograms.empty()
                        ? FillFloats(columns, reach.first_ms, stride, lookback, row.values)
                        : 0;
    for (size_t step = 0; step < steps_ && !columns.histograms.empty(); ++step) {
      const int64_t ref = RefTime(node.shift, step);
      if (!newest.SeekTo(ref) || newest.time_ms() <= ref - lookback || newest.stale()) continue;
      if (newest.is_histogram()) {
        row.SetHistogram(step, newest.histogram());
        count += HistogramSize(*newest.histogram());
      } else {
        row.values[step] = newest.value();
        ++count;
      }
    }
    if (count == 0) continue;
    run_.context->CountRead(count);
    PHAROS_TRY_VOID(run_.context->Charge(count));
    row.labels = columns.labels;
    matrix.rows.push_back(std::move(row));
    PHAROS_TRY_VOID(CheckCells(matrix.rows.size()));
  }
  return matrix;
}

// `smoothed`: linear interpolation between the neighbours of each step.
base::Result<Matrix> Evaluator::EvalSmoothed(const VectorSelector& node) {
  const int64_t lookback = run_.options->lookback_ms;
  const Reach reach = ReachOf(node.shift);
  PHAROS_TRY(const auto cursor,
             Open(node, reach.first_ms - lookback + 1, reach.last_ms + lookback, ""));
  Matrix matrix;
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) break;
    Row row = NewRow(columns.labels);
    const auto& times = columns.times_ms;
    for (size_t step = 0; step < steps_; ++step) {
      const int64_t ref = RefTime(node.shift, step);
      size_t next =
          static_cast<size_t>(std::lower_bound(times.begin(), times.end(), ref) - times.begin());
      while (next < times.size() && model::IsStaleNan(columns.values[next])) ++next;
      const bool has_next = next < times.size() && times[next] <= ref + lookback;
      if (has_next && times[next] == ref) {
        row.values[step] = columns.values[next];
        continue;
      }
      size_t previous =
          static_cast<size_t>(std::lower_bound(times.begin(), times.end(), ref) - times.begin());
      while (previous > 0 && model::IsStaleNan(columns.values[previous - 1])) --previous;
      if (previous == 0 || times[previous - 1] <= ref - lookback) continue;
      --previous;
      row.values[step] = has_next ? Interpolate(times[previous], columns.values[previous],
                                                times[next], columns.values[next], ref)
                                  : columns.values[previous];
    }
    matrix.rows.push_back(std::move(row));
    PHAROS_TRY_VOID(CheckCells(matrix.rows.size()));
  }
  PHAROS_TRY_VOID(Finish(&matrix));
  return matrix;
}

// timestamp(selector) is the time of the sample itself, not of the step.
base::Result<Matrix> Evaluator::EvalTimestamp(const VectorSelector& selector, bool starts) {
  if (starts && !run_.options->use_start_timestamps) return Matrix{};
  TimeShift shift;
  // With @ Prometheus looks at that very time, whatever the offset.
  shift.original_offset_ns =
      selector.shift.at_ms.has_value() ? 0 : selector.shift.original_offset_ns;
  shift.at_ms = selector.shift.at_ms;
  PHAROS_TRY(Matrix matrix, SampleTimes(selector, shift, starts));
  for (Row& row : matrix.rows) DropName(&row);
  return matrix;
}

// The times (in seconds) of the samples that a selector would yield, or their start times.
base::Result<Matrix> Evaluator::SampleTimes(const VectorSelector& selector, const TimeShift& shift,
                                            bool starts) {
  const int64_t lookback = run_.options->lookback_ms;
  const Reach reach = ReachOf(shift);
  PHAROS_TRY(const auto cursor,
             Open(selector, reach.first_ms - lookback + 1, reach.last_ms, "timestamp"));
  Matrix matrix;
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) break;
    Row row = NewRow(columns.labels);
    Newest newest(columns);
    for (size_t step = 0; step < steps_; ++step) {
      const int64_t ref = RefTime(shift, step);
      if (!newest.SeekTo(ref) || newest.time_ms() <= ref - lookback || newest.stale()) continue;
      const int64_t time_ms = starts ? newest.start_ms() : newest.time_ms();
      row.values[step] = static_cast<double>(time_ms) / 1000;
    }
    matrix.rows.push_back(std::move(row));
    PHAROS_TRY_VOID(CheckCells(matrix.rows.size()));
  }
  PHAROS_TRY_VOID(Finish(&matrix));
  return matrix;
}

}  // namespace pharos::query::promql
