// The laboratory in which both engines are killed, cut from power and starved of disk, at every
// file operation that changes something. An engine comes in as a CrashSubject, which writes, and
// knows the truth about what it wrote; the laboratory makes it live on a simulated machine, ends
// that life at a chosen operation, starts it again and asks whether the truth is still there.
//
// For tests only. Who adds a step to an engine (a new kind of file, a new edit of the MANIFEST)
// need not come here: operations are counted at the file seam, so it is ended there as well.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "io/manifest.h"
#include "io/sim_fs.h"
#include "io/wal.h"

namespace pharos::io {

using CrashRandom = std::mt19937_64;

/// A clock that stands until it is moved, and whose wall can be set, as an operator or NTP does.
class CrashClock final : public base::Clock {
 public:
  explicit CrashClock(int64_t start_ns) : wall_ns_(start_ns), monotonic_ns_(start_ns) {}
  int64_t NowNs() const override { return wall_ns_; }
  int64_t MonotonicNs() const override { return monotonic_ns_; }
  void Advance(std::chrono::nanoseconds by) {
    wall_ns_ += by.count();
    monotonic_ns_ += by.count();
  }
  void SetWall(std::chrono::nanoseconds by) { wall_ns_ += by.count(); }

 private:
  std::atomic<int64_t> wall_ns_, monotonic_ns_;
};

/// What an engine borrows from its process.
struct CrashMachine {
  static constexpr int64_t kStartNs = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z

  explicit CrashMachine(SimFsOptions disk) : fs(disk) {}

  SimFs fs;
  CrashClock clock{kStartNs};
  base::MemoryBudget budget{size_t{1} << 30};
  std::unique_ptr<Manifest> manifest;
  std::unique_ptr<Wal> wal;
};

/// One engine, and what must and may be in it.
///
/// Threads: one. What fails is no error of the subject: it goes on as a server would, and
/// remembers as acknowledged only what was.
class CrashSubject {
 public:
  virtual ~CrashSubject() = default;

  virtual Signal signal() const = 0;
  virtual base::Result<void> Open(CrashMachine& machine) = 0;
  virtual base::Result<void> Replay(const WalFrame& frame) = 0;
  virtual void Attach(Wal& wal) = 0;
  virtual void Close() = 0;

  /// Writes a few things, some of them again that failed before. True when all were acknowledged.
  virtual bool Write(CrashRandom& random) = 0;
  /// Deletes some of what is there. True when that was acknowledged.
  virtual bool Delete(CrashRandom& random) = 0;
  virtual base::Result<void> Tick() = 0;
  virtual base::Result<void> Flush() = 0;
  /// What is wrong, or "": acknowledged and not there, there twice, deleted and there, made up,
  /// a part that cannot be read. What has outlived its retention may be missing.
  virtual std::string Check() = 0;
  /// As Check, of what lies outside of a part that may be damaged: of other tenants and kinds, and
  /// of other times.
  virtual std::string CheckBut(const PartEntry& damaged) = 0;
  /// Reads every page of every part; the first error.
  virtual base::Result<void> Verify() = 0;
};

/// What a life is doing at the moment.
enum class CrashStep : uint8_t { kStart, kAppend, kSeal, kMerge, kDelete, kRetention, kCount };
std::string_view NameOf(CrashStep step);

/// How a life is disturbed.
enum class CrashEnd : uint8_t {
  kKill,      ///< SIGKILL: what was written is there, synced or not
  kPowerCut,  ///< what was not synced is lost, torn or reordered
  kErrors,    ///< operations fail for a while
  kDiskFull,  ///< nothing can be added for a while
  kReadOnly,  ///< nothing can be changed for a while
  kClock,     ///< the wall clock goes an hour forward and back
  kCount
};
std::string_view NameOf(CrashEnd end);

/// A changing operation of an undisturbed life.
struct CrashPoint {
  uint64_t at = 0;  ///< 1: the first
  CrashStep step{};
  std::string operation;  ///< "Append data/wal/#.wal", digits left out: its class
};

class CrashLab {
 public:
  using MakeSubjects = std::function<std::vector<std::unique_ptr<CrashSubject>>()>;
  explicit CrashLab(MakeSubjects make, SimFsOptions disk = {});
  ~CrashLab();

  /// Of one life, in order.
  std::vector<CrashPoint> Points(uint64_t seed);
  /// The first point of each class of operation in each step, `most` of them by chance.
  static std::vector<CrashPoint> Sample(const std::vector<CrashPoint>& points, size_t most,
                                        uint64_t seed);

  /// One life that is disturbed at its `at`-th changing operation: just before it, which is
  /// just after the one before; an append that is under way may be written in part. Then a start,
  /// the truth, a flush, the truth, writes, a clean restart, the truth. What went wrong, or "".
  std::string Run(uint64_t seed, CrashEnd end, uint64_t at);
  /// `lives` lives of one machine, each disturbed in a random way at a random operation, that
  /// of its start among them.
  std::string RunLives(uint64_t seed, int lives);

  /// Where a part's bits can flip: in its head, its footer, each of its pages.
  struct Flip {
    PartEntry part;
    std::string path;
    uint64_t byte = 0;
    std::string place;  ///< "section data page 3", "footer"
  };
  std::vector<Flip> PartFlips(uint64_t seed);
  /// One bit of a part is wrong after a life and a flush. The start succeeds, the damage is found
  /// and named, everything else is there and can be written and merged; with the bit back, all is
  /// as it was.
  std::string RunFlip(uint64_t seed, const Flip& flip);

  /// Bytes of all log files (WAL segments, MANIFEST; only the latter if `killed`) after a life.
  uint64_t LogBytes(uint64_t seed, bool killed);
  /// One bit of the `byte`-th of them is wrong after a clean end, or after SIGKILL. Either the
  /// start fails, names the file and leaves everything as it is, or nothing is lost. (The last
  /// frames of a killed WAL cannot be told from a torn tail.)
  std::string RunLogFlip(uint64_t seed, uint64_t byte, bool killed);

 private:
  const MakeSubjects make_;
  const SimFsOptions disk_;
};

}  // namespace pharos::io
