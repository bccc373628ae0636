// A copy of all parts as a data directory of its own: hard links, a manifest that lists them, and
// the tombstones. Made in tmp/, so that a killed process leaves nothing, then renamed.
#include <cstdio>
#include <ctime>
#include <random>

#include "samples/engine.h"

namespace pharos::samples {
namespace {

/// 20261121T090507Z-0f1e2d3c4b5a6978, as Prometheus names them.
std::string SnapshotName(int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char name[64];
  std::strftime(name, sizeof name, "%Y%m%dT%H%M%SZ", &utc);
  std::random_device random;
  char out[96];
  std::snprintf(out, sizeof out, "%s-%08x%08x", name, random() & 0x7fffffffu, random());
  return out;
}

base::Result<void> LinkPart(io::Fs& fs, const std::string& from, const std::string& to) {
  PHAROS_TRY_VOID(io::MakeDirsDurably(fs, to));
  PHAROS_TRY(const auto names, fs.List(from));
  for (const std::string& name : names)
    PHAROS_TRY_VOID(fs.Link(from + "/" + name, to + "/" + name));
  return fs.SyncDir(to);
}

base::Result<void> WriteFile(io::Fs& fs, const std::string& path, const std::string& bytes) {
  PHAROS_TRY(const auto file, fs.Create(path));
  PHAROS_TRY_VOID(file->Append(bytes));
  return file->Sync();
}

}  // namespace

base::Result<std::string> SampleEngine::Snapshot(bool skip_memory) {
  std::lock_guard lock(maintenance_mutex_);  // parts stay as they are
  if (!skip_memory) PHAROS_TRY_VOID(Seal());
  std::lock_guard no_deletion(seal_mutex_);
  io::Fs& fs = manifest_.fs();
  const std::string name = SnapshotName(clock_.NowMs());
  PHAROS_TRY(const std::string tmp, io::MakeTmpDir(manifest_, "snapshot"));
  PHAROS_TRY_VOID(CopyParts(tmp));
  const std::string all = manifest_.data_dir() + "/snapshots";
  PHAROS_TRY_VOID(io::MakeDirsDurably(fs, all));
  PHAROS_TRY_VOID(fs.Rename(tmp, all + "/" + name));
  PHAROS_TRY_VOID(fs.SyncDir(all));
  return name;
}

base::Result<void> SampleEngine::CopyParts(const std::string& directory) {
  io::Fs& fs = manifest_.fs();
  PHAROS_TRY(const auto copy, io::Manifest::Open(fs, directory));
  io::ManifestEdit edit;
  std::map<std::string, Tombstones> tombstones;
  for (const TenantPtr& tenant : AllTenants()) {
    const auto parts = tenant->parts();
    for (const auto& part : *parts) {
      if (part->broken()) continue;
      const io::PartEntry& entry = part->entry();
      PHAROS_TRY_VOID(
          LinkPart(fs, manifest_.data_dir() + "/" + entry.path, directory + "/" + entry.path));
      edit.add.push_back(entry);
    }
    std::lock_guard lock(tombstones_mutex_);
    if (!tenant->tombstones.empty()) tombstones[tenant->name] = tenant->tombstones;
  }
  if (!tombstones.empty()) {
    PHAROS_TRY_VOID(WriteFile(fs, directory + "/" + std::string(kTombstoneFile),
                              EncodeTombstoneFile(tombstones)));
  }
  PHAROS_TRY_VOID(copy->Apply(edit));
  return fs.SyncDir(directory);
}

}  // namespace pharos::samples
