// What a query would read, guessed before it runs: /api/v1/status/query_cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/promql/engine.h"

namespace pharos::query::promql {

/// What one selector reads, its range and offset counted.
struct SelectorCost {
  std::string selector;  ///< as Prometheus prints it
  int64_t start_ms = 0, end_ms = 0;
  store::SelectCost reads;
};

struct QueryCost {
  std::vector<SelectorCost> selectors;
  store::SelectCost reads;  ///< of all selectors together
  uint64_t cells = 0;       ///< series × steps that selectors and range functions yield
  double seconds = 0;       ///< on one core of this kind of machine
};

/// `step_ms` 0: an instant query at `end_ms`. Each selector counts for itself. Errors as
/// Engine's; the source's own. Cost: a look-up of series a selector, no sample is read.
base::Result<QueryCost> EstimateCost(std::string_view query, int64_t start_ms, int64_t end_ms,
                                     int64_t step_ms, store::SampleSource& source,
                                     const EngineOptions& options,
                                     std::string_view tenant = store::kDefaultTenant);

}  // namespace pharos::query::promql
