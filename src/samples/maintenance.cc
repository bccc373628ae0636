// What is due once a second: seal, retention, merges of small parts.
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "base/log.h"
#include "samples/columns.h"
#include "samples/engine.h"
#include "samples/hidden_samples.h"
#include "samples/label_bytes.h"
#include "samples/limits.h"
#include "samples/merge_plan.h"
#include "samples/part_publisher.h"
#include "samples/series_merger.h"
#include "samples/series_walk.h"

namespace pharos::samples {
namespace {

/// One input of a merge: a part and where it stands.
struct Input {
  PartSeriesReader reader;
  SeriesWalk walk;
};

const std::string* Least(const std::vector<Input>& inputs) {
  const std::string* least = nullptr;
  for (const Input& input : inputs) {
    if (input.walk.done()) continue;
    const std::string& labels = input.walk.labels();
    if (least != nullptr && labels == *least) continue;  // nearly always, and quickly told
    if (least == nullptr || CompareLabels(labels, *least) < 0) least = &labels;
  }
  return least;
}

/// Passes an error on; a part that turned out to be corrupt is marked, so that the next plan
/// leaves it alone.
std::unexpected<base::Error> Blame(Part& part, base::Error error) {
  if (error.kind == base::ErrorKind::kCorrupt) part.MarkBroken(error);
  return std::unexpected(std::move(error));
}

/// The newest metadata there is.
base::Result<void> CopyMetadata(const PartList& run, PartBuilder& builder, bool* any) {
  std::vector<std::pair<std::string, model::Metadata>> newest;
  for (const auto& part : run) {
    auto metadata = part->Metadata();
    if (!metadata) return Blame(*part, metadata.error());
    if (!metadata->empty()) newest = std::move(*metadata);
  }
  *any = !newest.empty();
  for (const auto& [metric, said] : newest) PHAROS_TRY_VOID(builder.AddMetadata(metric, said));
  return {};
}

/// Sleeps so much between slices of work that the work takes `duty` of a core.
class Rests {
 public:
  Rests(const base::Clock& clock, double duty)
      : clock_(clock), duty_(duty), since_ns_(clock.MonotonicNs()) {}
  void Rest() {
    const auto worked_ns = static_cast<double>(clock_.MonotonicNs() - since_ns_);
    std::this_thread::sleep_for(
        std::chrono::nanoseconds(static_cast<int64_t>(worked_ns * (1 / duty_ - 1))));
    since_ns_ = clock_.MonotonicNs();
  }

