#include "io/manifest.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <set>

#include "base/log.h"
#include "io/limits.h"
#include "io/manifest_format.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kPartPrefix = "part-";

class LogManifest final : public Manifest {
 public:
  LogManifest(Fs& fs, std::string data_dir) : fs_(fs), data_dir_(std::move(data_dir)) {}

  Result<void> Load() {
    PHAROS_TRY_VOID(MakeDirsDurably(fs_, data_dir_));
    PHAROS_TRY_VOID(fs_.RemoveAll(data_dir_ + "/tmp"));
    PHAROS_TRY_VOID(fs_.MakeDirs(data_dir_ + "/tmp"));
    std::lock_guard lock(mutex_);
    const bool existed = fs_.Exists(path_);
    if (existed) PHAROS_TRY_VOID(ReadFile());
    // Also for one that is there: had the disk failed a sync before a crash, records could be
    // read that are in the page cache alone. But a full disk must not keep it from opening.
    if (auto written = WriteSnapshot(); !written && (uncertain_ || !existed)) return written;
    return RemoveUnlisted();
  }

  Result<void> Apply(const ManifestEdit& edit) override {
    std::lock_guard lock(mutex_);
    if (uncertain_ || !file_ || bytes_ - snapshot_bytes_ >= kManifestSnapshotBytes) {
      // A failed rewrite is no reason to refuse an edit while the old file is sound.
      if (auto written = WriteSnapshot(); !written && (uncertain_ || !file_)) return written;
    }
    PHAROS_TRY_VOID(AppendRecord(edit));
    state_.Apply(edit);
    Vouch();
    return {};
  }

  bool Uncertain() const override {
    std::lock_guard lock(mutex_);
    return uncertain_;
  }

  std::vector<PartEntry> Live(Signal signal) const override {
    std::lock_guard lock(mutex_);
    std::vector<PartEntry> live;
    for (const auto& [id, part] : state_.parts) {
      if (part.signal == signal) live.push_back(part);
    }
    return live;
  }

  uint64_t SealedSequence(Signal signal) const override {
    std::lock_guard lock(mutex_);
    return state_.sealed[static_cast<size_t>(signal)];
  }

  uint64_t NextPartId() override {
    std::lock_guard lock(mutex_);
    return state_.next_part_id++;
  }

  /// Each directory from the data directory down to the part's day has its new entry synced. Who
  /// makes a day anew after it was removed is told so, and syncs it again.
  Result<void> MakeParents(const std::string& path) override {
    const size_t last = path.rfind('/');
    const std::string day = path.substr(0, last);
    std::lock_guard lock(parents_mutex_);
    PHAROS_TRY(const bool made, fs_.MakeDirs(data_dir_ + "/" + day));
    if (made) durable_.erase(day);
    if (durable_.contains(day)) return {};
    PHAROS_TRY_VOID(fs_.SyncDir(data_dir_));
    for (size_t slash = path.find('/'); slash < last; slash = path.find('/', slash + 1)) {
      PHAROS_TRY_VOID(fs_.SyncDir(data_dir_ + "/" + path.substr(0, slash)));
    }
    if (durable_.size() >= kManifestKnownDays) durable_.clear();
    durable_.insert(day);
    return {};
  }

  const std::string& data_dir() const override { return data_dir_; }
  Fs& fs() const override { return fs_; }

 private:
  Result<void> ReadFile() {
    PHAROS_TRY(file_, fs_.OpenAppend(path_));
    PHAROS_TRY(const uint64_t size, file_->Size());
    if (size > kManifestMaxBytes) {
      return Fail(ErrorKind::kCorrupt, path_ + " is damaged: it is longer than any manifest");
    }
    PHAROS_TRY(const std::string bytes, file_->ReadAt(0, size));
    auto parsed = ParseManifest(bytes);
    if (!parsed) {
      return Fail(ErrorKind::kCorrupt, path_ + " is damaged: " + parsed.error().message);
    }
    state_ = std::move(parsed->state);
    salt_ = parsed->salt;
    bytes_ = durable_bytes_ = parsed->good_bytes;
    if (bytes_ < size) {
      base::Log(base::LogLevel::kInfo, "cut a torn tail off the manifest",
                {{"path", path_}, {"bytes", std::to_string(size - bytes_)}});
      PHAROS_TRY_VOID(file_->Truncate(bytes_));
    }
    // What a killed process wrote may be in memory only, and the rename likewise.
    PHAROS_TRY_VOID(file_->Sync());
    return fs_.SyncDir(data_dir_);
  }

