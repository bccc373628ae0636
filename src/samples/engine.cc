#include "samples/engine.h"

#include <algorithm>
#include <bit>
#include <thread>

#include "base/log.h"
#include "samples/appender.h"
#include "samples/hidden_samples.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

constexpr const char* kGauges[] = {"pharos_samples_series", "pharos_samples_memtable_bytes",
                                   "pharos_samples_parts", "pharos_samples_part_bytes"};

uint32_t DefaultShards() {
  return std::bit_ceil(std::clamp(std::thread::hardware_concurrency(), 1u, 64u));
}

}  // namespace

SampleEngine::SampleEngine(io::Manifest& manifest, base::Clock& clock, base::MemoryBudget& budget,
                           SampleEngineOptions options)
    : manifest_(manifest),
      clock_(clock),
      budget_(budget),
      options_(options),
      shards_(options.shards != 0 ? options.shards : DefaultShards()),
      cache_(std::min(kPageCacheBytes, budget.limit_bytes() / 8), budget),
      time_runs_(std::min(kTimeRunBytes, budget.limit_bytes() / 32), budget),
      retention_ms_(options.retention_ms),
      window_ms_(options.out_of_order_window_ms),
      retention_bytes_(options.retention_bytes),
      later_write_wins_(options.later_write_wins),
      rotated_ns_(clock.MonotonicNs()),
      samples_counter_(base::GetCounter("pharos_samples_appended_total", "Samples taken.")) {}

SampleEngine::~SampleEngine() {
  for (const char* name : kGauges) base::SetGauge(name, "", {});
}

void SampleEngine::RegisterGauges() {
  const auto sum = [this](auto of_tenant) {
    return [this, of_tenant] {
      double total = 0;
      for (const TenantPtr& tenant : AllTenants()) total += static_cast<double>(of_tenant(*tenant));
      return total;
    };
  };
  base::SetGauge(kGauges[0], "Series in memory.",
                 sum([](Tenant& t) { return t.head.series_count(); }));
  base::SetGauge(kGauges[1], "Bytes of samples in memory that are not in parts yet.",
                 sum([](Tenant& t) { return t.head.MemoryBytes(); }));
  base::SetGauge(kGauges[2], "Sealed parts.", sum([](Tenant& t) { return t.parts()->size(); }));
  base::SetGauge(kGauges[3], "Bytes of sealed parts.", sum([](Tenant& t) {
                   uint64_t bytes = 0;
                   const auto parts = t.parts();
                   for (const auto& part : *parts) bytes += part->entry().bytes;
                   return bytes;
                 }));
}

base::Result<std::unique_ptr<SampleEngine>> SampleEngine::Open(io::Manifest& manifest,
                                                               base::Clock& clock,
                                                               base::MemoryBudget& budget,
                                                               SampleEngineOptions options) {
  if (options.shards != 0 && (!std::has_single_bit(options.shards) || options.shards > 64)) {
    return base::Fail(base::ErrorKind::kBadInput, "sample shards must be a power of two up to 64");
  }
  std::unique_ptr<SampleEngine> engine(new SampleEngine(manifest, clock, budget, options));
  PHAROS_TRY_VOID(engine->OpenParts());
  engine->RegisterGauges();
  return engine;
}

void SampleEngine::LoadExtras(Tenant& tenant, uint32_t generation) {
  const auto parts = tenant.parts();
  for (auto at = parts->rbegin(); at != parts->rend(); ++at) {
    Part& part = **at;
    if (part.broken()) continue;
    auto metadata = part.Metadata();
    if (!metadata) {
      part.MarkBroken(metadata.error());
    } else if (!metadata->empty()) {
      for (auto& [metric, said] : *metadata)
        tenant.metadata.Set(metric, std::move(said), generation, 0);
      return;
    }
  }
}

