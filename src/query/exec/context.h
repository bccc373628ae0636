// What bounds one query of any language: deadline, samples in memory, the caller's
// patience; and what it wants to say besides its answer (warnings, infos).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/result.h"
#include "query/exec/annotations.h"
#include "query/exec/held_memory.h"

namespace pharos::query::exec {

struct QueryLimits {
  int64_t timeout_ms = 120'000;      ///< Prometheus's query.timeout
  int64_t max_samples = 50'000'000;  ///< in memory at once: query.max-samples
  size_t max_series = 0;             ///< a selector may return; 0: no limit
  int64_t max_bytes = 0;             ///< of memory: limits.query_memory; 0: no limit
  /// What all queries hold together is taken from here; null: nowhere. Outlives them.
  base::MemoryBudget* memory = nullptr;
};

struct QueryStats {
  int64_t total_samples = 0;  ///< looked at, window by window
  int64_t peak_samples = 0;   ///< in memory at once
};

/// Who asked, for the query log; what does not apply is empty.
struct QueryOrigin {
  std::string client, method, path;   ///< of an HTTP request
  std::string rule_file, rule_group;  ///< of a rule
};

/// One query's budget.
///
/// Owns: counters. Threads: Check from any, the rest one at a time. Errors: Check and Charge tell
/// kTimeout, kCancelled and kLimit with the sentence for the caller. Cost: Check reads a clock
/// every 64th call.
class QueryContext {
 public:
  QueryContext(QueryLimits limits, std::string tenant, base::Clock& clock = base::Clock::System())
      : limits_(limits),
        tenant_(std::move(tenant)),
        clock_(clock),
        memory_(limits.memory),
        deadline_ns_(clock.MonotonicNs() + limits.timeout_ms * 1'000'000) {}

  /// Asked now and then, by any of the threads that work on the query, whether the caller has
  /// left.
  void SetCancelled(std::function<bool()> cancelled) { cancelled_ = std::move(cancelled); }

  void SetOrigin(QueryOrigin origin) { origin_ = std::move(origin); }

  const std::string& tenant() const { return tenant_; }
  const QueryOrigin& origin() const { return origin_; }
  base::Clock& clock() const { return clock_; }
  const QueryLimits& limits() const { return limits_; }

  /// Where in the work the query stands goes into the error ("expression evaluation").
  base::Result<void> Check(std::string_view where);
  /// Takes room for `samples` more (or, negative, gives it back).
  base::Result<void> Charge(int64_t samples);
  int64_t held_samples() const { return samples_; }
  /// The query holds `bytes` of memory now, all in all. Says which limit that passes.
  base::Result<void> HoldBytes(int64_t bytes);
  /// Whether it may hold `bytes` more than it does.
  base::Result<void> CheckBytes(int64_t bytes);
  int64_t held_bytes() const { return memory_.bytes(); }
  /// Who keeps the answer keeps this, too: what was taken of the memory of all queries.
  HeldMemory TakeMemory() { return std::move(memory_); }
  void CountRead(int64_t samples) { stats_.total_samples += samples; }
  /// Counts no more than `samples` so far: what an inner evaluation read is its own affair.
  void ResetRead(int64_t samples) { stats_.total_samples = samples; }

  Annotations& annotations() { return annotations_; }
  const QueryStats& stats() const { return stats_; }

 private:
  QueryLimits limits_;
  std::string tenant_;
  QueryOrigin origin_;
  base::Clock& clock_;
  HeldMemory memory_;
  int64_t deadline_ns_;
  std::function<bool()> cancelled_;
  std::atomic<uint32_t> calls_{0};
  int64_t samples_ = 0;
  QueryStats stats_;
  Annotations annotations_;
};

}  // namespace pharos::query::exec