  /// Replaces the file by one of the state alone. On failure the old one counts.
  Result<void> WriteSnapshot() {
    const uint32_t salt = std::random_device{}();
    const std::string bytes = EncodeSnapshot(state_, salt);
    const std::string tmp = data_dir_ + "/tmp/MANIFEST";
    PHAROS_TRY(std::unique_ptr<File> file, fs_.Create(tmp));
    PHAROS_TRY_VOID(file->Append(bytes));
    PHAROS_TRY_VOID(file->Sync());
    PHAROS_TRY_VOID(fs_.Rename(tmp, path_));
    // From here on the old file cannot be written any more, and both may count.
    file_ = std::move(file);
    salt_ = salt;
    bytes_ = durable_bytes_ = snapshot_bytes_ = bytes.size();
    uncertain_ = true;
    PHAROS_TRY_VOID(fs_.SyncDir(data_dir_));
    uncertain_ = false;
    return {};
  }

  Result<void> AppendRecord(const ManifestEdit& edit) {
    const std::string record = EncodeRecord(edit, state_.next_part_id, salt_, bytes_);
    if (record.size() > kManifestRecordBytes) {
      return Fail(ErrorKind::kTooLarge, "an edit of " + std::to_string(record.size()) +
                                            " bytes is too large for " + path_);
    }
    Result<void> done = file_->Append(record);
    if (done) done = file_->Sync();
    if (!done) {
      TakeBack();
      return done;
    }
    bytes_ += record.size();
    durable_bytes_ = bytes_;
    return {};
  }

  /// An empty record says that the one before it was synced: later damage to that one is not
  /// mistaken for a torn tail, and its parts not for what was never listed. Not synced itself: it
  /// matters to those who read what a killed process has left.
  void Vouch() {
    const std::string record = EncodeRecord({}, state_.next_part_id, salt_, bytes_);
    if (file_->Append(record)) {
      bytes_ += record.size();
    } else {
      TakeBack();
    }
  }

  /// To what is on the disk: a failed sync may have taken an empty record with it.
  void TakeBack() {
    bytes_ = durable_bytes_;
    uncertain_ = !(file_->Truncate(bytes_) && file_->Sync());
  }

  /// Nothing for a file, and for what we may not read (lost+found).
  std::vector<std::string> ListOrNothing(const std::string& path) {
    auto names = fs_.List(path);
    if (names) return *std::move(names);
    if (names.error().kind != ErrorKind::kNotFound) {
      base::Log(base::LogLevel::kWarn, "cannot look for parts that are not listed",
                {{"error", names.error().message}});
    }
    return {};
  }

  /// Parts lie at tenant/signal/day/part-N. What is not listed there was never committed, or
  /// was dropped.
  Result<void> RemoveUnlisted() {
    std::set<std::string, std::less<>> listed;
    for (const auto& [id, part] : state_.parts) listed.insert(part.path);
    return RemoveUnlistedBelow("", 0, listed);
  }

  Result<void> RemoveUnlistedBelow(const std::string& relative, int depth,
                                   const std::set<std::string, std::less<>>& listed) {
    constexpr int kPartDepth = 3;
    const std::string dir = data_dir_ + "/" + relative;
    const std::vector<std::string> names = ListOrNothing(dir);
    bool removed = false;
    for (const std::string& name : names) {
      const std::string path = relative.empty() ? name : relative + "/" + name;
      if (depth < kPartDepth) {
        PHAROS_TRY_VOID(RemoveUnlistedBelow(path, depth + 1, listed));
      } else if (name.starts_with(kPartPrefix) && !listed.contains(path)) {
        PHAROS_TRY_VOID(fs_.RemoveAll(data_dir_ + "/" + path));
        removed = true;
      }
    }
    return removed ? fs_.SyncDir(dir) : Result<void>{};
  }

