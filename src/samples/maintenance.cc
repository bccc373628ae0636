// What is due once a second: seal, retention, merges of small parts.
#include <algorithm>
#include <map>

#include "base/log.h"
#include "samples/columns.h"
#include "samples/engine.h"
#include "samples/limits.h"
#include "samples/merge_plan.h"
#include "samples/part_publisher.h"

namespace pharos::samples {
namespace {

/// One input of a merge: a part and where it stands.
struct Input {
  std::shared_ptr<Part> part;
  PartSeriesReader reader;
  uint32_t at = 0;
  model::Labels labels = {};

  bool done() const { return at == reader.index().series_count(); }
  void Load() {
    if (!done()) labels = reader.index().LabelsOf(at);
  }
};

const model::Labels* Least(const std::vector<Input>& inputs) {
  const model::Labels* least = nullptr;
  for (const Input& input : inputs) {
    if (!input.done() && (least == nullptr || input.labels < *least)) least = &input.labels;
  }
  return least;
}

/// Passes an error on; a part that turned out to be corrupt is marked, so that the next plan
/// leaves it alone.
std::unexpected<base::Error> Blame(Part& part, base::Error error) {
  if (error.kind == base::ErrorKind::kCorrupt) part.MarkBroken(error);
  return std::unexpected(std::move(error));
}

/// The newest exemplars of all, and the newest metadata there is.
base::Result<void> CopyRest(const PartList& run, PartBuilder& builder) {
  std::vector<std::pair<std::string, model::Metadata>> newest;
  std::vector<Part::SeriesExemplar> all;
  for (const auto& part : run) {
    auto exemplars = part->Exemplars();
    if (!exemplars) return Blame(*part, exemplars.error());
    std::move(exemplars->begin(), exemplars->end(), std::back_inserter(all));
    if (all.size() > kMaxExemplars) all.erase(all.begin(), all.end() - kMaxExemplars);
    auto metadata = part->Metadata();
    if (!metadata) return Blame(*part, metadata.error());
    if (!metadata->empty()) newest = std::move(*metadata);
  }
  for (const auto& [labels, exemplar] : all) PHAROS_TRY_VOID(builder.AddExemplar(labels, exemplar));
  for (const auto& [metric, said] : newest) PHAROS_TRY_VOID(builder.AddMetadata(metric, said));
  return {};
}

/// Every series of every input, put together, into the builder. Calls `pause` now and then.
template <class Pause>
base::Result<void> CopySeries(std::vector<Input>& inputs, PartBuilder& builder, Pause pause) {
  store::SeriesColumns columns;
  uint64_t series = 0;
  while (const model::Labels* least = Least(inputs)) {
    columns = {.labels = *least};
    for (Input& input : inputs) {
      if (input.done() || input.labels != columns.labels) continue;
      const auto read = input.reader.Read(input.at, INT64_MIN, INT64_MAX, &columns);
      if (!read) return Blame(*input.part, read.error());
      ++input.at;
      input.Load();
    }
    SortLaterWins(&columns);
    PHAROS_TRY_VOID(builder.AddSeries(columns.labels.bytes(), columns));
    if (++series % 4096 == 0) PHAROS_TRY_VOID(pause());
  }
  return {};
}

}  // namespace

base::Result<void> SampleEngine::Tick() {
  std::lock_guard lock(maintenance_mutex_);
  TrimIndexes();
  PHAROS_TRY_VOID(DropExpired());
  PHAROS_TRY_VOID(SealIfDue());
  if (clock_.MonotonicNs() < merge_retry_ns_) return {};
  auto merged = MergeOnce(false);
  if (merged) return {};
  merge_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return std::unexpected(merged.error());
}

base::Result<void> SampleEngine::Flush() {
  std::lock_guard lock(maintenance_mutex_);
  if (pending_) PHAROS_TRY_VOID(Seal());
  PHAROS_TRY_VOID(Seal());
  PHAROS_TRY_VOID(DropExpired());
  for (;;) {
    PHAROS_TRY(const bool merged, MergeOnce(true));
    if (!merged) return {};
  }
}

base::Result<void> SampleEngine::SealIfDue() {
  if (clock_.MonotonicNs() < seal_retry_ns_ || !SealIsDue()) return {};
  auto sealed = Seal();
  if (!sealed) seal_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return sealed;
}

base::Result<void> SampleEngine::DropExpired() {
  const int64_t retention_ms = retention_ms_;
  if (retention_ms <= 0) return {};
  const int64_t first_day = DayOf(clock_.NowMs() - retention_ms);
  for (const TenantPtr& tenant : AllTenants()) {
    PartList expired;
    std::set<int64_t> days;
    io::ManifestEdit edit;
    const auto parts = tenant->parts();
    for (const auto& part : *parts) {
      const int64_t day = DayOf(part->entry().max_time);
      if (day >= first_day) continue;
      expired.push_back(part);
      days.insert(day);
      edit.drop.push_back(part->entry().id);
    }
    if (expired.empty()) continue;
    PHAROS_TRY_VOID(manifest_.Apply(edit));
    for (const auto& part : expired) part->MarkObsolete();
    tenant->ChangeParts(expired, {});
    expired.clear();
    for (const int64_t day : days) {
      // Readers keep open files; what they still hold is removed with the last of them.
      (void)manifest_.fs().RemoveAll(manifest_.data_dir() + "/" + TenantDirectory(tenant->name) +
                                     "/samples/" + DayName(day));
    }
  }
  return {};
}

base::Result<bool> SampleEngine::MergeOnce(bool final) {
  for (const TenantPtr& tenant : AllTenants()) {
    const PartList run = PickMerge(*tenant->parts(), DayOf(clock_.NowMs()), final);
    if (run.empty()) continue;
    auto merged = MergeRun(*tenant, run, final);
    if (!merged && merged.error().kind == base::ErrorKind::kCorrupt) return true;  // part is marked
    if (!merged) return std::unexpected(merged.error());
    return true;
  }
  return false;
}

base::Result<void> SampleEngine::MergeRun(Tenant& tenant, const PartList& run, bool final) {
  PartInfo info;
  info.generation_min = run.front()->info().generation_min;
  info.generation_max = run.back()->info().generation_max;
  for (const auto& part : run) info.level = std::max(info.level, part->info().level + 1);
  const int64_t day = DayOf(run.front()->entry().min_time);
  if (final || day < DayOf(clock_.NowMs())) info.level = kDayLevel;
  info.level = std::min(info.level, kDayLevel);

  std::vector<Input> inputs;
  for (const auto& part : run) {
    auto index = part->Index();
    if (!index) return Blame(*part, index.error());
    inputs.push_back({part, PartSeriesReader(part, std::move(*index), false)});
    inputs.back().Load();
  }
  PHAROS_TRY(auto publisher, PartPublisher::Begin(manifest_, tenant.name, day, info));
  // A long merge must not keep memory from being sealed.
  const auto pause = [&] { return final ? base::Result<void>() : SealIfDue(); };
  auto copied = CopySeries(inputs, publisher->builder(), pause);
  if (copied) copied = CopyRest(run, publisher->builder());
  if (!copied) {
    publisher->Abandon();
    return copied;
  }
  publisher->builder().CoverTime(run.front()->entry().min_time);
  PHAROS_TRY(auto merged, publisher->Publish(run, cache_, budget_));
  tenant.ChangeParts(run, {std::move(merged)});
  for (const auto& part : run) part->MarkObsolete();
  return {};
}

void SampleEngine::TrimIndexes() {
  std::vector<std::pair<uint64_t, std::shared_ptr<Part>>> loaded;
  size_t bytes = 0;
  for (const TenantPtr& tenant : AllTenants()) {
    const auto parts = tenant->parts();
    for (const auto& part : *parts) {
      if (const size_t size = part->index_bytes(); size > 0) {
        bytes += size;
        loaded.emplace_back(part->last_use(), part);
      }
    }
  }
  std::sort(loaded.begin(), loaded.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const size_t most = std::min(kIndexCacheBytes, budget_.limit_bytes() / 8);
  for (const auto& [use, part] : loaded) {
    if (bytes <= most) return;
    bytes -= part->DropIndex();
  }
}

}  // namespace pharos::samples
