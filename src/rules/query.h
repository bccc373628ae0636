// How rules ask: an instant query whose answer is a vector.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/labels.h"
#include "query/exec/context.h"
#include "query/promql/engine.h"
#include "query/promql/value.h"
#include "store/samples.h"

namespace pharos::rules {

struct VectorSample {
  model::Labels labels;
  double value = 0;
  query::promql::HistogramPtr histogram;  ///< null: a float
};
using Vector = std::vector<VectorSample>;

using QueryFunc = std::function<base::Result<Vector>(std::string_view expression, int64_t time_ms)>;
/// As QueryFunc, for a group of a file: the query log names it.
using GroupQueryFunc = std::function<QueryFunc(const std::string& file, const std::string& group)>;

struct EngineQueryOptions {
  store::SampleSource* source = nullptr;
  query::promql::EngineOptions engine;
  query::exec::QueryLimits limits;
  std::string tenant{store::kDefaultTenant};
  base::Clock* clock = &base::Clock::System();
  const std::atomic<bool>* stopping = nullptr;  ///< running queries end when it is set
};

/// Queries on the PromQL engine; a scalar is a vector of one sample without labels. Errors are
/// the engine's; kUnprocessable for strings and ranges.
QueryFunc EngineQuery(EngineQueryOptions options);
GroupQueryFunc EngineGroupQuery(EngineQueryOptions options);

}  // namespace pharos::rules
