// A file system in memory for tests: it keeps apart what is in the page cache and what is on
// the disk, so that a test can cut the power at any step and go on with what is left.
//
// How a crash test uses it:
//   SimFs fs;
//   fs.SetHook([&](const SimOp& op) -> base::Result<void> {   // before every operation
//     if (++steps == wanted) fs.Halt();                       // the process stops here ...
//     return {};
//   });
//   auto wal = Wal::Open(fs, ...);   ... write; remember what was acknowledged ...
//   fs.Halt();                  // if it was not reached; destroy all that uses fs only now,
//                               // so that destructors cannot write, and before the next line
//   fs.CutPower(seed);          // ... and the machine loses power: the cache is lost
//   // or fs.Restart();         // ... or only the process was killed: the cache is whole
//   wal = Wal::Open(fs, ...);   ... all that was acknowledged must be there
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace pharos::io {

struct SimFsOptions {
  /// The mutant: Sync and SyncDir report success and do nothing. A power-cut test that still
  /// passes with it tests nothing.
  bool ignore_sync = false;
  /// Bytes of file contents that fit; further appends write what still fits and fail kFull.
  uint64_t capacity_bytes = UINT64_MAX;
};

/// An operation about to happen. `name` is the method's: "Create", "ReuseLog", "OpenAppend",
/// "OpenRead", "MakeDirs", "Rename", "Link", "Remove", "RemoveAll", "SyncDir", "List", "Append",
/// "Prepare", "ReadAt", "Sync", "Truncate" (Exists, Size and FreeBytes are not announced).
struct SimOp {
  std::string_view name;
  const std::string& path;
};

/// What survives CutPower, all chosen by the seed:
/// - Bytes of a file up to its last successful Sync survive, if they were not overwritten since. Of
/// what came later, the file's
///   length and each 512-byte sector are kept, old, zero or garbage; often all or nothing.
/// - A creation, removal or rename survives for certain once SyncDir of a directory that it
///   changed has succeeded. Others are kept or lost one by one; of several that concern the
///   same name, the later ones are lost with the earlier. A rename is kept or lost as a whole.
///   Syncing a file does not keep its name, as POSIX has it.
/// - A Sync that is made to fail loses: the bytes stay readable until the cut, but count as
///   clean, and a later Sync does not write them (as Linux does).
///
/// Owns: all of it. Threads: any; the hook runs on the caller's thread without a lock and may
/// call Halt. Errors: as the real one, besides injected ones. Paths: relative and absolute
/// ones start at the same root, which exists; ".." is not understood. Cost: memory.
class SimFs final : public Fs {
 public:
  explicit SimFs(SimFsOptions options = {});
  ~SimFs() override;

  // --- The test's side.

  using Hook = std::function<base::Result<void>(const SimOp&)>;
  /// Called before each operation; an error from it becomes the operation's (for Append and
  /// RemoveAll after a random part was done). An empty function takes it away.
  void SetHook(Hook hook);
  /// From now on every operation fails with kIo and changes nothing: the process is dead,
  /// whatever its threads still try. An Append whose hook calls it may write a part, a RemoveAll
  /// may remove some.
  void Halt();
  /// After SIGKILL: operations work again, the page cache is whole; files opened before stay
  /// dead.
  void Restart();
  /// After a power cut: only what was on the disk is left, see above. Implies Restart.
  void CutPower(uint64_t seed);

  /// The n-th operation from now (1: the next one) fails with this kind, once. 0: none.
  void FailOperation(uint64_t n, base::ErrorKind kind);
  void SetCapacity(uint64_t bytes);
  /// Operations so far, to choose an n from.
  uint64_t Operations() const;
  /// Of all files as the process sees them.
  uint64_t UsedBytes() const;
  /// Flips one bit on the disk and in the cache alike.
  base::Result<void> FlipBit(const std::string& path, uint64_t byte, int bit);

  // --- Fs.

  base::Result<std::unique_ptr<File>> Create(const std::string& path) override;
  base::Result<std::unique_ptr<File>> ReuseLog(const std::string& path) override;
  base::Result<std::unique_ptr<File>> OpenAppend(const std::string& path) override;
  base::Result<std::unique_ptr<File>> OpenRead(const std::string& path) override;
  base::Result<bool> MakeDirs(const std::string& path) override;
  base::Result<void> Rename(const std::string& from, const std::string& to) override;
  /// A copy that shares nothing: enough for files that nobody writes any more.
  base::Result<void> Link(const std::string& from, const std::string& to) override;
  base::Result<void> Remove(const std::string& path) override;
  base::Result<void> RemoveAll(const std::string& path) override;
  base::Result<void> SyncDir(const std::string& path) override;
  base::Result<std::vector<std::string>> List(const std::string& path) override;
  bool Exists(const std::string& path) override;
  base::Result<uint64_t> FreeBytes(const std::string& path) override;

 private:
  struct Disk;
  class OpenFile;
  std::shared_ptr<Disk> disk_;
};

}  // namespace pharos::io