  Fs& fs_;
  const std::string data_dir_;
  const std::string path_ = data_dir_ + "/MANIFEST";

  std::mutex parents_mutex_;                    ///< held during I/O
  std::set<std::string, std::less<>> durable_;  ///< days whose directories are; guarded by it

  mutable std::mutex mutex_;  ///< guards all below; held during I/O
  ManifestState state_;
  std::unique_ptr<File> file_;
  uint32_t salt_ = 0;
  uint64_t bytes_ = 0;           ///< of the file
  uint64_t durable_bytes_ = 0;   ///< all of them but for a last empty record
  uint64_t snapshot_bytes_ = 0;  ///< its length when it was last rewritten
  bool uncertain_ = false;       ///< the file may hold what did not happen; rewrite it first
};

/// Making directories must not make a data directory anew, beside one that was moved away with its
/// MANIFEST: parts in it would be lost when the old one comes back.
Result<void> DataDirIsThere(Manifest& manifest) {
  if (manifest.fs().Exists(manifest.data_dir() + "/MANIFEST")) return {};
  return Fail(ErrorKind::kNotFound, "the data directory " + manifest.data_dir() +
                                        " was moved or removed: there is no MANIFEST in it");
}

/// True for tenant/signal/day/part-N, without steps upward.
bool IsPartPath(const std::string& path) {
  int level = 0;
  for (size_t start = 0; start <= path.size(); ++level) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view name = std::string_view(path).substr(start, end - start);
    if (name.empty() || name == "." || name == "..") return false;
    if (level == 3 && !name.starts_with(kPartPrefix)) return false;
    start = end + 1;
  }
  return level == 4;
}

}  // namespace

Result<std::unique_ptr<Manifest>> Manifest::Open(Fs& fs, const std::string& data_dir) {
  auto manifest = std::make_unique<LogManifest>(fs, data_dir);
  PHAROS_TRY_VOID(manifest->Load());
  return manifest;
}

Result<void> PublishPart(Manifest& manifest, const std::string& tmp_dir, const ManifestEdit& edit) {
  PHAROS_CHECK(edit.add.size() == 1, tmp_dir);
  const std::string& relative = edit.add.front().path;
  if (!IsPartPath(relative)) {
    return Fail(ErrorKind::kUnprocessable, "a part cannot lie at " + relative);
  }
  PHAROS_TRY_VOID(DataDirIsThere(manifest));
  Fs& fs = manifest.fs();
  const std::string path = manifest.data_dir() + "/" + relative;
  PHAROS_TRY_VOID(fs.SyncDir(tmp_dir));
  PHAROS_TRY_VOID(manifest.MakeParents(relative));
  PHAROS_TRY_VOID(fs.Rename(tmp_dir, path));
  Result<void> done = fs.SyncDir(path.substr(0, path.rfind('/')));
  if (done) done = manifest.Apply(edit);
  if (!done && !manifest.Uncertain()) (void)fs.RemoveAll(path);
  return done;
}

Result<std::string> MakeTmpDir(Manifest& manifest, const std::string& name) {
  PHAROS_TRY_VOID(DataDirIsThere(manifest));
  const std::string path = manifest.data_dir() + "/tmp/" + name;
  PHAROS_TRY_VOID(manifest.fs().RemoveAll(path));
  PHAROS_TRY_VOID(manifest.fs().MakeDirs(path));
  return path;
}

base::Result<std::vector<PartEntry>> ReadLiveParts(Fs& fs, const std::string& data_dir,
                                                   Signal signal) {
  const std::string path = data_dir + "/MANIFEST";
  if (!fs.Exists(path)) {
    return base::Fail(base::ErrorKind::kNotFound,
                      data_dir + ": no MANIFEST here; give the folder that --data-dir names");
  }
  PHAROS_TRY(const std::string bytes, ReadWholeFile(fs, path));
  auto parsed = ParseManifest(bytes);
  if (!parsed) {
    return base::Fail(base::ErrorKind::kCorrupt, path + " is damaged: " + parsed.error().message);
  }
  std::vector<PartEntry> out;
  for (const auto& [id, part] : parsed->state.parts) {
    if (part.signal == signal) out.push_back(part);
  }
  return out;
}

}  // namespace pharos::io
