// The sample engine: everything of the Prometheus data model, from the appender's door to
// sealed parts and back. Stands behind store/samples.h; knows no wire format and no query
// language. The WAL, the MANIFEST, the clock and the memory budget are the process's.
//
// Start: Manifest::Open → SampleEngine::Open → Wal::Open, whose callback gives frames of
// Signal::kSamples to Replay → AttachWal. Before AttachWal nothing may be appended.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "io/manifest.h"
#include "io/wal.h"
#include "samples/page_cache.h"
#include "samples/replay_refs.h"
#include "samples/tenant.h"
#include "store/events.h"
#include "store/samples.h"

namespace pharos::samples {

struct SampleEngineOptions {
  int64_t retention_ms = 15LL * 24 * 3600 * 1000;     ///< 0: keep for ever
  int64_t out_of_order_window_ms = 30LL * 60 * 1000;  ///< 0: none
  bool later_write_wins =
      true;               ///< false: Prometheus's refusal of another value at the newest time
  size_t max_series = 0;  ///< a tenant; 0: only the budget limits
  uint32_t shards = 0;    ///< a power of two; 0: as many as cores
  int64_t seal_age_ms = 30LL * 60 * 1000;
  uint64_t seal_samples = 25'000'000;
  uint64_t seal_wal_bytes = 512ull << 20;
  size_t seal_memory_bytes = 0;  ///< of memtables; 0: a third of the budget
};

/// Owns: tenants, their memory and open parts; borrows manifest, WAL, clock and budget, which
/// outlive it. Threads: any call from any thread; Replay and AttachWal only at the start;
/// Flush and Tick exclude each other. Errors: a failed seal or merge leaves everything
/// readable and is tried again; a corrupt part fails only the queries that touch it.
/// Cost: see Head for appends; Select copies what is open and decodes as the cursor moves.
class SampleEngine final : public store::SampleSink,
                           public store::SampleSource,
                           public store::Maintenance {
 public:
  static base::Result<std::unique_ptr<SampleEngine>> Open(io::Manifest& manifest,
                                                          base::Clock& clock,
                                                          base::MemoryBudget& budget,
                                                          SampleEngineOptions options);
  ~SampleEngine() override;

  /// One frame of Signal::kSamples; frames that are in parts already are passed over.
  /// kCorrupt when the payload is no record.
  base::Result<void> Replay(const io::WalFrame& frame);
  void AttachWal(io::Wal& wal);

  /// For a reload. Takes effect with the next append or Tick.
  void SetOutOfOrderWindow(int64_t window_ms, bool later_write_wins);
  void SetRetention(int64_t retention_ms);

  // store::SampleSink
  std::unique_ptr<store::SampleAppender> Begin(std::string_view tenant) override;

  // store::SampleSource
  base::Result<std::unique_ptr<store::SeriesCursor>> Select(
      const store::SampleQuery& query) override;
  base::Result<std::unique_ptr<store::Selection>> Choose(const store::SampleQuery& query) override;
  base::Result<store::SelectCost> Estimate(const store::SampleQuery& query) override;
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery& query) override;
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery& query) override;
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery& query,
                                                     std::string_view name) override;
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view tenant,
                                                                  std::string_view metric) override;
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery& query) override;
  store::SampleStats Stats(std::string_view tenant) override;

  // store::Maintenance
  base::Result<void> Flush() override;
  base::Result<void> Tick() override;

  /// Reads and checks every page of every part; the first error.
  base::Result<void> Verify();
  std::vector<std::string> Tenants() const;

 private:
  friend class EngineAppender;
  using TenantPtr = std::shared_ptr<Tenant>;
  class Replayer;

  /// A generation that was set aside and is not wholly in parts yet.
  struct PendingSeal {
    uint32_t generation = 0;
    uint64_t sequence = 0;                           ///< last WAL frame it contains
    std::set<std::pair<std::string, int64_t>> done;  ///< (tenant, day) already published
  };

  SampleEngine(io::Manifest& manifest, base::Clock& clock, base::MemoryBudget& budget,
               SampleEngineOptions options);
  base::Result<void> OpenParts();
  /// Exemplars (the newest) and metadata of the tenant's parts into memory.
  void LoadExtras(Tenant& tenant, uint32_t generation);
  TenantPtr TenantOf(std::string_view name);
  void RegisterGauges();
  TenantPtr FindTenant(std::string_view name) const;  ///< null when there is none
  std::vector<TenantPtr> AllTenants() const;
  AppendRules Rules() const;
  /// For a series that is new in memory: what the parts know of its newest sample.
  void SeedFromParts(Tenant& tenant, const model::Labels& labels, store::SeriesHandle handle);

  // seal.cc
  bool SealIsDue() const;
  base::Result<void> Seal();
  void Rotate();
  base::Result<void> SealTenant(Tenant& tenant);
  class TenantSeal;

  // maintenance.cc
  base::Result<void> SealIfDue();
  base::Result<void> DropExpired();
  base::Result<bool> MergeOnce(bool final);
  base::Result<void> MergeRun(Tenant& tenant, const PartList& run, bool final);
  void TrimIndexes();
  int64_t TodayStartMs() const;

  io::Manifest& manifest_;
  base::Clock& clock_;
  base::MemoryBudget& budget_;
  const SampleEngineOptions options_;
  const uint32_t shards_;
  io::Wal* wal_ = nullptr;
  PageCache cache_;

  std::atomic<int64_t> retention_ms_, window_ms_;
  std::atomic<bool> later_write_wins_;

  mutable std::shared_mutex tenants_mutex_;
  std::map<std::string, TenantPtr, std::less<>> tenants_;  // tenants_mutex_

  /// Held while a record is declared and handed to the WAL, so that a series' declaration is
  /// never behind its use, while a rotation reads the last sequence, and while
  /// sealed_generation_ rises.
  std::mutex commit_mutex_;
  /// Series declared in an older WAL generation are declared again. Rises with each rotation and
  /// when frames have failed.
  std::atomic<uint32_t> wal_generation_{1};
  uint64_t wal_failures_ = 0;                   // commit_mutex_; as of the last commit
  std::atomic<uint32_t> generation_{1};         ///< of the memtables
  std::atomic<uint32_t> sealed_generation_{0};  ///< this and all older ones are in parts

  std::map<std::string, ReplayRefs, std::less<>> replay_refs_;

  std::mutex maintenance_mutex_;
  std::optional<PendingSeal> pending_;  // maintenance_mutex_
  int64_t rotated_ns_ = 0;              // maintenance_mutex_; monotonic
  int64_t seal_retry_ns_ = 0, merge_retry_ns_ = 0;
  std::atomic<uint64_t> wal_bytes_{0};  ///< appended since the last rotation

  base::Counter& samples_counter_;
  base::Counter& refused_counter_;
};

}  // namespace pharos::samples
