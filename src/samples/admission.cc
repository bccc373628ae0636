// Who may write: everyone, only rules, nobody; and what is counted of those who may not.
#include <array>

#include "samples/appender.h"
#include "samples/engine.h"
#include "samples/series_limits.h"

namespace pharos::samples {
namespace {

std::string_view ReasonName(store::SampleRefusal why) {
  switch (why) {
    case store::SampleRefusal::kStaleHandle: return "stale_handle";
    case store::SampleRefusal::kOutOfOrder: return "out_of_order";
    case store::SampleRefusal::kDuplicateTimestamp: return "duplicate_timestamp";
    case store::SampleRefusal::kTooOld: return "too_old";
    case store::SampleRefusal::kTooFarInFuture: return "too_far_in_future";
  }
  return "unknown";
}

}  // namespace

base::Result<void> SampleEngine::Admission(Priority priority) const {
  if (disk_full()) {
    return base::Fail(base::ErrorKind::kFull,
                      "the disk is nearly full: no samples are taken until it has " +
                          std::to_string(options_.min_free_bytes >> 20) +
                          " MiB free (storage.min_free); free space or lower the retention, then "
                          "try again");
  }
  if (wal_ != nullptr) PHAROS_TRY_VOID(wal_->Healthy());
  return CheckSamples(priority, budget_);
}

std::unique_ptr<store::SampleAppender> SampleEngine::ReservedSink::Begin(std::string_view tenant) {
  return std::make_unique<EngineAppender>(engine_, engine_.TenantOf(tenant), Priority::kReserved);
}

void SampleEngine::SetReservedMetrics(std::set<std::string, std::less<>> metrics) {
  std::lock_guard lock(reserved_mutex_);
  reserved_metrics_ = std::move(metrics);
}

bool SampleEngine::Reserved(std::string_view metric) const {
  std::lock_guard lock(reserved_mutex_);
  return reserved_metrics_.contains(metric);
}

void SampleEngine::NoteNewSeries(Tenant& tenant, const model::Labels& labels,
                                 store::SeriesHandle handle) {
  // One that left memory for want of samples is not new.
  if (!SeedFromParts(tenant, labels, handle)) tenant.churn.Add(labels.Name(), clock_.NowMs());
}

void SampleEngine::CountRefused(std::span<const store::Refused> refused) const {
  std::array<uint64_t, 5> counts{};
  for (const store::Refused& one : refused) ++counts.at(static_cast<size_t>(one.why));
  for (size_t why = 0; why < counts.size(); ++why) {
    if (counts[why] == 0) continue;
    CountRefusedSamples(ReasonName(static_cast<store::SampleRefusal>(why)), counts[why]);
  }
}

}  // namespace pharos::samples
