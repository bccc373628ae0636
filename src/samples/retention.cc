// What goes by itself: days that are over their time, then, oldest first, what is over the size;
// and the watch on the disk's free space.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "samples/engine.h"
#include "samples/limits.h"
#include "samples/part_publisher.h"

namespace pharos::samples {

base::Result<void> SampleEngine::DropParts(Tenant& tenant, const PartList& gone) {
  io::ManifestEdit edit;
  std::set<int64_t> days;
  for (const auto& part : gone) {
    edit.drop.push_back(part->entry().id);
    days.insert(DayOf(part->entry().min_time));
  }
  PHAROS_TRY_VOID(manifest_.Apply(edit));
  for (const auto& part : gone) part->MarkObsolete();
  tenant.ChangeParts(gone, {});
  const auto left = tenant.parts();
  for (const auto& part : *left) days.erase(DayOf(part->entry().min_time));
  for (const int64_t day : days) {
    // Readers keep open files; what they still hold is removed with the last of them.
    (void)manifest_.fs().RemoveAll(manifest_.data_dir() + "/" + TenantDirectory(tenant.name) +
                                   "/samples/" + DayName(day));
  }
  return {};
}

base::Result<void> SampleEngine::DropExpired() {
  const int64_t retention_ms = retention_ms_;
  if (retention_ms <= 0) return {};
  const int64_t first_day = DayOf(clock_.NowMs() - retention_ms);
  for (const TenantPtr& tenant : AllTenants()) {
    PartList expired;
    const auto parts = tenant->parts();
    for (const auto& part : *parts) {
      if (DayOf(part->entry().max_time) < first_day) expired.push_back(part);
    }
    if (!expired.empty()) PHAROS_TRY_VOID(DropParts(*tenant, expired));
  }
  return {};
}

base::Result<void> SampleEngine::DropOversize() {
  const uint64_t most = retention_bytes_;
  if (most == 0) return {};
  struct Old {
    int64_t day, max_ms;
    std::shared_ptr<Part> part;
    TenantPtr tenant;
  };
  std::vector<Old> all;
  uint64_t bytes = wal_bytes_;
  for (const TenantPtr& tenant : AllTenants()) {
    const auto parts = tenant->parts();
    for (const auto& part : *parts) {
      bytes += part->entry().bytes;
      const io::PartEntry& entry = part->entry();
      all.push_back({DayOf(entry.min_time), entry.max_time, part, tenant});
    }
  }
  if (bytes <= most) return {};
  std::sort(all.begin(), all.end(), [](const Old& a, const Old& b) {
    return a.day != b.day ? a.day < b.day : a.max_ms < b.max_ms;
  });
  const int64_t newest_day = all.empty() ? 0 : all.back().day;
  // A day goes as a whole; of the newest one only as many parts as must, and never the last.
  for (size_t i = 0; i < all.size();) {
    if (bytes <= most || all[i].part == all.back().part) return {};
    size_t end = i + 1;
    while (all[i].day < newest_day && all[end].day == all[i].day) ++end;
    std::map<TenantPtr, PartList> gone;
    for (size_t k = i; k < end; ++k) {
      gone[all[k].tenant].push_back(all[k].part);
      bytes -= std::min(bytes, all[k].part->entry().bytes);
    }
    for (const auto& [tenant, parts] : gone) PHAROS_TRY_VOID(DropParts(*tenant, parts));
    base::Log(base::LogLevel::kInfo, "samples were dropped: the size limit is reached",
              {{"day", DayName(all[i].day)}, {"parts", std::to_string(end - i)}});
    i = end;
  }
  return {};
}

void SampleEngine::WatchDisk() {
  if (options_.min_free_bytes == 0) return;
  const auto free = manifest_.fs().FreeBytes(manifest_.data_dir());
  if (!free) return;
  // Once full, a little more must be free, so that it does not flicker.
  const bool was_full = disk_full_;
  const uint64_t least = options_.min_free_bytes + (was_full ? options_.min_free_bytes / 8 : 0);
  const bool full = *free < least;
  if (full == was_full) return;
  disk_full_ = full;
  base::Log(full ? base::LogLevel::kError : base::LogLevel::kInfo,
            full ? "the disk is nearly full: samples are refused until there is space"
                 : "the disk has space again: samples are taken",
            {{"free_bytes", std::to_string(*free)}});
}

}  // namespace pharos::samples
