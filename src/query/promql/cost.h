// What a query would read, guessed before it runs: /api/v1/status/query_cost.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "query/promql/engine.h"

namespace pharos::query::promql {

struct QueryCost {
  uint64_t series = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;    ///< as stored
  uint64_t samples = 0;  ///< to be decoded
  uint64_t cells = 0;    ///< series × steps that selectors and range functions yield
  double seconds = 0;    ///< on one core of this kind of machine
};

/// `step_ms` 0: an instant query at `end_ms`. Each selector counts for itself. kBadInput as
/// Engine; the source's errors. Cost: a look-up of series a selector, no sample is read.
base::Result<QueryCost> EstimateCost(std::string_view query, int64_t start_ms, int64_t end_ms,
                                     int64_t step_ms, store::SampleSource& source,
                                     const EngineOptions& options,
                                     std::string_view tenant = store::kDefaultTenant);

}  // namespace pharos::query::promql
