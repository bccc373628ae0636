// From memory to parts: the current generation is set aside, written a part a tenant and day,
// listed, and only then forgotten, here and in the WAL.
#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/memory.h"
#include "samples/engine.h"
#include "samples/limits.h"
#include "samples/mem_columns.h"
#include "samples/part_publisher.h"
#include "samples/seal_order.h"
#include "samples/series_table.h"

namespace pharos::samples {
namespace {

/// The columns' part within one day, in `out`.
void SliceDay(const store::SeriesColumns& all, int64_t day, store::SeriesColumns* out) {
  const int64_t begin_ms = day * kDayMs, end_ms = begin_ms + (kDayMs - 1);
  const auto from = std::lower_bound(all.times_ms.begin(), all.times_ms.end(), begin_ms);
  const auto to = std::upper_bound(from, all.times_ms.end(), end_ms);
  out->times_ms.assign(from, to);
  out->values.assign(all.values.begin() + (from - all.times_ms.begin()),
                     all.values.begin() + (to - all.times_ms.begin()));
  out->starts_ms.clear();
  if (!all.starts_ms.empty()) {
    out->starts_ms.assign(all.starts_ms.begin() + (from - all.times_ms.begin()),
                          all.starts_ms.begin() + (to - all.times_ms.begin()));
  }
  out->histograms.clear();
  for (const model::HistogramSample& sample : all.histograms) {
    if (sample.time_ms >= begin_ms && sample.time_ms <= end_ms) out->histograms.push_back(sample);
  }
}

/// The day of all the samples, if it is one.
std::optional<int64_t> OnlyDay(const store::SeriesColumns& columns) {
  if (columns.times_ms.empty() || !columns.histograms.empty()) return {};
  const int64_t day = DayOf(columns.times_ms.front());
  if (DayOf(columns.times_ms.back()) != day) return {};
  return day;
}

std::set<int64_t> DaysOf(const store::SeriesColumns& columns) {
  std::set<int64_t> days;
  for (size_t i = 0; i < columns.times_ms.size();) {
    const int64_t day = DayOf(columns.times_ms[i]);
    days.insert(day);
    i = static_cast<size_t>(std::upper_bound(columns.times_ms.begin(), columns.times_ms.end(),
                                             day * kDayMs + (kDayMs - 1)) -
                            columns.times_ms.begin());
  }
  for (const model::HistogramSample& sample : columns.histograms)
    days.insert(DayOf(sample.time_ms));
  return days;
}

}  // namespace

/// One tenant's part of a seal: as many rounds as its days need.
class SampleEngine::TenantSeal {
 public:
  TenantSeal(SampleEngine& engine, Tenant& tenant) : engine_(engine), tenant_(tenant) {}

  base::Result<void> Run() {
    Gather();
    do {
      open_.clear();
      last_ = nullptr;
      auto round = Round();
      if (!round) {
        for (auto& [day, publisher] : open_) publisher->Abandon();
        return round;
      }
    } while (postponed_);
    return {};
  }

 private:
  void Gather() {
    pins_ = tenant_.head.Frozen();
    size_t count = 0;
    for (const auto& memtable : pins_) count += memtable->series().size();
    series_.reserve(count);
    for (const auto& memtable : pins_) {
      for (size_t i = 0; i < memtable->series().size(); ++i)
        series_.push_back(memtable->series()[i]);
    }
    order_.emplace(tenant_.head.index(), series_);
  }

  base::Result<void> Round() {
    postponed_ = false;
    store::SeriesColumns all, slice;
    for (size_t i = 0; i < series_.size(); ++i) {
      PrefetchBehind(i);
      const MemSeries* mem = series_[i];
      DecodeAll(*mem, nullptr, &all);
      if (const auto day = OnlyDay(all)) {
        PHAROS_TRY(PartBuilder * builder, BuilderOf(*day));
        if (builder != nullptr) PHAROS_TRY_VOID(builder->AddSeries(order_->RanksOf(*mem), all));
        continue;
      }
      for (const int64_t day : DaysOf(all)) {
        PHAROS_TRY(PartBuilder * builder, BuilderOf(day));
        if (builder == nullptr) continue;
        SliceDay(all, day, &slice);
        PHAROS_TRY_VOID(builder->AddSeries(order_->RanksOf(*mem), slice));
      }
    }
    PHAROS_TRY_VOID(AddMetadata());
    return PublishAll();
  }

