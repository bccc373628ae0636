// Aggregations: rows are folded into their group's column, one row after the other in order of
// labels, so that sums come out as Prometheus's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
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

  /// Rows, of the `steps`, each into its group; groups are numbered as the caller likes. What is
  /// of one group is added together.
  base::Result<void> Add(std::span<const uint32_t> group_of, std::span<const Row* const> rows);
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
  base::Result<void> AddToGroup(size_t group);
  base::Result<void> AddOne(State& state, const Row& row);

  const AggregateExpr& node_;
  const size_t steps_;
  exec::QueryContext& context_;
  const bool plain_;
  Remarks remarks_;
  std::vector<std::unique_ptr<State>> states_;  // by group
  std::vector<size_t> order_;
  std::vector<uint32_t> latest_;    // a group: 1 + its latest of the rows that are added, or 0
  std::vector<uint32_t> next_;      // a row: 1 + the next one of its group, or 0
  std::vector<const Row*> of_one_;  // the rows of one group
};

}  // namespace pharos::query::promql
