// Deletion: from memory at once, from parts by tombstones, from the disk by the merges that
// follow. What a deletion is lies in one WAL frame until the next seal, then in TOMBSTONES.
//
// A merge must not bring back what was deleted while it read. Its readers and its part's id are
// made under seal_mutex_, which a deletion holds too: either the readers leave it out already,
// or the id is below the tombstone's limit, so that the tombstone hides it in the new part.
#include <algorithm>

#include "base/log.h"
#include "samples/engine.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

Tombstones Concerning(const Tombstones& all, const Part& part) {
  Tombstones out;
  const io::PartEntry& entry = part.entry();
  for (const TombstonePtr& one : all) {
    if (one->Concerns(entry.id, entry.min_time, entry.max_time)) out.push_back(one);
  }
  return out;
}

}  // namespace

base::Result<void> SampleEngine::Delete(std::string_view tenant_name,
                                        const std::vector<model::Matcher>& matchers,
                                        int64_t start_ms, int64_t end_ms) {
  const TenantPtr tenant = FindTenant(tenant_name);
  if (tenant == nullptr || start_ms > end_ms) return {};
  std::lock_guard seal_lock(seal_mutex_);
  auto tombstone = std::make_shared<Tombstone>();
  *tombstone = {matchers, start_ms, end_ms, manifest_.NextPartId(), clock_.NowMs()};
  {
    std::lock_guard lock(tombstones_mutex_);
    if (tenant->tombstones.size() >= kMaxTombstones) {
      return base::Fail(base::ErrorKind::kLimit,
                        std::to_string(tenant->tombstones.size()) +
                            " deletions wait to be carried out on disk; call "
                            "/api/v1/admin/tsdb/clean_tombstones, then delete again");
    }
  }
  if (wal_ != nullptr) {
    base::Ack ack;
    {
      std::lock_guard lock(commit_mutex_);
      ack = wal_->Append(io::Signal::kSamples, kWalTombstone, tenant->name,
                         EncodeTombstone(*tombstone))
                .ack;
    }
    if (const auto written = ack.Wait(); !written)
      return base::Wrap(written.error(), "nothing was deleted");
  }
  Bury(*tenant, std::move(tombstone));
  return wal_ != nullptr ? base::Result<void>() : SaveTombstones();
}

void SampleEngine::Bury(Tenant& tenant, TombstonePtr tombstone) {
  {
    std::lock_guard lock(tombstones_mutex_);
    tenant.tombstones.push_back(tombstone);
    tombstones_dirty_ = true;
    const auto parts = tenant.parts();
    for (const auto& part : *parts) {
      const io::PartEntry& entry = part->entry();
      if (tombstone->Concerns(entry.id, entry.min_time, entry.max_time))
        part->SetTombstones(Concerning(tenant.tombstones, *part));
    }
  }
  const auto rewound =
      tenant.head.Delete(tombstone->matchers, tombstone->start_ms, tombstone->end_ms);
  if (wal_ == nullptr) return;  // replay: order was judged when it came
  for (const Head::Rewound& series : rewound) SeedFromParts(tenant, series.labels, series.handle);
}

base::Result<void> SampleEngine::ReplayTombstone(const io::WalFrame& frame) {
  PHAROS_TRY(Tombstone tombstone, DecodeTombstone(frame.payload));
  PHAROS_TRY_VOID(SkipPartIds(tombstone.part_limit));
  Bury(*TenantOf(std::string(frame.tenant)),
       std::make_shared<const Tombstone>(std::move(tombstone)));
  return {};
}

base::Result<void> SampleEngine::SkipPartIds(uint64_t limit) {
  // After a crash the manifest may not know of the last ids that it gave out.
  for (uint64_t skipped = 0; skipped < kMaxSkippedPartIds; ++skipped) {
    if (skipped_part_ids_ >= limit) return {};
    skipped_part_ids_ = manifest_.NextPartId() + 1;
  }
  return base::Fail(base::ErrorKind::kCorrupt,
                    "a tombstone names part " + std::to_string(limit) + ", which never was");
}

void SampleEngine::ExchangeParts(Tenant& tenant, const PartList& gone, const PartList& more) {
  std::lock_guard lock(tombstones_mutex_);
  for (const auto& part : more) part->SetTombstones(Concerning(tenant.tombstones, *part));
  tenant.ChangeParts(gone, more);
}