  /// Series lie in memory in another order: what the next ones need is fetched ahead, step by
  /// step as one thing leads to the next.
  void PrefetchBehind(size_t at) const {
    constexpr size_t kAhead[3] = {12, 8, 4};
    if (at + kAhead[0] < series_.size()) {
      const char* piece = reinterpret_cast<const char*>(series_[at + kAhead[0]]);
      __builtin_prefetch(piece);
      __builtin_prefetch(piece + 64);
    }
    if (at + kAhead[1] < series_.size()) {
      const MemSeries& mem = *series_[at + kAhead[1]];
      __builtin_prefetch(mem.series);
      __builtin_prefetch(mem.next);
    }
    if (at + kAhead[2] < series_.size())
      __builtin_prefetch(series_[at + kAhead[2]]->series->labels.get());
  }

  bool Done(int64_t day) const { return engine_.pending_->done.contains({tenant_.name, day}); }

  /// Null when the day is written already, or must wait for the next round.
  base::Result<PartBuilder*> BuilderOf(int64_t day) {
    if (last_ != nullptr && last_day_ == day) return last_;
    if (Done(day)) return nullptr;
    if (const auto found = open_.find(day); found != open_.end()) {
      last_day_ = day;
      return last_ = &found->second->builder();
    }
    if (open_.size() >= kMaxOpenDays) {
      postponed_ = true;
      return nullptr;
    }
    PartInfo info;
    info.generation_min = info.generation_max = engine_.pending_->generation;
    PHAROS_TRY(auto publisher, PartPublisher::Begin(engine_.manifest_, tenant_.name, day, info));
    publisher->builder().UsePairs(order_->pairs());
    return &open_.emplace(day, std::move(publisher)).first->second->builder();
  }

  /// Every part carries all metadata of the tenant, so that of any parts the one of the newest
  /// generation knows best; news without samples make a part.
  base::Result<void> AddMetadata() {
    if (open_.empty()) {
      const auto done = engine_.pending_->done.lower_bound({tenant_.name, INT64_MIN});
      const bool written = done != engine_.pending_->done.end() && done->first == tenant_.name;
      if (written || tenant_.metadata.changed_generation() < engine_.pending_->generation)
        return {};
      const int64_t day = DayOf(engine_.clock_.NowMs());
      PHAROS_TRY(PartBuilder * builder, BuilderOf(day));
      builder->CoverTime(day * kDayMs);
    }
    const auto families = tenant_.metadata.Get("");
    for (const auto& [day, publisher] : open_) {
      for (const auto& [metric, metadata] : families)
        PHAROS_TRY_VOID(publisher->builder().AddMetadata(metric, metadata));
    }
    return {};
  }

  base::Result<void> PublishAll() {
    last_ = nullptr;
    while (!open_.empty()) {
      const auto first = open_.begin();
      PHAROS_TRY(auto part, first->second->Publish({}, engine_.cache_, engine_.budget_));
      engine_.ExchangeParts(tenant_, {}, {std::move(part)});
      engine_.pending_->done.insert({tenant_.name, first->first});
      open_.erase(first);
    }
    return {};
  }

