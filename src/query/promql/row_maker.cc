#include "query/promql/row_maker.h"

#include <algorithm>

#include "query/promql/histogram_math.h"
#include "query/promql/newest.h"

namespace pharos::query::promql {
namespace {

bool CounterName(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

bool IsStale(const model::HistogramSample& sample) {
  return model::IsStaleNan(sample.histogram->sum);
}

}  // namespace

void TellResets(std::vector<model::HistogramSample>& histograms) {
  using Reset = model::Histogram::Reset;
  HistogramPtr previous;
  for (model::HistogramSample& sample : histograms) {
    const HistogramPtr original = sample.histogram;
    if (original->reset == Reset::kUnknown && previous != nullptr && !IsStale(sample)) {
      auto copy = std::make_shared<model::Histogram>(*original);
      copy->reset = DetectReset(*original, *previous) ? Reset::kYes : Reset::kNo;
      sample.histogram = std::move(copy);
    }
    if (!model::IsStaleNan(original->sum)) previous = original;
  }
}

base::Result<int64_t> RowMaker::Make(const store::SeriesSpan& span, std::string_view metric,
                                     exec::Annotations& remarks, Row* row, int64_t* read) {
  row->values.resize(recipe_.steps);
  row->histograms.clear();
  if (recipe_.counts_only && !span.histograms.empty()) {
    kept_.histograms.assign(span.histograms.begin(), span.histograms.end());
    // A stale marker says nothing of the count, and range functions do not see it.
    if (!recipe_.is_instant) std::erase_if(kept_.histograms, IsStale);
    TellResets(kept_.histograms);
    store::SeriesSpan told = span;
    told.histograms = kept_.histograms;
    return recipe_.is_instant ? base::Result<int64_t>(InstantMixed(told, row, read))
                              : Range(told, metric, remarks, row, read);
  }
  if (!recipe_.is_instant) return Range(span, metric, remarks, row, read);
  return span.histograms.empty() && !recipe_.plain ? Instant(span, row, read)
                                                   : InstantMixed(span, row, read);
}

int64_t RowMaker::Instant(const store::SeriesSpan& span, Row* row, int64_t* read) {
  const WindowBounds& plan = *plans_.Of(span).bounds;
  if (plan.filled == 0) return 0;
  // A stale marker is what stands for "nothing" anyway.
  const auto some = [&](size_t begin, size_t end) {
    for (size_t step = begin; step < end; ++step) {
      row->values[step] =
          plan.high[step] > plan.low[step] ? span.values[plan.high[step] - 1] : Absent();
    }
  };
  if (plan.move == 1 && plan.end > plan.begin && plan.high[plan.begin] > plan.low[plan.begin]) {
    // From step to step the next sample.
    some(0, plan.begin);
    std::copy_n(span.values.data() + plan.high[plan.begin] - 1, plan.end - plan.begin,
                row->values.data() + plan.begin);
    some(plan.end, recipe_.steps);
  } else {
    some(0, recipe_.steps);
  }
  const auto count = static_cast<int64_t>(
      span.finite ? plan.filled : Kernels().count_present(row->values.data(), row->values.size()));
  *read += count;
  return count;
}

int64_t RowMaker::InstantMixed(const store::SeriesSpan& span, Row* row, int64_t* read) {
  std::fill(row->values.begin(), row->values.end(), Absent());
  Newest newest(span);
  int64_t count = 0;
  int64_t ref_ms = recipe_.windows.first_end_ms;
  for (size_t step = 0; step < recipe_.steps; ++step, ref_ms += recipe_.windows.stride_ms) {
    if (!newest.SeekTo(ref_ms) || newest.time_ms() <= ref_ms - recipe_.windows.range_ms ||
        newest.stale()) {
      continue;
    }
    if (newest.is_histogram()) {
      row->SetHistogram(step, newest.histogram());
      count += HistogramSize(*newest.histogram());
    } else {
      row->values[step] = newest.value();
      ++count;
    }
  }
  *read += count;
  return count;
}

store::SeriesSpan RowMaker::WithoutStale(const store::SeriesSpan& span) {
  store::SeriesSpan out = span;
  if (!span.finite &&
      Kernels().count_present(span.values.data(), span.values.size()) < span.values.size()) {
    kept_.times_ms.clear();
    kept_.values.clear();
    kept_.starts_ms.clear();
    for (size_t i = 0; i < span.values.size(); ++i) {
      if (model::IsStaleNan(span.values[i])) continue;
      kept_.times_ms.push_back(span.times_ms[i]);
      kept_.values.push_back(span.values[i]);
      if (!span.starts_ms.empty()) kept_.starts_ms.push_back(span.starts_ms[i]);
    }
    out.times_ms = kept_.times_ms;
    out.values = kept_.values;
    out.starts_ms = kept_.starts_ms;
    out.times_id = 0;
    out.period_ms = 0;
    out.rising = false;
  }
  if (std::any_of(span.histograms.begin(), span.histograms.end(), IsStale)) {
    kept_.histograms.assign(span.histograms.begin(), span.histograms.end());
    std::erase_if(kept_.histograms, IsStale);
    out.histograms = kept_.histograms;
  }
  return out;
}

base::Result<int64_t> RowMaker::Range(const store::SeriesSpan& all, std::string_view metric,
                                      exec::Annotations& annotations, Row* row, int64_t* read) {
  Remarks remarks(annotations);
  const store::SeriesSpan span = WithoutStale(all);
  const SweepOptions& sweep = recipe_.sweep;
  int64_t count = 0;
  bool any_float = false;
  if (recipe_.column != ColumnFunction::kNone && !recipe_.plain && span.histograms.empty() &&
      (span.starts_ms.empty() || !sweep.use_starts || !recipe_.heeds_starts) &&
      !sweep.shape.anchored && !sweep.shape.smoothed) {
    const WindowPlan& plan = plans_.Of(span);
    *read += plan.bounds->samples;
    if (plan.bounds->filled == 0) return 0;
    count = static_cast<int64_t>(ApplyColumnFunction(
        recipe_.column, recipe_.windows, plan,
        {span.times_ms, span.values, span.finite, span.rising}, column_scratch_, row->values));
    any_float = count > 0;
  } else {
    PHAROS_TRY(count, Sweep(span, metric, remarks, row, read));
    if (count > 0 && recipe_.wants_counter)
      any_float = Kernels().count_present(row->values.data(), row->values.size()) > 0;
  }
  if (recipe_.wants_counter && any_float && !metric.empty() && !CounterName(metric))
    remarks.PossibleNonCounter(metric, recipe_.range_arg);
  return count;
}

base::Result<int64_t> RowMaker::Sweep(const store::SeriesSpan& span, std::string_view metric,
                                      Remarks& remarks, Row* row, int64_t* read) {
  const RangeCallInfo info{recipe_.range_arg, recipe_.first_arg, recipe_.call, &remarks,
                           &range_scratch_};
  SeriesSweep sweep(recipe_.sweep, info);
  sweep.Begin(span, metric);
  args_.resize(recipe_.args.size());
  std::fill(row->values.begin(), row->values.end(), Absent());
  int64_t count = 0;
  int64_t ref_ms = recipe_.windows.first_end_ms;
  for (size_t step = 0; step < recipe_.steps; ++step, ref_ms += recipe_.windows.stride_ms) {
    if (step % 16 == 15) PHAROS_TRY_VOID(context_.Check("expression evaluation"));
    for (size_t i = 0; i < args_.size(); ++i) args_[i] = recipe_.args[i][step];
    WindowResult out;
    if (!sweep.Step(ref_ms, recipe_.grid.At(step), args_, read, &out)) continue;
    if (!out.error.empty())
      return base::Fail(base::ErrorKind::kUnprocessable, std::move(out.error));
    if (out.histogram != nullptr) {
      count += HistogramSize(*out.histogram);
      row->SetHistogram(step, std::move(out.histogram));
    } else if (out.has_float) {
      row->values[step] = out.value;
      ++count;
    }
  }
  return count;
}

}  // namespace pharos::query::promql
