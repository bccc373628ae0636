// The data directory and everything that lives in it: lock, MANIFEST, WAL, both engines,
// and the threads that seal, merge and drop what is due.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/budget.h"
#include "base/clock.h"
#include "base/result.h"
#include "io/manifest.h"
#include "io/wal.h"
#include "query/promql/engine.h"
#include "server/configuration.h"
#include "server/exemplars.h"
#include "store/cardinality.h"
#include "store/event_deletes.h"
#include "store/events.h"
#include "store/sample_admin.h"
#include "store/samples.h"

namespace pharos::events {
class Engine;
}
namespace pharos::samples {
class SampleEngine;
}

namespace pharos::server {

/// Owns: all of the above. Threads: any after Open. Errors: Open says what is wrong with the
/// directory (taken by another process, corrupt, not writable); later failures of upkeep
/// are logged and tried again at the next tick.
class Storage {
 public:
  /// Replays the WAL. Windows and retentions are those of the foreign files where they have a say
  /// and pharos.yaml has none.
  static base::Result<std::unique_ptr<Storage>> Open(const ServeOptions& options,
                                                     const Configuration& configuration);
  ~Storage();

  store::SampleSink& sample_sink();
  /// For rules and SLOs: refused last when memory is short.
  store::SampleSink& rule_sink();
  store::CardinalitySource& cardinality();
  store::SampleAdmin& sample_admin();
  /// Metrics whose new series are refused last too: rules and SLOs read them.
  void SetReservedMetrics(std::set<std::string, std::less<>> metrics);
  /// For a reload: the out-of-order window and the retention of samples.
  void Apply(const ServeOptions& options, const Configuration& configuration);
  /// "15d or 50GiB", as Prometheus says it.
  std::string SampleRetention() const;
  store::SampleSource& sample_source();
  store::ExemplarStore& exemplars() { return *exemplars_; }
  store::EventSink& event_sink();
  store::EventSource& event_source();
  store::EventDeletes& event_deletes();
  /// False where a Loki file says that no lines are deleted.
  bool lines_may_be_deleted() const { return lines_may_be_deleted_; }

  /// Seals and merges everything to its final form and drops the covered WAL.
  base::Result<void> Flush();
  /// Frames that the start read back from the WAL.
  uint64_t replayed_frames() const { return replayed_frames_; }

  /// What PromQL queries may hold, one of them and all together.
  query::exec::QueryLimits QueryLimits() const { return query_limits_; }
  /// PromQL with its queries noted as running, and in the query log while there is one.
  query::promql::EngineOptions QueryEngine();
  /// global.query_log_file of prometheus.yml. Where it lies is Pharos's business (as all paths of
  /// foreign files): in the data directory, under the name that the file would have.
  base::Result<void> ApplyQueryLog(const std::string& file);

 private:
  Storage() = default;
  /// Once a second until the end, and at once where `due` (guarded by mutex_, or null) says so.
  void EverySecond(const std::function<base::Result<void>()>& round, bool* due);
  void RegisterGauges();

  std::string data_dir_;
  PrometheusFeatures features_;
  std::shared_ptr<void> lock_;
  std::unique_ptr<query::exec::ActiveQueries> active_queries_;
  std::unique_ptr<query::exec::QueryLog> query_log_;
  std::unique_ptr<base::MemoryBudget> budget_;
  std::unique_ptr<base::MemoryBudget> query_memory_;
  query::exec::QueryLimits query_limits_;
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<samples::SampleEngine> samples_;
  std::unique_ptr<events::Engine> events_;
  bool lines_may_be_deleted_ = true;
  std::unique_ptr<Exemplars> exemplars_;
  std::unique_ptr<io::Wal> wal_;
  uint64_t replayed_frames_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool seal_due_ = false;     ///< a seal, before its second is over
  std::thread upkeep_;        ///< seals
  std::thread merges_;        ///< of samples: niced, since nobody waits for them
  std::thread event_merges_;  ///< likewise
};

}  // namespace pharos::server
