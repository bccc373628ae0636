// From one series' samples to its row: what an instant selector or a range function yields at
// each step. By whole columns where that gives the same, else window by window.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "query/exec/context.h"
#include "query/promql/column_function.h"
#include "query/promql/series_sweep.h"
#include "query/promql/value.h"
#include "store/samples.h"

namespace pharos::query::promql {

/// What is to be made of every series; the same for all workers.
struct RowRecipe {
  Grid grid;
  size_t steps = 0;
  WindowGrid windows;
  bool counts_only = false;  ///< buckets of histograms do not matter
  bool plain = false;        ///< never by whole columns (for tests)
  bool is_instant = true;    ///< a selector; the rest says which function
  SweepOptions sweep;
  ColumnFunction column = ColumnFunction::kNone;
  std::vector<std::vector<double>> args;  ///< scalar arguments in order, a value a step
  bool heeds_starts = false;              ///< rate, increase, irate, resets
  bool wants_counter = false;             ///< rate, increase: says what is no counter
  Span range_arg, first_arg, call;        ///< for remarks
};

/// Owns: scratch. Threads: one; one a worker. Errors: kUnprocessable from functions; the
/// context's own. Cost: see ColumnFunction and SeriesSweep; allocates only what rows keep.
class RowMaker {
 public:
  /// `plans`: of the recipe's windows; shared with the other workers.
  RowMaker(const RowRecipe& recipe, exec::QueryContext& context, SharedWindowPlans& plans)
      : recipe_(recipe), context_(context), plans_(plans) {}

  /// Fills values and histograms of `row`; remarks go to `remarks`, what was looked at is added
  /// to `read`. Returns how many samples the row holds.
  base::Result<int64_t> Make(const store::SeriesSpan& span, std::string_view metric,
                             exec::Annotations& remarks, Row* row, int64_t* read);

 private:
  int64_t Instant(const store::SeriesSpan& span, Row* row, int64_t* read);
  int64_t InstantMixed(const store::SeriesSpan& span, Row* row, int64_t* read);
  base::Result<int64_t> Range(const store::SeriesSpan& span, std::string_view metric,
                              exec::Annotations& remarks, Row* row, int64_t* read);
  base::Result<int64_t> Sweep(const store::SeriesSpan& span, std::string_view metric,
                              Remarks& remarks, Row* row, int64_t* read);
  store::SeriesSpan WithoutStale(const store::SeriesSpan& span);

  const RowRecipe& recipe_;
  exec::QueryContext& context_;
  WindowPlans plans_;
  ColumnScratch column_scratch_;
  RangeScratch range_scratch_;
  store::SeriesColumns kept_;  // a series that had to be copied
  std::vector<double> args_;
};

/// Gives histograms that do not know whether they were reset the answer, from their
/// predecessors.
void TellResets(std::vector<model::HistogramSample>& histograms);

}  // namespace pharos::query::promql
