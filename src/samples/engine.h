// The sample engine: everything of the Prometheus data model, from the appender's door to
// sealed parts and back. Stands behind store/samples.h; knows no wire format and no query
// language. The WAL, the MANIFEST, the clock and the memory budget are the process's.
//
// Start: Manifest::Open → SampleEngine::Open → Wal::Open, whose callback gives frames of
// Signal::kSamples to Replay → AttachWal. Before AttachWal nothing may be appended.
#pragma once

#include <atomic>
#include <functional>
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
#include "samples/activity.h"
#include "samples/page_cache.h"
#include "samples/replay_refs.h"
#include "samples/tenant.h"
#include "samples/time_runs.h"
#include "store/cardinality.h"
#include "store/events.h"
#include "store/exemplars.h"
#include "store/sample_admin.h"
#include "store/samples.h"

namespace pharos::samples {

struct SampleEngineOptions {
  int64_t retention_ms = 15LL * 24 * 3600 * 1000;     ///< 0: keep for ever
  int64_t out_of_order_window_ms = 30LL * 60 * 1000;  ///< 0: none
  bool later_write_wins =
      true;             ///< false: Prometheus's refusal of another value at the newest time
  SeriesLimits limits;  ///< a tenant
  uint32_t shards = 0;  ///< a power of two; 0: as many as cores
  int64_t seal_age_ms = 30LL * 60 * 1000;
  uint64_t seal_samples = 25'000'000;
  uint64_t seal_wal_bytes = 512ull << 20;
  size_t seal_memory_bytes = 0;            ///< of memtables; 0: a third of the budget
  uint64_t retention_bytes = 0;            ///< of parts and log; 0: no limit
  uint64_t min_free_bytes = 256ull << 20;  ///< with less on the disk nothing is taken
};

/// Owns: tenants, their memory and open parts; borrows manifest, WAL, clock and budget, which
/// outlive it. Threads: any call from any thread; Replay and AttachWal only at the start;
/// Flush, Tick and Urgent wait for each other where they must. Errors: a failed seal or merge
/// leaves everything readable and is tried again; a corrupt part fails only the queries that touch
/// it. Cost: see Head for appends; Select copies what is open and decodes as the cursor moves.
class SampleEngine final : public store::SampleSink,
                           public store::SampleSource,
                           public store::SampleAdmin,
                           public store::CardinalitySource,
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
  /// Who keeps exemplars, from the first append on; without one they are left out.
  void AttachExemplars(store::ExemplarStore& exemplars) { exemplars_ = &exemplars; }

  /// `wake` is called, from whatever thread, when memory has become so full that Urgent would
  /// seal. Set it before anything is appended.
  void OnSealDue(std::function<void()> wake) { wake_ = std::move(wake); }

  /// For a reload. Takes effect with the next append or Tick.
  void SetOutOfOrderWindow(int64_t window_ms, bool later_write_wins);
  void SetRetention(int64_t retention_ms, uint64_t retention_bytes);
  std::pair<int64_t, uint64_t> Retention() const { return {retention_ms_, retention_bytes_}; }
  /// True while the disk has less than options.min_free_bytes: appends fail with kFull.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }

  // store::SampleSink
  std::unique_ptr<store::SampleAppender> Begin(std::string_view tenant) override;

  /// The same, for writes that are refused last: those of rules.
  store::SampleSink& reserved_sink() { return reserved_sink_; }
  /// Metrics whose new series are refused last too, since rules and SLOs read them.
  void SetReservedMetrics(std::set<std::string, std::less<>> metrics);

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
  base::Result<void> Urgent() override;
  /// Tick without Urgent, for a thread that has time.
  base::Result<void> TickButSeal();

  // store::SampleAdmin
  base::Result<void> Delete(std::string_view tenant, const std::vector<model::Matcher>& matchers,
                            int64_t start_ms, int64_t end_ms) override;
  base::Result<void> CleanTombstones() override;
  base::Result<std::string> Snapshot(bool skip_memory) override;
  std::vector<store::SamplePart> Parts(std::string_view tenant) override;

  // store::CardinalitySource
  store::HeadCardinality InMemory(std::string_view tenant, size_t limit) override;
  base::Result<store::CardinalityReport> Cardinality(const store::CardinalityQuery& query) override;

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
  /// What the newest of the tenant's parts knows of metadata, into memory.
  void LoadExtras(Tenant& tenant, uint32_t generation);
  TenantPtr TenantOf(std::string_view name);
  void RegisterGauges();
  TenantPtr FindTenant(std::string_view name) const;  ///< null when there is none
  std::vector<TenantPtr> AllTenants() const;
  AppendRules Rules() const;
  /// For a series that is new in memory: what the parts know of its newest sample.
  /// True when they know it.
  bool SeedFromParts(Tenant& tenant, const model::Labels& labels, store::SeriesHandle handle);

