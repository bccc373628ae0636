// The series of a range aggregation while it reads: samples in, one value a series and step out.
//
// Counts and bytes need no samples: each line falls into a run of steps, and two entries in
// a difference array say so; memory is steps, not lines, and the sums are whole numbers, so
// nothing is rounded. Everything else keeps its samples and slides a window over them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "query/logql/ast.h"
#include "query/logql/entry.h"
#include "query/logql/limits.h"
#include "query/logql/range_functions.h"
#include "query/logql/run_context.h"
#include "query/logql/step_ranges.h"

namespace pharos::query::logql {

/// Owns: samples and counts; borrows what it is made of. Threads: one. Errors: kLimit for too
/// many series, points or samples.
class RangeSeries {
 public:
  /// `grouping`: null where series keep all their labels.
  RangeSeries(const RangeAggregation& call, const Grouping* grouping, const StepRanges& ranges,
              RunContext& context);

  /// Lines are counted, their values do not matter.
  bool counting() const { return counting_; }
  bool by_bytes() const { return by_bytes_; }
  bool absent() const { return absent_; }

  /// The number of the series that these labels lead to; it may be new.
  base::Result<size_t> Of(const EntryLabels& labels);
  /// The same by the values of the grouping's labels, in its order; nothing for a new one.
  std::optional<size_t> Find(std::span<const std::string_view> values);
  base::Result<void> Add(size_t series, int64_t time_ns, const StepRange& steps, double value,
                         size_t line_bytes) {
    if (counting_) {
      Count(series, steps, 1, static_cast<int64_t>(line_bytes));
    } else {
      if (++held_ > kMaxHeldSamples) return TooManySamples();
      series_[series].samples.push_back({time_ns, value});
    }
    return {};
  }
  /// `lines` lines, where they are counted.
  void Count(size_t series, const StepRange& steps, int64_t lines, int64_t bytes);

  /// Once, at the end.
  base::Result<StepVector> Values();

 private:
  struct Collected {
    model::Labels labels;
    std::vector<RangeSample> samples;
    std::vector<int64_t> counts;  ///< differences, one more than there are steps
    std::vector<int64_t> bytes;
  };
  static base::Result<void> TooManySamples();
  base::Result<size_t> Make(const EntryLabels& labels);
  void AddToKey(std::string_view value);
  void CountValues(const Collected& collected, StepSeries* series) const;
  StepVector Absent() const;

  const RangeAggregation& call_;
  const Grouping* const grouping_;
  const StepRanges& ranges_;
  RunContext& context_;
  const size_t steps_;
  bool by_bytes_ = false;
  bool absent_ = false;
  bool counting_ = false;
  size_t held_ = 0;
  std::string key_;
  std::vector<Collected> series_;
  std::unordered_map<std::string, size_t> by_values_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace pharos::query::logql
