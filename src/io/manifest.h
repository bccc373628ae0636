// MANIFEST: the only truth about which parts live. One a process, an append-only log of
// edits, rewritten by snapshot and atomic rename at 4 MiB. Format: docs/format/manifest.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/fs.h"
#include "io/wal.h"

namespace pharos::io {

struct PartEntry {
  Signal signal{};
  std::string tenant;
  uint64_t id = 0;       ///< unique in the process's life on this directory
  std::string path;      ///< relative to the data directory: tenant/signal/day/part-<id>
  int64_t min_time = 0;  ///< the signal's own unit: ms for samples, ns for events; inclusive
  int64_t max_time = 0;  ///< inclusive
  uint64_t bytes = 0;
  uint64_t items = 0;
  bool operator==(const PartEntry&) const = default;
};

struct ManifestEdit {
  std::vector<PartEntry> add;
  std::vector<uint64_t> drop;  ///< ids
  bool sets_sealed = false;
  Signal sealed_signal{};
  uint64_t sealed_sequence = 0;  ///< frames of the signal up to here are in parts
};

/// Owns: the file. Threads: any. Errors: kIo, kFull; then the edit did not happen.
/// Cost: Apply is one append and one fdatasync.
class Manifest {
 public:
  /// Opens or creates `<data_dir>/MANIFEST`, deletes `tmp/` and part directories that are
  /// not listed.
  static base::Result<std::unique_ptr<Manifest>> Open(Fs& fs, const std::string& data_dir);
  virtual ~Manifest() = default;

  virtual base::Result<void> Apply(const ManifestEdit& edit) = 0;
  /// True after a failed Apply whose record could not be taken back from the disk: after a
  /// crash it may count. So files that it names must stay until an Apply succeeds.
  virtual bool Uncertain() const = 0;
  virtual std::vector<PartEntry> Live(Signal signal) const = 0;
  virtual uint64_t SealedSequence(Signal signal) const = 0;
  virtual uint64_t NextPartId() = 0;
  /// Makes the directories above `path`, a part's, that are missing, so that they survive a power
  /// cut. Cost: a sync of each the first time, then a look.
  virtual base::Result<void> MakeParents(const std::string& path) = 0;
  virtual const std::string& data_dir() const = 0;
  virtual Fs& fs() const = 0;
};

/// The live parts of a signal as the MANIFEST has them now, read without opening it: also while
/// another process writes. kNotFound where there is no MANIFEST, kCorrupt for damage.
base::Result<std::vector<PartEntry>> ReadLiveParts(Fs& fs, const std::string& data_dir,
                                                   Signal signal);

/// The commit of a part, the only one that `edit` adds: syncs `tmp_dir` (whose files the writer has
/// synced), renames it to data_dir/entry.path with parents made and synced, and applies the edit.
/// On failure the part is not listed.
base::Result<void> PublishPart(Manifest& manifest, const std::string& tmp_dir,
                               const ManifestEdit& edit);
/// `<data>/tmp/<name>`, made and empty.
base::Result<std::string> MakeTmpDir(Manifest& manifest, const std::string& name);

}  // namespace pharos::io
