#include "rules/query.h"

#include <utility>

namespace pharos::rules {

using base::ErrorKind;
using base::Fail;
using base::Result;
using query::promql::ValueType;

namespace {

Result<Vector> VectorOf(query::promql::QueryValue value) {
  if (value.type != ValueType::kVector && value.type != ValueType::kScalar)
    return Fail(ErrorKind::kUnprocessable, "rule result is not a vector or scalar");
  Vector out;
  out.reserve(value.series.size());
  for (auto& series : value.series) {
    VectorSample sample{.labels = std::move(series.labels)};
    if (!series.histograms.empty()) {
      sample.histogram = std::move(series.histograms.back().histogram);
    } else if (!series.floats.empty()) {
      sample.value = series.floats.back().value;
    }
    out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace

namespace {

QueryFunc QueryOf(EngineQueryOptions options, query::exec::QueryOrigin origin) {
  return [options = std::move(options), origin = std::move(origin)](
             std::string_view expression, int64_t time_ms) -> Result<Vector> {
    const query::promql::Engine engine(options.source, options.engine);
    query::exec::QueryContext context(options.limits, options.tenant, *options.clock);
    context.SetOrigin(origin);
    if (options.stopping != nullptr)
      context.SetCancelled([stopping = options.stopping] { return stopping->load(); });
    PHAROS_TRY(auto answer, engine.Instant(expression, time_ms, context));
    return VectorOf(std::move(answer.value));
  };
}

}  // namespace

QueryFunc EngineQuery(EngineQueryOptions options) { return QueryOf(std::move(options), {}); }

GroupQueryFunc EngineGroupQuery(EngineQueryOptions options) {
  return [options = std::move(options)](const std::string& file, const std::string& group) {
    return QueryOf(options, {.rule_file = file, .rule_group = group});
  };
}

}  // namespace pharos::rules
