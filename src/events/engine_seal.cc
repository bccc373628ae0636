// Open, rotation and seal: memtables become parts, and the WAL lets go of their frames.
#include <algorithm>

#include "base/log.h"
#include "events/dates.h"
#include "events/engine.h"
#include "events/part_builder.h"

namespace pharos::events {

using base::Result;
using model::EventKind;

namespace {

uint64_t OrderOf(const io::PartEntry& entry, const Part* part) {
  return part != nullptr ? part->meta().min_sequence : entry.id;
}

std::set<int64_t> DaysOf(const Memtable& table) {
  std::set<int64_t> days;
  for (const MemRun& run : table.runs()) {
    days.insert(DayOf(run.min_time));
    days.insert(DayOf(run.max_time));
    if (DayOf(run.max_time) - DayOf(run.min_time) <= 1) continue;
    for (uint32_t i = 0; i < run.rows; ++i) days.insert(DayOf(table.row(run.first + i).time_ns));
  }
  return days;
}

}  // namespace

uint64_t Engine::Generation::Bytes() const {
  uint64_t bytes = 0;
  for (const auto& [key, table] : tables) bytes += table->bytes();
  return bytes;
}

Engine::Engine(io::Manifest& manifest, base::Clock& clock, base::MemoryBudget& budget,
               EngineOptions options)
    : manifest_(manifest),
      clock_(clock),
      budget_(budget),
      options_(options),
      pages_(std::make_shared<SharedPages>(kSharedPageBytes, &budget)),
      memory_(std::min<uint64_t>(options.seal_bytes, budget.limit_bytes() / 16), budget),
      active_(std::make_shared<Generation>()),
      deletions_(manifest),
      rates_(options.log_rate, options.stream_rate) {}

Engine::~Engine() {  // cursors may live on, the budget may not
  pages_->Close();
}

Result<std::unique_ptr<Engine>> Engine::Open(io::Manifest& manifest, base::Clock& clock,
                                             base::MemoryBudget& budget, EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine(manifest, clock, budget, options));
  engine->LoadParts();
  PHAROS_TRY_VOID(engine->deletions_.Load());
  engine->WatchDisk();
  return engine;
}

void Engine::LoadParts() {
  for (const io::PartEntry& entry : manifest_.Live(io::Signal::kEvents)) {
    const bool spans = entry.path.find("/spans/") != std::string::npos;
    Slot slot{entry, nullptr, {}};
    if (auto part = Part::Open(manifest_.fs(), manifest_.data_dir(), entry, pages_)) {
      slot.part = *std::move(part);
    } else {
      slot.error = part.error();
      base::Log(base::LogLevel::kError, "a part cannot be read; queries over its time range fail",
                {{"part", entry.path}, {"error", part.error().message}});
    }
    ReplaceSlots(Key(entry.tenant, spans ? EventKind::kSpan : EventKind::kLog), {},
                 std::move(slot));
  }
}

void Engine::ReplaceSlots(const Key& key, const std::vector<uint64_t>& drop, Slot slot) {
  if (!drop.empty()) common_times_.Forget();
  std::lock_guard lock(state_mutex_);
  std::vector<Slot>& slots = parts_[key];
  std::erase_if(slots, [&](const Slot& old) {
    return std::find(drop.begin(), drop.end(), old.entry.id) != drop.end();
  });
  slots.push_back(std::move(slot));
  std::stable_sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
    return OrderOf(a.entry, a.part.get()) < OrderOf(b.entry, b.part.get());
  });
}

void Engine::AttachWal(io::Wal& wal) {
  wal_ = &wal;
  wal_->Release(io::Signal::kEvents, manifest_.SealedSequence(io::Signal::kEvents));
}

bool Engine::SealDue() const {
  std::lock_guard lock(state_mutex_);
  return SealDueLocked();
}

/// Once for each generation: memory would grow by what comes in until the next Tick.
void Engine::AskForSeal() {
  if (!wake_) return;
  bool ask = false;
  {
    std::lock_guard lock(state_mutex_);
    ask = !active_->asked && SealDueLocked();
    if (ask) active_->asked = true;
  }
  if (ask) wake_();
  AwaitSeal();
}

/// Where memory fills faster than it is sealed, senders wait a little.
void Engine::AwaitSeal() {
  std::unique_lock lock(state_mutex_);
  const auto lags = [&] {
    const bool comes = seals_now_ || active_->asked;
    return comes && (active_->Bytes() > options_.seal_bytes * 3 / 2 || ScatteredLocked());
  };
  if (lags()) sealed_.wait_for(lock, options_.seal_wait, [&] { return !lags(); });
}

bool Engine::ScatteredLocked() const {
  if (!seal_failure_.empty()) return false;  // another generation would free nothing
  uint64_t bytes = active_->Bytes();
  for (const auto& generation : sealing_) bytes += generation->Bytes();
  return memory_.SharedBytes() >
         2 * bytes + std::min(kMaxScatteredBytes, budget_.limit_bytes() / 8);
}

bool Engine::SealDueLocked() const {
  const uint64_t rows = active_->rows;
  if (rows == 0) return false;
  const uint64_t bytes = active_->Bytes();
  const bool pressed = budget_.Tight() && bytes > budget_.limit_bytes() / 8;
  const int64_t now = clock_.NowNs();
  const bool idle = bytes >= kIdleSealBytes && now - active_->latest_ns >= options_.seal_idle_ns;
  return pressed || ScatteredLocked() || idle || rows >= options_.seal_rows ||
         bytes >= options_.seal_bytes || now - active_->born_ns >= options_.seal_age_ns;
}

