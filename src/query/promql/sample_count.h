// How many samples a query looks at, step by step, as Prometheus counts them: what requests with
// `stats` are told.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/promql/engine.h"

namespace pharos::query::promql {

/// One number a step; an instant query has one step.
struct SampleCounts {
  std::vector<int64_t> looked_at;  ///< windows of steps overlap: a sample counts in each
  std::vector<int64_t> read;       ///< each sample where it is first needed

  int64_t Read() const;
};

/// `grid.step_ms` is 0 for an instant query. What info() joins is not counted.
///
/// Threads: any. Errors: as Engine's. Cost: every selector is read again, and what stands in
/// subqueries evaluated again; so ask only where someone wants to know.
base::Result<SampleCounts> CountSamples(std::string_view query, Grid grid,
                                        store::SampleSource* source, const EngineOptions& options,
                                        exec::QueryContext& context);

}  // namespace pharos::query::promql
