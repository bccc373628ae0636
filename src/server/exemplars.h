// Exemplars between the engines: of samples by meaning, kept as events, so that they are durable,
// live as long as logs and are found by the trace that they name.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "base/hash.h"
#include "store/events.h"
#include "store/exemplars.h"

namespace pharos::server {

/// A stream a metric, `{__exemplars__="METRIC"}`; docs/format/events.md says what its events hold.
///
/// Owns: what the newest exemplar of each series was; borrows the engine of events. Threads: any.
/// Errors: those of the engine of events. Cost: Append one look-up and one event an exemplar;
/// Select reads the exemplars of the metrics in question and time range, at most kMaxExemplars.
class Exemplars final : public store::ExemplarStore {
 public:
  Exemplars(store::EventSink& sink, store::EventSource& source, base::MemoryBudget& budget)
      : sink_(sink), source_(source), budget_(budget) {}
  ~Exemplars() override { Forget(); }

  base::Ack Append(std::string_view tenant,
                   std::span<const store::SeriesExemplar> exemplars) override;
  base::Result<std::vector<store::SeriesExemplars>> Select(
      const store::SampleQuery& query) override;
  base::Result<std::vector<store::SeriesExemplars>> OfTrace(std::string_view tenant,
                                                            const model::TraceId& id) override;

 private:
  struct Newest {
    int64_t time_ms = 0;
    uint64_t labels = 0;
    double value = 0;
    bool has_time = true;
  };
  /// At a tenant's first exemplar: what is newest of what is stored is not to be taken again.
  void LoadOnce(std::string_view tenant);
  void Load(std::string_view tenant);
  bool TakeNewest(std::string_view tenant, const model::Labels& series,
                  const model::Exemplar& exemplar);
  void Forget();

  store::EventSink& sink_;
  store::EventSource& source_;
  base::MemoryBudget& budget_;
  std::mutex loading_;  // one load at a time; taken before mutex_
  std::mutex mutex_;
  std::unordered_map<base::Hash128, Newest, base::Hash128Hasher> newest_;  // mutex_
  std::set<std::string, std::less<>> loaded_;                              // mutex_; tenants
};

}  // namespace pharos::server