  // admission.cc
  base::Result<void> Admission(Priority priority) const;
  bool Reserved(std::string_view metric) const;
  void NoteNewSeries(Tenant& tenant, const model::Labels& labels, store::SeriesHandle handle);
  void CountRefused(std::span<const store::Refused> refused) const;
  class ReservedSink final : public store::SampleSink {
   public:
    explicit ReservedSink(SampleEngine& engine) : engine_(engine) {}
    std::unique_ptr<store::SampleAppender> Begin(std::string_view tenant) override;

   private:
    SampleEngine& engine_;
  };

  // seal.cc; all under seal_mutex_
  bool SealIsDue() const;
  void NoteGrowth() const;
  /// Whether memtables of so many bytes and series are worth a seal.
  bool Full(size_t bytes, uint64_t series) const;
  base::Result<void> SealLocked();
  void Rotate();
  class TenantSeal;

  // deletion.cc
  void Bury(Tenant& tenant, TombstonePtr tombstone);
  base::Result<void> ReplayTombstone(const io::WalFrame& frame);
  base::Result<void> SkipPartIds(uint64_t limit);
  /// As Tenant::ChangeParts; the new ones learn of their tombstones.
  void ExchangeParts(Tenant& tenant, const PartList& gone, const PartList& more);
  base::Result<void> SaveTombstones();
  base::Result<void> LoadTombstones();
  base::Result<bool> CleanOne(Tenant& tenant);
  base::Result<void> CleanTenant(Tenant& tenant);
  base::Result<void> CleanRested();
  base::Result<void> ForgetTombstones(Tenant& tenant, const Tombstones& carried_out);

  base::Result<void> CopyParts(const std::string& directory);  // snapshot.cc

  // maintenance.cc
  base::Result<void> Seal();
  base::Result<void> SealIfDue();
  base::Result<bool> MergeOnce(bool final);
  base::Result<void> MergeRun(Tenant& tenant, const PartList& run, bool final);
  PartInfo MergedInfo(const PartList& run, bool final) const;
  /// False when the disk has no room for another copy of these.
  bool RoomFor(const PartList& run) const;
  void TrimIndexes();

  // retention.cc
  base::Result<void> DropExpired();
  base::Result<void> DropOversize();
  base::Result<void> DropParts(Tenant& tenant, const PartList& gone);
  void WatchDisk();

  io::Manifest& manifest_;
  base::Clock& clock_;
  base::MemoryBudget& budget_;
  const SampleEngineOptions options_;
  const uint32_t shards_;
  io::Wal* wal_ = nullptr;
  std::function<void()> wake_;
  store::ExemplarStore* exemplars_ = nullptr;
  PageCache cache_;
  TimeRuns time_runs_;

  std::atomic<int64_t> retention_ms_, window_ms_;
  std::atomic<uint64_t> retention_bytes_;
  std::atomic<bool> later_write_wins_;
  std::atomic<bool> disk_full_{false};
  ReservedSink reserved_sink_{*this};
  mutable std::mutex reserved_mutex_;
  std::set<std::string, std::less<>> reserved_metrics_;  // reserved_mutex_

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

  /// Merges, retention, snapshots: what replaces parts. Taken before seal_mutex_.
  std::mutex maintenance_mutex_;
  int64_t merge_retry_ns_ = 0;  // maintenance_mutex_

  /// What sets memory aside or reads what was set aside, and deletions.
  std::mutex seal_mutex_;
  std::optional<PendingSeal> pending_;  // seal_mutex_, like the next ones
  int64_t rotated_ns_ = 0;              // monotonic
  int64_t seal_retry_ns_ = 0;
  uint64_t last_sealed_samples_ = 0;
  Activity activity_;

  std::mutex tombstones_mutex_;         ///< guards each tenant's list; taken after seal_mutex_
  bool tombstones_dirty_ = false;       // tombstones_mutex_
  uint64_t skipped_part_ids_ = 0;       // at the start only
  std::atomic<uint64_t> wal_bytes_{0};  ///< appended since the last rotation

  base::Counter& samples_counter_;
};

}  // namespace pharos::samples