base::Result<void> SampleEngine::SaveTombstones() {
  const std::string path = manifest_.data_dir() + "/" + std::string(kTombstoneFile);
  std::map<std::string, Tombstones> all;
  {
    std::lock_guard lock(tombstones_mutex_);
    if (!tombstones_dirty_) return {};
    for (const TenantPtr& tenant : AllTenants()) {
      if (!tenant->tombstones.empty()) all[tenant->name] = tenant->tombstones;
    }
    tombstones_dirty_ = false;
  }
  auto written = io::WriteFileDurably(manifest_.fs(), path, EncodeTombstoneFile(all),
                                      manifest_.data_dir() + "/tmp/" + std::string(kTombstoneFile));
  if (!written) {
    std::lock_guard lock(tombstones_mutex_);
    tombstones_dirty_ = true;
  }
  return written;
}

base::Result<void> SampleEngine::LoadTombstones() {
  io::Fs& fs = manifest_.fs();
  const std::string path = manifest_.data_dir() + "/" + std::string(kTombstoneFile);
  if (!fs.Exists(path)) return {};
  PHAROS_TRY(const std::string bytes, io::ReadWholeFile(fs, path));
  auto read = DecodeTombstoneFile(bytes);
  if (!read) {
    base::Log(base::LogLevel::kError,
              "deleted samples that are still on disk are visible again: delete them again",
              {{"path", path}, {"error", read.error().message}});
    return fs.Rename(path, path + ".damaged");
  }
  for (auto& [name, tombstones] : *read) {
    for (const TombstonePtr& one : tombstones) PHAROS_TRY_VOID(SkipPartIds(one->part_limit));
    TenantOf(name)->tombstones = std::move(tombstones);
  }
  return {};
}

base::Result<bool> SampleEngine::CleanOne(Tenant& tenant) {
  const auto parts = tenant.parts();
  for (const auto& part : *parts) {
    if (part->broken() || !part->has_tombstones()) continue;
    auto index = part->Index();
    if (index && part->Hidden(**index) == nullptr) continue;
    if (index) {
      auto rewritten = MergeRun(tenant, {part}, false);
      if (rewritten) return true;
      if (rewritten.error().kind != base::ErrorKind::kCorrupt)
        return std::unexpected(rewritten.error());
    } else if (index.error().kind != base::ErrorKind::kCorrupt) {
      return std::unexpected(index.error());
    }
    // It cannot be read, so nothing of it is shown either; its tombstones stay.
  }
  return false;
}

base::Result<void> SampleEngine::ForgetTombstones(Tenant& tenant, const Tombstones& carried_out) {
  {
    std::lock_guard lock(tombstones_mutex_);
    const auto parts = tenant.parts();
    std::erase_if(tenant.tombstones, [&](const TombstonePtr& one) {
      if (std::find(carried_out.begin(), carried_out.end(), one) == carried_out.end()) return false;
      return std::none_of(parts->begin(), parts->end(), [&](const auto& part) {
        const io::PartEntry& entry = part->entry();
        return part->broken() && one->Concerns(entry.id, entry.min_time, entry.max_time);
      });
    });
    for (const auto& part : *parts) {
      if (part->has_tombstones()) part->SetTombstones(Concerning(tenant.tombstones, *part));
    }
    tombstones_dirty_ = true;
  }
  return SaveTombstones();
}

base::Result<void> SampleEngine::CleanTenant(Tenant& tenant) {
  Tombstones before;
  {
    std::lock_guard lock(tombstones_mutex_);
    before = tenant.tombstones;
  }
  if (before.empty()) return {};
  for (;;) {
    PHAROS_TRY(const bool cleaned, CleanOne(tenant));
    if (!cleaned) break;
  }
  return ForgetTombstones(tenant, before);
}

base::Result<void> SampleEngine::CleanTombstones() {
  std::lock_guard lock(maintenance_mutex_);
  for (const TenantPtr& tenant : AllTenants()) PHAROS_TRY_VOID(CleanTenant(*tenant));
  return {};
}

base::Result<void> SampleEngine::CleanRested() {
  const int64_t rested_ms = clock_.NowMs() - kTombstoneRestMs;
  for (const TenantPtr& tenant : AllTenants()) {
    {
      std::lock_guard lock(tombstones_mutex_);
      if (tenant->tombstones.empty() || tenant->tombstones.back()->made_ms > rested_ms) continue;
    }
    PHAROS_TRY_VOID(CleanTenant(*tenant));
  }
  return {};
}

}  // namespace pharos::samples
