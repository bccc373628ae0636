// PromQL queries over a SampleSource.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/exec/active_queries.h"
#include "query/exec/context.h"
#include "query/exec/query_log.h"
#include "query/promql/ast.h"
#include "query/promql/value.h"
#include "store/samples.h"

namespace pharos::query::promql {

/// `log` and `active` are noted in where they are given, and outlive the engine.
struct EngineOptions {
  int64_t lookback_ms = 300'000;
  /// Step of subqueries that name none (the global evaluation interval).
  int64_t default_subquery_step_ms = 60'000;
  /// Drop metric names when the query is done instead of operator by operator
  /// (Prometheus's promql-delayed-name-removal; its script tests run that way).
  bool delayed_name_removal = false;
  /// rate, increase, irate, resets and start_timestamp heed the samples' start times
  /// (Prometheus's use-start-timestamps; off there too unless asked for).
  bool use_start_timestamps = false;
  /// One thread, window by window, value by value: what the fast ways are held against in tests.
  bool plain = false;
  /// Answers that are vectors come as rows: less memory, nothing copied.
  bool as_rows = false;
  exec::QueryLog* log = nullptr;
  exec::ActiveQueries* active = nullptr;
};

struct QueryAnswer {
  QueryValue value;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
  exec::QueryStats stats;
};

/// Owns: nothing; the source must outlive it. Threads: any; a call uses its caller's thread.
/// Errors: kBadInput for what does not parse (`1:5: parse error: …`), kUnprocessable for
/// what cannot be evaluated, kLimit, kTimeout, kCancelled from the context, else the source's.
class Engine {
 public:
  Engine(store::SampleSource* source, EngineOptions options) : source_(source), options_(options) {}

  base::Result<QueryAnswer> Instant(std::string_view query, int64_t time_ms,
                                    exec::QueryContext& context) const;
  /// `step_ms` > 0, `end_ms` ≥ `start_ms`. Series sorted by labels.
  base::Result<QueryAnswer> Range(std::string_view query, int64_t start_ms, int64_t end_ms,
                                  int64_t step_ms, exec::QueryContext& context) const;
  const EngineOptions& options() const { return options_; }

 private:
  base::Result<QueryAnswer> RunInstant(std::string_view query, int64_t time_ms,
                                       exec::QueryContext& context) const;
  base::Result<QueryAnswer> RunRange(std::string_view query, const Grid& grid,
                                     exec::QueryContext& context) const;

  store::SampleSource* source_;
  EngineOptions options_;
};

/// The remarks as the API shows them, with the position in `query`; at most `limit` a level
/// (0: all).
void RenderAnnotations(const exec::Annotations& annotations, std::string_view query, size_t limit,
                       std::vector<std::string>* warnings, std::vector<std::string>* infos);

}  // namespace pharos::query::promql
