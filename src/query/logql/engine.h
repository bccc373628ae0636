// Runs a LogQL query over the event store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/labels.h"
#include "query/logql/ast.h"
#include "query/logql/limits.h"
#include "store/events.h"

namespace pharos::query::logql {

struct Params {
  std::string tenant{store::kDefaultTenant};
  int64_t start_ns = 0;     ///< log queries: inclusive; metric queries: the first step
  int64_t end_ns = 0;       ///< log queries: exclusive; metric queries: no step behind it
  int64_t step_ns = 0;      ///< 0 together with `instant`
  int64_t interval_ns = 0;  ///< log queries: at most one entry a stream in so much time
  bool instant = false;
  store::Direction direction = store::Direction::kBackward;
  size_t limit = kDefaultEntries;
  size_t max_series = kMaxSeries;
  /// Monotonic; 0 for none.
  int64_t deadline_ns = 0;
  base::Clock* clock = &base::Clock::System();
  std::function<bool()> cancelled;
};

/// The labels that some entries share, in Loki's three kinds and as one set.
struct LogLabels {
  model::Labels stream;
  model::Labels metadata;
  model::Labels parsed;
  model::Labels merged;
};
struct LogEntry {
  int64_t time_ns = 0;
  std::string line;
  uint32_t labels = 0;  ///< index into LogResult::labels
};
/// Entries in the order of the query's direction over all streams.
struct LogResult {
  std::vector<LogLabels> labels;
  std::vector<LogEntry> entries;
};

struct Point {
  int64_t time_ms = 0;
  double value = 0;
};
struct MetricSeries {
  model::Labels labels;
  std::vector<Point> points;
};
/// Series sorted by labels, unless the query itself sorts.
struct MatrixResult {
  std::vector<MetricSeries> series;
};
/// Each series with one point.
struct VectorResult {
  std::vector<MetricSeries> series;
};
struct ScalarResult {
  Point point;
};

struct Stats {
  uint64_t bytes = 0;  ///< of lines that were looked at
  uint64_t lines = 0;  ///< that were looked at
  uint64_t post_filter_lines = 0;
  uint64_t entries_returned = 0;
  int64_t exec_ns = 0;
};

struct QueryResult {
  std::variant<LogResult, MatrixResult, VectorResult, ScalarResult> data;
  Stats stats;
};

/// Runs `expr`. Errors: kBadInput with Loki's text (also pipeline errors of metric
/// queries), kLimit for too many series or steps, kTimeout, kCancelled.
/// Threads: any; each call on its own.
base::Result<QueryResult> Run(const Expr& expr, const Params& params, store::EventSource& events);

}  // namespace pharos::query::logql
