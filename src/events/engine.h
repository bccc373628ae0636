// The event engine: logs and spans behind store/events.h. Appended events stand in a
// memtable and in the WAL at once, are sealed into parts by day, merged and dropped by age.
//
// Start: Manifest::Open → Engine::Open → Wal::Open with a replay that hands frames of
// Signal::kEvents to Replay → AttachWal. Then call Tick about once a second.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/large_memory.h"
#include "base/result.h"
#include "events/admission.h"
#include "events/common_times.h"
#include "events/cursor.h"
#include "events/deletions.h"
#include "events/learned_bodies.h"
#include "events/limits.h"
#include "events/memtable.h"
#include "events/part.h"
#include "events/part_builder.h"
#include "events/rate_limits.h"
#include "events/stream_registry.h"
#include "events/tails.h"
#include "io/manifest.h"
#include "io/wal.h"
#include "store/event_deletes.h"
#include "store/events.h"

namespace pharos::events {

/// Streams that are kept shorter or longer than others of their kind. Among the rules that match a
/// stream the one with the highest priority counts, then the first.
struct StreamRetention {
  model::EventKind kind = model::EventKind::kLog;
  std::vector<model::Matcher> streams;
  int64_t priority = 0;
  int64_t retention_ns = 0;
};

struct EngineOptions {
  int64_t log_retention_ns = 7 * 86'400'000'000'000;
  int64_t span_retention_ns = 7 * 86'400'000'000'000;
  std::vector<StreamRetention> stream_retention{};
  uint64_t log_retention_bytes = 0;   ///< on disk; the oldest parts go first. 0: no limit
  uint64_t span_retention_bytes = 0;  ///< likewise
  /// For how long a deletion can be taken back: until then its events are hidden, not gone.
  int64_t delete_cancel_ns = 86'400'000'000'000;
  int64_t seal_age_ns = 30 * 60'000'000'000;  ///< of the oldest event in memory
  int64_t seal_idle_ns = 120'000'000'000;     ///< since the last append, of kIdleSealBytes
  uint64_t seal_rows = 4'000'000;
  uint64_t seal_bytes = 12u << 20;                  ///< of memtables, about as much WAL
  std::chrono::milliseconds seal_wait = kSealWait;  ///< of an append, for a seal that lags
  uint64_t max_part_rows = 4'000'000;               ///< merging stops here
  size_t merge_fan_in = 16;              ///< neighbours that are merged in one go, at least
  uint64_t final_part_rows = 48'000;     ///< Flush leaves parts of this size as they are
  size_t splice_percent = 50;            ///< a merge copies granules that are as full as this
  uint64_t min_free_bytes = 256u << 20;  ///< below it on the disk, kFull
  RateLimit log_rate{};                  ///< of a tenant's lines
  RateLimit stream_rate{};               ///< of the lines of one of its streams
  size_t max_streams = 0;                ///< a tenant and kind; 0: the limit of limits.h
  size_t cursor_rows = kCursorRows;      ///< decoded rows that one query holds
  int zstd_level = 3;
};

/// Owns: memtables and open parts; borrows manifest, clock, budget and WAL for its life.
/// Threads: Append and all reads from any thread; Tick, Urgent and Flush from any, they wait for
/// each other where they must;
/// Open, Replay, AttachWal before all others. Errors: see store/events.h; a part that is damaged
/// fails the queries that touch its time range, and only these. After a failed Tick or Flush
/// everything is where it was, and the next one tries again.
/// Cost: Append encodes once outside of locks; readers take a snapshot and hold no lock.
class Engine final : public store::EventSink,
                     public store::EventSource,
                     public store::EventDeletes,
                     public store::Maintenance {
 public:
  static base::Result<std::unique_ptr<Engine>> Open(io::Manifest& manifest, base::Clock& clock,
                                                    base::MemoryBudget& budget,
                                                    EngineOptions options = {});
  ~Engine() override;

  /// Takes one frame of Signal::kEvents; skips what is in parts already.
  base::Result<void> Replay(const io::WalFrame& frame);
  /// From here on appends are logged. Without a WAL they are acknowledged at once (tests).
  void AttachWal(io::Wal& wal);
  /// `wake` is called, from the thread of an append, when a seal is due before the next Tick would
  /// see to it; it must not block. Before the first append.
  void OnSealDue(std::function<void()> wake) { wake_ = std::move(wake); }

  base::Result<store::EventAppendResult> Append(std::string_view tenant,
                                                const model::EventBatch& batch) override;
  base::Room TakeMemory(size_t bytes) override {
    return memory_.Take(bytes, base::LargeMemory::Use::kPassing);
  }

  base::Result<std::unique_ptr<store::EventCursor>> Select(const store::EventQuery& query) override;
  base::Result<bool> Scan(const store::EventQuery& query, store::ScanSink& sink) override;
  base::Result<std::vector<model::Labels>> Streams(const store::EventQuery& query) override;
  base::Result<model::EventBatch> TraceById(std::string_view tenant,
                                            const model::TraceId& id) override;
  std::shared_ptr<void> Tail(const store::EventQuery& query,
                             std::function<void(const model::EventBatch&)> on_batch) override;
  store::EventStats Stats(std::string_view tenant, model::EventKind kind) override;

  base::Result<std::string> AddDeletion(std::string_view tenant,
                                        store::EventDeletion deletion) override;
  std::vector<store::EventDeletion> Deletions(std::string_view tenant) override;
  base::Result<void> CancelDeletion(std::string_view tenant, std::string_view id) override;

  /// Reads and checks every page of every part; the first error, which names the part.
  base::Result<void> Verify();

  base::Result<void> Flush() override;
  base::Result<void> Tick() override;
  base::Result<void> Urgent() override;
  /// The rest of Tick, for a thread that may be slow.
  base::Result<void> Upkeep();

 private:
  using Key = std::pair<std::string, model::EventKind>;  // tenant, kind

  /// Memtables between two seals. All WAL frames in it have numbers in [first, last].
  struct Generation {
    uint64_t number = 0;
    std::atomic<int64_t> born_ns{0};    // the first append; 0 while empty
    std::atomic<int64_t> latest_ns{0};  // the last one
    std::atomic<uint64_t> first_sequence{0};
    std::atomic<uint64_t> last_sequence{0};
    std::atomic<uint64_t> rows{0};
    bool asked = false;                               // for its seal; guarded by state_mutex_
    std::map<Key, std::shared_ptr<Memtable>> tables;  // guarded by state_mutex_
    std::set<std::pair<Key, int64_t>> sealed;  // days that are parts already; under seal_mutex_
    uint64_t Bytes() const;
  };
  /// A live part, or why it cannot be read.
  struct Slot {
    io::PartEntry entry;
    std::shared_ptr<const Part> part;
    base::Error error{};
  };
  struct Counters {
    std::atomic<uint64_t> taken{0};
    StreamRegistry streams;
  };

  Engine(io::Manifest& manifest, base::Clock& clock, base::MemoryBudget& budget,
         EngineOptions options);

  // engine_append.cc
  Counters& CountersOf(std::string_view tenant, model::EventKind kind);
  std::shared_ptr<Memtable> TableOf(Generation& generation, std::string_view tenant,
                                    model::EventKind kind);
  base::Result<void> Insert(Generation& generation, std::string_view tenant, const Frame& frame,
                            uint64_t sequence);
  /// A logged frame as the memtable takes it.
  /// A copy of the frame that memtables may keep.
  base::HeldText Keep(std::string_view frame);
  base::Result<Frame> ReadFrame(const io::WalFrame& logged);
  base::Result<void> Admissible(std::string_view tenant) const;
  Admission CurrentAdmission() const;
  void OfferToTails(std::string_view tenant, const model::EventBatch& batch,
                    const std::vector<bool>& taken);

  // engine_read.cc
  /// Of a trace: without the parts that have it not for sure.
  base::Result<std::vector<Source>> Sources(const Key& key, int64_t start_ns, int64_t end_ns,
                                            const model::TraceId* trace = nullptr);
  base::Result<std::vector<Source>> SourcesLocked(const Key& key, int64_t start_ns, int64_t end_ns,
                                                  const model::TraceId* trace) const;
  base::Result<void> TraceFrom(const Key& key, const model::TraceId& id,
                               std::vector<std::shared_ptr<LoadedRows>>* found);

  // engine_seal.cc
  void LoadParts();
  bool SealDue() const;
  bool SealDueLocked() const;
  /// Whether requests that are gone keep far more memory than memtables have, and a seal frees it.
  bool ScatteredLocked() const;
  void AskForSeal();
  void AwaitSeal();
  void Rotate();
  base::Result<void> SealAll();
  /// What to say where there is no memory: that seals fail, and why, if they do.
  std::string WhyFull(std::string_view what) const;
  base::Result<void> SealOne(Generation& generation);
  /// True when a part of it has set `sealed`: the last one of the `last` table.
  base::Result<bool> SealTable(Generation& generation, const Key& key,
                               const std::shared_ptr<const Memtable>& table, bool last,
                               const io::ManifestEdit& sealed);
  /// Readers see the old ones or the new one, never both nor none.
  void ReplaceSlots(const Key& key, const std::vector<uint64_t>& drop, Slot slot);

  // engine_retention.cc
  base::Result<void> DropExpired();
  base::Result<void> DropParts(const std::vector<Slot>& slots);
  base::Result<void> DropStreams();
  base::Result<void> CarryOutDeletions();
  base::Result<bool> Rewrite(const Key& key, const Slot& slot, const RowFilter& filter);
  std::vector<std::pair<Key, Slot>> AllParts() const;
  /// How long events of a stream are kept.
  int64_t RetentionOf(model::EventKind kind, const model::Labels& stream) const;
  int64_t LongestRetention(model::EventKind kind) const;

  // engine_merge.cc
  base::Result<bool> MergeOnce(bool final);
  base::Result<void> Merge(const Key& key, const std::vector<Slot>& run);
  /// The part of them; `edit` drops them.
  base::Result<std::shared_ptr<Part>> Join(const PartPlan& plan,
                                           std::vector<std::shared_ptr<const Part>> parts,
                                           const io::ManifestEdit& edit);
  void NoteDamaged(const std::vector<Slot>& run);
  void RemoveDirectory(const io::PartEntry& entry);
  void WatchDisk();

  io::Manifest& manifest_;
  base::Clock& clock_;
  base::MemoryBudget& budget_;
  const EngineOptions options_;
  const std::shared_ptr<SharedPages> pages_;
  base::LargeMemory memory_;  // what memtables are made of
  io::Wal* wal_ = nullptr;

  /// Shared by appends for as long as a frame is in the WAL but not in the memtable; exclusive
  /// to rotate. Taken before state_mutex_.
  std::shared_mutex rotate_mutex_;
  mutable std::mutex state_mutex_;  // guards the six below, for moments only
  bool seals_now_ = false;
  std::string seal_failure_;  // why the last one failed; empty where it has not
  std::shared_ptr<Generation> active_;
  std::vector<std::shared_ptr<Generation>> sealing_;  // oldest first
  std::map<Key, std::vector<Slot>> parts_;            // in the order of arrival
  std::map<Key, std::unique_ptr<Counters>, std::less<>> counters_;

  std::mutex maintenance_mutex_;    // one Tick or Flush at a time; taken first
  std::set<uint64_t> damaged_;      // parts that are not merged; guarded by it
  int64_t merge_retry_ns_ = 0;      // monotonic: when a failed merge is tried again; likewise
  std::mutex seal_mutex_;           // one seal at a time; taken after maintenance_mutex_
  int64_t seal_retry_ns_ = 0;       // monotonic: when a failed seal is tried again; guarded by it
  LearnedBodies learned_;           // guarded by it as well
  std::condition_variable sealed_;  // told when a seal is done
  int64_t streams_due_ns_ = 0;      // monotonic: the next look at streams' own retention; likewise
  int64_t delete_retry_ns_ = 0;     // monotonic: likewise, for deletions; under maintenance_mutex_
  CommonTimes common_times_;
  events::Deletions deletions_;
  RateLimits rates_;
  std::atomic<bool> disk_full_{false};
  std::function<void()> wake_;
  Tails tails_;
};

/// The longest run of neighbours that is worth merging: at least `fan_in` of them, together at
/// most `max_rows`, the largest no more than half of all (so that a row is rewritten only a
/// logarithmic number of times); with `final` any two or more. An empty range for none.
std::pair<size_t, size_t> PickMerge(const std::vector<uint64_t>& rows, uint64_t max_rows,
                                    size_t fan_in, bool final);

}  // namespace pharos::events