base::Result<void> SampleEngine::OpenParts() {
  uint32_t newest = 0;
  PHAROS_TRY_VOID(LoadTombstones());
  for (const io::PartEntry& entry : manifest_.Live(io::Signal::kSamples)) {
    const auto part = Part::Open(manifest_.fs(), manifest_.data_dir(), entry, cache_, budget_);
    ExchangeParts(*TenantOf(entry.tenant), {}, {part});
    newest = std::max(newest, part->info().generation_max);
  }
  // What is replayed next is younger than every part.
  generation_ = newest + 1;
  sealed_generation_ = newest;
  for (const TenantPtr& tenant : AllTenants()) {
    tenant->head.Rotate(newest + 1);
    tenant->head.DropFrozen();
    LoadExtras(*tenant, newest);
  }
  return {};
}

/// Puts a record's writes back into a head. Tells nothing to the WAL.
class SampleEngine::Replayer final : public RecordVisitor {
 public:
  Replayer(SampleEngine& engine, Tenant& tenant, ReplayRefs& refs)
      : engine_(engine), tenant_(tenant), refs_(refs) {
    outcome_.order = &order_;
  }

  base::Result<void> OnSeries(uint32_t ref, model::Labels labels) override {
    bool made = false;
    PHAROS_TRY(const auto handle, tenant_.head.Resolve(labels, Priority::kForced, &made));
    refs_.Set(ref, handle);
    return {};
  }
  base::Result<void> OnSample(uint32_t ref, int64_t time_ms, double value,
                              int64_t start_ms) override {
    const auto handle = Find(ref);
    if (!handle) return {};
    if (start_ms != 0 && starts_.empty()) starts_.resize(writes_.size(), 0);
    writes_.push_back({*handle, time_ms, value});
    if (start_ms != 0 || !starts_.empty()) starts_.push_back(start_ms);
    if (writes_.size() >= 4096) Apply();
    return {};
  }
  base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample sample) override {
    const auto handle = Find(ref);
    if (!handle) return {};
    const store::HistogramWrite write{*handle, sample.time_ms, std::move(sample.histogram),
                                      sample.start_ms};
    Apply();
    tenant_.head.AppendHistograms({&write, 1}, kRules, outcome_);
    return {};
  }
  base::Result<void> OnMetadata(std::string_view metric, model::Metadata metadata) override {
    tenant_.metadata.Set(metric, std::move(metadata), engine_.generation_, 0);
    return {};
  }

  void Apply() {
    if (writes_.empty()) return;
    tenant_.head.Append(writes_, starts_, kRules, outcome_);
    writes_.clear();
    starts_.clear();
  }
  uint64_t unknown() const { return unknown_; }

 private:
  static constexpr AppendRules kRules{.replay = true};

  std::optional<store::SeriesHandle> Find(uint32_t ref) {
    const auto found = refs_.Find(ref);
    if (!found) ++unknown_;
    return found;
  }

  SampleEngine& engine_;
  Tenant& tenant_;
  ReplayRefs& refs_;
  std::vector<store::SampleWrite> writes_;
  std::vector<int64_t> starts_;  ///< empty, or as long as writes_
  std::vector<uint32_t> order_;
  AppendOutcome outcome_;
  uint64_t unknown_ = 0;
};

base::Result<void> SampleEngine::Replay(const io::WalFrame& frame) {
  if (frame.sequence <= manifest_.SealedSequence(io::Signal::kSamples)) return {};
  const std::string name(frame.tenant);
  const auto failed = [&](const base::Error& error) {
    return base::Wrap(error, "WAL frame " + std::to_string(frame.sequence) + " of tenant " + name);
  };
  if (frame.codec == kWalTombstone) {
    if (const auto buried = ReplayTombstone(frame); !buried) return failed(buried.error());
    return {};
  }
  if (frame.codec != kWalRecord) {
    return failed(
        {base::ErrorKind::kCorrupt, "unknown samples codec " + std::to_string(frame.codec)});
  }
  Replayer replayer(*this, *TenantOf(name), replay_refs_[name]);
  const auto read = ReadRecord(frame.payload, replayer);
  replayer.Apply();
  wal_bytes_ += frame.payload.size();
  if (replayer.unknown() > 0) {
    base::Log(base::LogLevel::kError, "WAL frame names series that were never declared",
              {{"sequence", std::to_string(frame.sequence)},
               {"samples", std::to_string(replayer.unknown())}});
  }
  if (!read) return failed(read.error());
  return {};
}

void SampleEngine::AttachWal(io::Wal& wal) {
  wal_ = &wal;
  replay_refs_.clear();
}

