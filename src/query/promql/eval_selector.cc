// Instant vector selectors: the newest sample in the lookback at every step.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/go_duration.h"
#include "query/promql/newest.h"

namespace pharos::query::promql {
namespace {

double Interpolate(int64_t t1, double v1, int64_t t2, double v2, int64_t t) {
  return v1 + (v2 - v1) * static_cast<double>(t - t1) / static_cast<double>(t2 - t1);
}

}  // namespace

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

store::SampleQuery Evaluator::QueryOf(const VectorSelector& node, int64_t start_ms, int64_t end_ms,
                                      std::string_view function) const {
  store::SampleQuery query;
  query.tenant = run_.context->tenant();
  query.matchers = node.matchers;
  query.start_ms = start_ms;
  query.end_ms = end_ms;
  query.step_ms = grid_.step_ms;
  query.function = std::string(function);
  query.series_limit = run_.context->limits().max_series;
  return query;
}

base::Result<std::unique_ptr<store::SeriesCursor>> Evaluator::Open(const VectorSelector& node,
                                                                   int64_t start_ms, int64_t end_ms,
                                                                   std::string_view function) {
  auto cursor = run_.source->Select(QueryOf(node, start_ms, end_ms, function));
  if (!cursor) return base::Wrap(std::move(cursor).error(), "expanding series");
  return cursor;
}

base::Result<Matrix> Evaluator::EvalSelector(const VectorSelector& node) {
  if (node.smoothed) return EvalSmoothed(node);
  RowStream stream;
  PHAROS_TRY_VOID(OpenSelector(node, false, &stream));
  return CollectRows(stream);
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
    const store::SeriesSpan span{columns.times_ms, columns.values, columns.starts_ms,
                                 columns.histograms};
    Newest newest(span);
    for (size_t step = 0; step < steps_; ++step) {
      const int64_t ref = RefTime(shift, step);
      if (!newest.SeekTo(ref) || newest.time_ms() <= ref - lookback || newest.stale()) continue;
      const int64_t time_ms = starts ? newest.start_ms() : newest.time_ms();
      run_.context->CountRead(1);
      row.values[step] = static_cast<double>(time_ms) / 1000;
    }
    matrix.rows.push_back(std::move(row));
    PHAROS_TRY_VOID(CheckCells(matrix.rows.size()));
  }
  PHAROS_TRY_VOID(Finish(&matrix));
  return matrix;
}

}  // namespace pharos::query::promql
