// Files and directories, and the seam at which tests cut the power. Nothing in Pharos
// touches a data file but through an Fs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pharos::io {

/// No device has larger sectors, or wants more of where memory lies.
inline constexpr size_t kLogUnit = 4096;

/// An open file. Threads: ReadAt from any thread at once; writes one at a time.
/// Errors: kIo with path and the system's words; kFull for ENOSPC and EDQUOT.
class File {
 public:
  virtual ~File() = default;
  virtual base::Result<void> Append(std::string_view bytes) = 0;
  /// Likewise, of memory in which the kLogUnit bytes behind, and those in front down to a multiple
  /// of kLogUnit, may be written to. A log does not copy the bytes when their address and its own
  /// length have the same rest by kLogUnit.
  virtual base::Result<void> AppendInPlace(char* bytes, size_t size) {
    return Append({bytes, size});
  }
  /// Writes so many zeros behind the end, which stays where it is for Append: what is appended
  /// then overwrites them, and its Sync need not write the file's length and where its blocks
  /// are. Size and readers see the zeros. Whoever uses it must know the end by other means.
  virtual base::Result<void> Prepare(uint64_t /*bytes*/) { return {}; }
  /// Exactly `length` bytes from `offset`; kCorrupt when the file ends before.
  virtual base::Result<std::string> ReadAt(uint64_t offset, size_t length) const = 0;
  /// Says that the bytes will be read soon: a disk that has much to read at once is done earlier.
  virtual void WillRead(uint64_t /*offset*/, uint64_t /*length*/) const {}
  /// fdatasync: what was appended survives a power cut once this returns.
  virtual base::Result<void> Sync() = 0;
  virtual base::Result<uint64_t> Size() const = 0;
  virtual base::Result<void> Truncate(uint64_t size) = 0;
};

/// Threads: any call from any thread. Paths are passed as given (relative to the cwd).
class Fs {
 public:
  virtual ~Fs() = default;
  /// A new, empty file for appending; an existing one is truncated.
  virtual base::Result<std::unique_ptr<File>> Create(const std::string& path) = 0;
  /// Likewise, for a log: each append is synced at once and hardly ever read. Where the system can,
  /// bytes go to the disk around the page cache, in whole sectors: up to one of zeros may stand
  /// behind what was appended, as behind what was prepared, until Truncate.
  virtual base::Result<std::unique_ptr<File>> CreateLog(const std::string& path) {
    return Create(path);
  }
  /// Likewise over a log that nobody needs any more: appends overwrite its bytes from the front on,
  /// and it stays as long as it is. What it has from before must be told from what is appended.
  virtual base::Result<std::unique_ptr<File>> ReuseLog(const std::string& path) = 0;
  /// An existing file, for appending at its end and for reading.
  virtual base::Result<std::unique_ptr<File>> OpenAppend(const std::string& path) = 0;
  virtual base::Result<std::unique_ptr<File>> OpenRead(const std::string& path) = 0;
  /// And what is missing above it. False: it was there.
  virtual base::Result<bool> MakeDirs(const std::string& path) = 0;
  /// Atomic; replaces an existing file. Durable only after SyncDir of the parents.
  virtual base::Result<void> Rename(const std::string& from, const std::string& to) = 0;
  /// Another name for a file that nobody writes any more. Durable after SyncDir of the parent.
  virtual base::Result<void> Link(const std::string& from, const std::string& to) = 0;
  virtual base::Result<void> Remove(const std::string& path) = 0;
  virtual base::Result<void> RemoveAll(const std::string& path) = 0;
  /// Makes the directory's entries (creations, renames, removals) durable.
  virtual base::Result<void> SyncDir(const std::string& path) = 0;
  /// Names, not paths; sorted; kNotFound for a missing directory.
  virtual base::Result<std::vector<std::string>> List(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  /// Free bytes on the file system that holds `path`.
  virtual base::Result<uint64_t> FreeBytes(const std::string& path) = 0;

  /// The machine's own file system; lives for ever.
  static Fs& Real();
};

/// Makes `path` and what is missing above it, so that the directories themselves survive a
/// power cut.
base::Result<void> MakeDirsDurably(Fs& fs, const std::string& path);

/// The whole of a file that is known to be small.
base::Result<std::string> ReadWholeFile(Fs& fs, const std::string& path);
/// Replaces the file by one of `bytes`, written and synced at `tmp` before it is renamed: whole or
/// not at all. `tmp` is beside the file where none is given.
base::Result<void> WriteFileDurably(Fs& fs, const std::string& path, std::string_view bytes,
                                    std::string tmp = "");

/// Holds `<dir>/LOCK` (flock) for its lifetime, so that two processes cannot share a data
/// directory. kConflict names the directory when another process has it.
base::Result<std::shared_ptr<void>> LockDirectory(const std::string& dir);

}  // namespace pharos::io