 private:
  const base::Clock& clock_;
  const double duty_;
  int64_t since_ns_;
};

/// A series of which something is deleted: sample by sample.
base::Result<void> CopyVisible(const std::string& labels, const std::vector<MergeInput>& inputs,
                               PartBuilder& builder) {
  store::SeriesColumns columns;
  for (const MergeInput& input : inputs) {
    const auto read = input.reader->Read(input.series, input.place, INT64_MIN, INT64_MAX, &columns);
    if (!read) return Blame(input.reader->part(), read.error());
  }
  SortLaterWins(&columns);
  if (columns.times_ms.empty() && columns.histograms.empty()) return {};
  return builder.AddSeries(labels, columns);
}

base::Result<void> OpenInputs(const PartList& run, std::vector<Input>* inputs) {
  for (const auto& part : run) {
    auto walk = SeriesWalk::Start(part);
    if (!walk) return Blame(*part, walk.error());
    if (!part->has_tombstones()) {
      inputs->push_back({PartSeriesReader(part), *std::move(walk)});
      continue;
    }
    auto index = part->Index();
    if (!index) return Blame(*part, index.error());
    inputs->push_back({PartSeriesReader(part, *std::move(index), false), *std::move(walk)});
  }
  return {};
}

/// Every series of every input, put together, into the builder.
base::Result<void> CopySeries(std::vector<Input>& inputs, PartBuilder& builder, Rests& rests) {
  SeriesMerger merger(builder);
  std::vector<MergeInput> chosen;
  uint64_t series = 0;
  std::string labels;
  while (const std::string* least = Least(inputs)) {
    labels = *least;
    chosen.clear();
    bool hidden = false;
    for (Input& input : inputs) {
      SeriesWalk& walk = input.walk;
      if (walk.done() || walk.labels() != labels) continue;
      const HiddenSamples* const in_part = input.reader.hidden();
      hidden =
          hidden || (in_part != nullptr && in_part->Touches(walk.number(), INT64_MIN, INT64_MAX));
      chosen.push_back({&input.reader, walk.number(), walk.place()});
      if (const auto next = walk.Next(); !next) return Blame(input.reader.part(), next.error());
    }
    if (hidden) {
      PHAROS_TRY_VOID(CopyVisible(labels, chosen, builder));
    } else if (const auto added = merger.Add(labels, chosen); !added) {
      if (merger.failed() == nullptr) return added;
      return Blame(merger.failed()->part(), added.error());
    }
    if (++series % kMergeSliceSeries == 0) rests.Rest();
  }
  return {};
}

}  // namespace

base::Result<void> SampleEngine::Urgent() {
  WatchDisk();
  return SealIfDue();
}

base::Result<void> SampleEngine::Tick() {
  PHAROS_TRY_VOID(Urgent());
  return TickButSeal();
}

base::Result<void> SampleEngine::TickButSeal() {
  std::lock_guard lock(maintenance_mutex_);
  TrimIndexes();
  PHAROS_TRY_VOID(DropExpired());
  PHAROS_TRY_VOID(DropOversize());
  if (clock_.MonotonicNs() < merge_retry_ns_) return {};
  const auto merge = [this]() -> base::Result<void> {
    PHAROS_TRY(const bool merged, MergeOnce(false));
    return merged ? base::Result<void>() : CleanRested();
  };
  auto done = merge();
  if (!done) merge_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return done;
}

base::Result<void> SampleEngine::Flush() {
  std::lock_guard lock(maintenance_mutex_);
  PHAROS_TRY_VOID(Seal());
  PHAROS_TRY_VOID(DropExpired());
  for (;;) {
    PHAROS_TRY(const bool merged, MergeOnce(true));
    if (!merged) return {};
  }
}

base::Result<void> SampleEngine::Seal() {
  std::lock_guard lock(seal_mutex_);
  if (pending_) PHAROS_TRY_VOID(SealLocked());
  return SealLocked();
}

base::Result<void> SampleEngine::SealIfDue() {
  std::lock_guard lock(seal_mutex_);
  uint64_t taken = 0;
  for (const TenantPtr& tenant : AllTenants()) taken += tenant->taken;
  activity_.Note(clock_.MonotonicNs(), taken);
  if (clock_.MonotonicNs() < seal_retry_ns_ || !SealIsDue()) return {};
  auto sealed = SealLocked();
  if (!sealed) seal_retry_ns_ = clock_.MonotonicNs() + kRetryNs;
  return sealed;
}

base::Result<bool> SampleEngine::MergeOnce(bool final) {
  bool quiet = false;
  {
    std::lock_guard lock(seal_mutex_);
    quiet = !pending_ && activity_.Quiet(last_sealed_samples_);
  }
  const MergeMode mode = final ? MergeMode::kFinal : quiet ? MergeMode::kQuiet : MergeMode::kBusy;
  for (const TenantPtr& tenant : AllTenants()) {
    const PartList run = PickMerge(*tenant->parts(), DayOf(clock_.NowMs()), mode);
    if (run.empty() || (!final && !RoomFor(run))) continue;
    auto merged = MergeRun(*tenant, run, final);
    if (!merged && merged.error().kind == base::ErrorKind::kCorrupt) return true;  // part is marked
    if (!merged) return std::unexpected(merged.error());
    return true;
  }
  return false;
}

bool SampleEngine::RoomFor(const PartList& run) const {
  uint64_t bytes = options_.min_free_bytes;
  for (const auto& part : run) bytes += part->entry().bytes;
  const auto free = manifest_.fs().FreeBytes(manifest_.data_dir());
  return !free || *free >= bytes;
}

PartInfo SampleEngine::MergedInfo(const PartList& run, bool final) const {
  PartInfo info;
  info.generation_min = run.front()->info().generation_min;
  info.generation_max = run.back()->info().generation_max;
  for (const auto& part : run)
    info.level = std::max(info.level, part->info().level + (run.size() > 1 ? 1 : 0));
  const int64_t day = DayOf(run.front()->entry().min_time);
  if (final || day < DayOf(clock_.NowMs())) info.level = kDayLevel;
  info.level = std::min(info.level, kDayLevel);
  return info;
}

base::Result<void> SampleEngine::MergeRun(Tenant& tenant, const PartList& run, bool final) {
  const int64_t day = DayOf(run.front()->entry().min_time);
  std::vector<Input> inputs;
  std::unique_ptr<PartPublisher> publisher;
  {
    std::lock_guard no_deletion(seal_mutex_);  // see deletion.cc
    PHAROS_TRY(publisher,
               PartPublisher::Begin(manifest_, tenant.name, day, MergedInfo(run, final)));
    auto opened = OpenInputs(run, &inputs);
    if (!opened) {
      publisher->Abandon();
      return opened;
    }
  }
  // Nobody waits for it, so it leaves the cores to those who serve.
  Rests rests(clock_, final ? 1 : kMergeDuty);
  bool rest = false;  // something beside samples
  auto copied = CopySeries(inputs, publisher->builder(), rests);
  if (copied) copied = CopyMetadata(run, publisher->builder(), &rest);
  const PartInfo& written = publisher->builder().info();
  const bool empty = copied && !rest && written.samples == 0;
  if (!copied || empty) {
    publisher->Abandon();
    return empty ? DropParts(tenant, run) : copied;
  }
  publisher->builder().CoverTime(run.front()->entry().min_time);
  PHAROS_TRY(auto merged, publisher->Publish(run, cache_, budget_));
  ExchangeParts(tenant, run, {std::move(merged)});
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