void SampleEngine::SetOutOfOrderWindow(int64_t window_ms, bool later_write_wins) {
  window_ms_ = window_ms;
  later_write_wins_ = later_write_wins;
}

void SampleEngine::SetRetention(int64_t retention_ms, uint64_t retention_bytes) {
  retention_ms_ = retention_ms;
  retention_bytes_ = retention_bytes;
}

AppendRules SampleEngine::Rules() const {
  const int64_t now_ms = clock_.NowMs();
  const int64_t retention_ms = retention_ms_;
  return {.min_ms = retention_ms > 0 ? now_ms - retention_ms : INT64_MIN / 2,
          .max_ms = now_ms + kMaxFutureMs,
          .window_ms = window_ms_,
          .later_write_wins = later_write_wins_,
          .replay = false};
}

std::unique_ptr<store::SampleAppender> SampleEngine::Begin(std::string_view tenant) {
  return std::make_unique<EngineAppender>(*this, TenantOf(tenant), Priority::kNormal);
}

SampleEngine::TenantPtr SampleEngine::FindTenant(std::string_view name) const {
  std::shared_lock lock(tenants_mutex_);
  const auto found = tenants_.find(name);
  return found != tenants_.end() ? found->second : nullptr;
}

SampleEngine::TenantPtr SampleEngine::TenantOf(std::string_view name) {
  if (TenantPtr found = FindTenant(name)) return found;
  std::unique_lock lock(tenants_mutex_);
  TenantPtr& tenant = tenants_[std::string(name)];
  if (tenant == nullptr) {
    tenant =
        std::make_shared<Tenant>(std::string(name), shards_, options_.limits, generation_, budget_);
  }
  return tenant;
}

std::vector<SampleEngine::TenantPtr> SampleEngine::AllTenants() const {
  std::shared_lock lock(tenants_mutex_);
  std::vector<TenantPtr> all;
  for (const auto& [name, tenant] : tenants_) all.push_back(tenant);
  return all;
}

std::vector<std::string> SampleEngine::Tenants() const {
  std::vector<std::string> names;
  for (const TenantPtr& tenant : AllTenants()) names.push_back(tenant->name);
  return names;
}

bool SampleEngine::SeedFromParts(Tenant& tenant, const model::Labels& labels,
                                 store::SeriesHandle handle) {
  // Only what a late or repeated sample could still meet is worth a look into the parts.
  const int64_t horizon_ms = clock_.NowMs() - kSeedHorizonMs;
  const auto parts = tenant.parts();
  for (auto at = parts->rbegin(); at != parts->rend(); ++at) {
    const std::shared_ptr<Part>& part = *at;
    if (part->entry().max_time < horizon_ms || part->broken()) continue;
    const auto index = part->Index();
    if (!index) continue;
    const auto series = (*index)->FindSeries(labels);
    if (!series) continue;
    // All of it where the newest may be deleted.
    PartSeriesReader reader(part, *index, true);
    const SeriesPlace& place = (*index)->place(*series);
    const bool touched =
        reader.hidden() != nullptr && reader.hidden()->Touches(*series, place.max_ms, place.max_ms);
    store::SeriesColumns columns;
    if (!reader.Read(*series, touched ? place.min_ms : place.max_ms, place.max_ms, &columns))
      continue;
    const int64_t float_ms = columns.times_ms.empty() ? INT64_MIN : columns.times_ms.back();
    const int64_t histogram_ms =
        columns.histograms.empty() ? INT64_MIN : columns.histograms.back().time_ms;
    if (columns.times_ms.empty() && columns.histograms.empty()) continue;
    const bool histogram = histogram_ms > float_ms;
    tenant.head.Seed(handle, std::max(float_ms, histogram_ms),
                     histogram ? 0 : std::bit_cast<uint64_t>(columns.values.back()), histogram);
    return true;
  }
  return false;
}

base::Result<void> SampleEngine::Verify() {
  for (const TenantPtr& tenant : AllTenants()) {
    const auto parts = tenant->parts();
    for (const auto& part : *parts) PHAROS_TRY_VOID(part->Verify());
  }
  return {};
}

}  // namespace pharos::samples
