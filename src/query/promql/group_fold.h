// Aggregations: rows are folded into their group's column, one row after the other in order of
// labels, so that sums come out as Prometheus's.
#pragma once

#include <memory>
#include <vector>

#include "query/exec/context.h"
#include "query/promql/ast.h"
#include "query/promql/remarks.h"
#include "query/promql/value.h"

namespace pharos::query::promql {

/// Owns: a column a group. Threads: one at a time. Errors: none but the context's when many
/// values must be kept (quantile). Cost: a pass over the row; by whole columns for sum, avg,
/// min, max, count and group.
class GroupFold {
 public:
  /// `plain`: value by value (for tests).
  GroupFold(const AggregateExpr& node, size_t steps, exec::QueryContext& context, bool plain);
  ~GroupFold();

  /// Groups are numbered as the caller likes.
  base::Result<void> Add(size_t group, const Row& row);
  /// Groups so far.
  size_t groups() const { return order_.size(); }

  struct Result {
    size_t group = 0;
    Row row;  ///< without labels
  };
  /// In the order in which groups came. `params`: the aggregation's parameter, a step each.
  std::vector<Result> Finish(const std::vector<double>& params);

 private:
  struct State;
  State& StateOf(size_t group);

  const AggregateExpr& node_;
  const size_t steps_;
  exec::QueryContext& context_;
  const bool plain_;
  Remarks remarks_;
  std::vector<std::unique_ptr<State>> states_;  // by group
  std::vector<size_t> order_;
};

}  // namespace pharos::query::promql
