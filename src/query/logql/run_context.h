// What all parts of one running query share. Internal.
#pragma once

#include "query/logql/engine.h"

namespace pharos::query::logql {

/// Threads: one.
class RunContext {
 public:
  RunContext(const Params& params, store::EventSource& events) : params(params), events(events) {}

  /// Called about every kCheckEvery events: is there still someone who wants the answer?
  base::Result<void> Check() const;
  /// Calls Check on every kCheckEvery-th call.
  base::Result<void> Tick() {
    if (++ticks_ % kCheckEvery != 0) return {};
    return Check();
  }

  /// Steps of a metric query: 1 for an instant one.
  size_t Steps() const {
    return params.instant
               ? 1
               : static_cast<size_t>((params.end_ns - params.start_ns) / params.step_ns) + 1;
  }
  int64_t StepTime(size_t step) const {
    return params.start_ns + static_cast<int64_t>(step) * params.step_ns;
  }

  const Params& params;
  store::EventSource& events;
  Stats stats;

 private:
  size_t ticks_ = 0;
};

/// One series of an intermediate result, dense over the steps.
struct StepSeries {
  model::Labels labels;
  std::vector<double> values;
  std::vector<uint8_t> present;
};
struct StepVector {
  std::vector<StepSeries> series;
  bool sorted = false;  ///< in the order that the query asked for
  bool scalar = false;  ///< a literal: one series without labels
};

StepSeries MakeSeries(model::Labels labels, size_t steps);

base::Result<StepVector> Evaluate(const Expr& expr, RunContext& context);
/// `outer`: the grouping of a sum around the call, by which lines can be added up at once; or null.
base::Result<StepVector> EvaluateRange(const RangeAggregation& call, const Grouping* outer,
                                       RunContext& context);
base::Result<StepVector> Aggregate(const VectorAggregation& call, StepVector input,
                                   RunContext& context);
base::Result<StepVector> EvaluateBinary(const Binary& binary, StepVector left, StepVector right,
                                        RunContext& context);
base::Result<StepVector> ReplaceLabels(const LabelReplace& call, StepVector input);
base::Result<LogResult> RunLog(const LogExpr& log, RunContext& context);

/// The labels that a grouping leaves.
model::Labels GroupLabels(const model::Labels& labels, const Grouping& grouping);

}  // namespace pharos::query::logql