void Engine::Rotate() {
  std::unique_lock rotation(rotate_mutex_);
  std::lock_guard lock(state_mutex_);
  if (active_->rows == 0) return;
  auto fresh = std::make_shared<Generation>();
  fresh->number = active_->number + 1;
  sealing_.push_back(std::move(active_));
  active_ = std::move(fresh);
  for (const auto& [key, counters] : counters_) {
    if (active_->number >= 2) counters->streams.Forget(active_->number - 2);
  }
}

Result<void> Engine::SealAll() {
  Result<void> done;
  while (done) {
    std::shared_ptr<Generation> oldest;
    {
      std::lock_guard lock(state_mutex_);
      seals_now_ = !sealing_.empty();
      if (!seals_now_) break;
      oldest = sealing_.front();
    }
    done = SealOne(*oldest);
  }
  {
    std::lock_guard lock(state_mutex_);
    seals_now_ = false;
    seal_failure_ = done ? "" : done.error().message;
  }
  sealed_.notify_all();
  return done;
}

std::string Engine::WhyFull(std::string_view what) const {
  std::lock_guard lock(state_mutex_);
  if (seal_failure_.empty()) return std::string(what) + "; try again in a moment";
  return std::string(what) + " and cannot be written to disk: " + seal_failure_;
}

Result<void> Engine::SealOne(Generation& generation) {
  const uint64_t last = generation.last_sequence;  // no appends here any more
  io::ManifestEdit sealed;
  sealed.sets_sealed = last != 0;
  sealed.sealed_signal = io::Signal::kEvents;
  sealed.sealed_sequence = last;
  size_t left = generation.tables.size();
  bool said = last == 0;
  for (const auto& [key, table] : generation.tables) {
    // The last part says that all is in parts: one sync less.
    PHAROS_TRY(const bool with_it, SealTable(generation, key, table, --left == 0, sealed));
    said = said || with_it;
  }
  if (!said) PHAROS_TRY_VOID(manifest_.Apply(sealed));
  {
    // Until here readers saw these rows twice, and took them for the duplicates they are.
    std::lock_guard lock(state_mutex_);
    sealing_.erase(sealing_.begin());
  }
  if (wal_ != nullptr && last != 0) wal_->Release(io::Signal::kEvents, last);
  return {};
}

Result<bool> Engine::SealTable(Generation& generation, const Key& key,
                               const std::shared_ptr<const Memtable>& table, bool last,
                               const io::ManifestEdit& sealed) {
  const std::set<int64_t> days = DaysOf(*table);
  bool said = false;
  for (const int64_t day : days) {
    if (generation.sealed.contains({key, day})) continue;
    const bool says = last && day == *days.rbegin();
    PartPlan plan{key.first, key.second, day, generation.first_sequence, options_.zstd_level};
    const auto input = ReadMemtable(table, DayStart(day), DayEnd(day));
    const bool logs = key.second == EventKind::kLog;  // spans have no bodies
    auto bodies = logs ? learned_.Take(key.first) : std::make_unique<BodyWriter>();
    auto written =
        WritePart(manifest_, plan, *input, says ? sealed : io::ManifestEdit(), pages_, *bodies);
    if (!written) return base::Wrap(std::move(written).error(), "sealing events");
    if (std::shared_ptr<const Part> part = *std::move(written)) {
      const io::PartEntry entry = part->entry();
      ReplaceSlots(key, {}, {entry, std::move(part), {}});
      said = says;
    }
    if (logs) learned_.Keep(key.first, std::move(bodies), clock_.MonotonicNs());
    generation.sealed.insert({key, day});
  }
  return said;
}

Result<void> Engine::Flush() {
  std::lock_guard lock(maintenance_mutex_);
  {
    std::lock_guard seal(seal_mutex_);
    Rotate();
    PHAROS_TRY_VOID(SealAll());
  }
  while (true) {
    PHAROS_TRY(const bool merged, MergeOnce(true));
    if (!merged) break;
  }
  PHAROS_TRY_VOID(CarryOutDeletions());
  PHAROS_TRY_VOID(DropExpired());
  return DropStreams();
}

Result<void> Engine::Urgent() {
  WatchDisk();
  memory_.Trim();
  if (SealDue()) Rotate();
  std::lock_guard lock(seal_mutex_);
  learned_.DropIdle(clock_.MonotonicNs());
  if (clock_.MonotonicNs() < seal_retry_ns_) return {};
  const Result<void> done = SealAll();
  if (!done) seal_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return done;
}

Result<void> Engine::Upkeep() {
  std::lock_guard lock(maintenance_mutex_);
  PHAROS_TRY_VOID(DropExpired());
  if (clock_.MonotonicNs() < merge_retry_ns_) return {};
  auto merged = MergeOnce(false);
  if (merged) {
    auto dropped = CarryOutDeletions();
    if (dropped && clock_.MonotonicNs() >= streams_due_ns_) {
      streams_due_ns_ = clock_.MonotonicNs() + kStreamRetentionNs;
      dropped = DropStreams();
    }
    if (dropped) return {};
    merged = std::unexpected(dropped.error());
  }
  merge_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return std::unexpected(merged.error());
}

Result<void> Engine::Tick() {
  {
    std::lock_guard lock(maintenance_mutex_);
    PHAROS_TRY_VOID(DropExpired());  // first: it gives space to what follows
  }
  PHAROS_TRY_VOID(Urgent());
  return Upkeep();
}

}  // namespace pharos::events