  SampleEngine& engine_;
  Tenant& tenant_;
  std::vector<std::shared_ptr<const Memtable>> pins_;
  std::vector<const MemSeries*> series_;
  std::optional<SealOrder> order_;
  std::map<int64_t, std::unique_ptr<PartPublisher>> open_;
  PartBuilder* last_ = nullptr;  // in open_: that of last_day_
  int64_t last_day_ = 0;
  bool postponed_ = false;
};

void SampleEngine::Rotate() {
  // No tenant may be made between the new generation's number and the rotation, and no frame
  // may be numbered between reading the sequence and the new WAL generation. Frames up to
  // `sequence` were appended before, so what they hold is in what is set aside.
  std::unique_lock tenants_lock(tenants_mutex_);
  PendingSeal seal;
  seal.generation = generation_;
  {
    std::lock_guard commit(commit_mutex_);
    seal.sequence = wal_ != nullptr ? wal_->LastSequence() : 0;
    ++wal_generation_;
    ++generation_;
  }
  last_sealed_samples_ = 0;
  for (const auto& [name, tenant] : tenants_) {
    last_sealed_samples_ += tenant->head.MemorySamples();
    tenant->head.Rotate(generation_);
  }
  wal_bytes_ = 0;
  rotated_ns_ = clock_.MonotonicNs();
  pending_ = std::move(seal);
}

base::Result<void> SampleEngine::SealLocked() {
  if (!pending_) Rotate();
  for (const TenantPtr& tenant : AllTenants()) {
    PHAROS_TRY_VOID(TenantSeal(*this, *tenant).Run());
  }
  PHAROS_TRY_VOID(SaveTombstones());  // the log forgets them
  if (pending_->sequence > manifest_.SealedSequence(io::Signal::kSamples)) {
    io::ManifestEdit edit;
    edit.sets_sealed = true;
    edit.sealed_signal = io::Signal::kSamples;
    edit.sealed_sequence = pending_->sequence;
    PHAROS_TRY_VOID(manifest_.Apply(edit));
  }
  {
    // From here on no record of that generation is declared: its series may leave memory.
    std::lock_guard commit(commit_mutex_);
    sealed_generation_ = pending_->generation;
  }
  size_t gone = 0;
  for (const TenantPtr& tenant : AllTenants()) gone += tenant->head.DropFrozen();
  base::ReturnFreedMemory();  // what the seal took
  if (wal_ != nullptr) wal_->Release(io::Signal::kSamples, pending_->sequence);
  if (gone > 0) {
    base::Log(base::LogLevel::kInfo, "series without samples since the last seal left memory",
              {{"series", std::to_string(gone)}});
  }
  pending_.reset();
  return {};
}

bool SampleEngine::SealIsDue() const {
  if (pending_) return true;
  const int64_t age_ns = clock_.MonotonicNs() - rotated_ns_;
  if (age_ns >= options_.seal_age_ms * 1'000'000 || wal_bytes_ >= options_.seal_wal_bytes)
    return true;
  uint64_t samples = 0, series = 0;
  size_t bytes = 0;
  for (const TenantPtr& tenant : AllTenants()) {
    samples += tenant->head.MemorySamples();
    series += tenant->head.series_count();
    bytes += tenant->head.MemoryBytes();
  }
  // Worth it although nothing presses: a log is several times as long as a part.
  if (samples >= kQuietSealSamples && activity_.Quiet(samples)) return true;
  if (samples >= series * kDenseSamples && wal_bytes_ >= kDenseSealWalBytes &&
      age_ns >= kDenseSealAgeNs) {
    return true;
  }
  return samples >= options_.seal_samples || Full(bytes, series);
}

bool SampleEngine::Full(size_t bytes, uint64_t series) const {
  const size_t limit =
      options_.seal_memory_bytes != 0 ? options_.seal_memory_bytes : budget_.limit_bytes() / 3;
  const size_t enough = std::max(kSealBytesAtLeast, series * kSealBytesASeries);
  // When memory is short elsewhere, a seal helps only if there is something to write.
  return bytes >= std::min(limit, enough) ||
         (budget_.Tight() && bytes >= budget_.limit_bytes() / 16);
}

void SampleEngine::NoteGrowth() const {
  if (!wake_) return;
  uint64_t series = 0;
  size_t bytes = 0;
  for (const TenantPtr& tenant : AllTenants()) {
    series += tenant->head.series_count();
    bytes += tenant->head.MemoryBytes();
  }
  if (Full(bytes, series)) wake_();
}

}  // namespace pharos::samples
