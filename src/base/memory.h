// Giving memory back to the system after a large piece of work.
#pragma once

#include <chrono>
#include <optional>

namespace pharos::base {

/// Returns what this thread's allocator keeps for reuse. A thread that has just finished a
/// heavy query holds its peak otherwise, and sixteen workers sixteen peaks. Cost: some
/// milliseconds after a large query; not for hot paths.
void ReturnFreedMemory();

/// Has the allocator keep pages of the process that are free for at least so long before it gives
/// them back by itself: what comes again by then needs no page faults. Without mimalloc: nothing.
void KeepFreedMemory(std::chrono::milliseconds time);

/// Has the allocator take its memory where the system may back it with huge pages: a page fault for
/// each 2 MiB, which costs as much as some hundred for 4 KiB each. The first of them in what a
/// thread gets at a time stays small pages, so that a thread that needs little takes little.
/// 8 GiB of addresses, no memory. Without mimalloc, or where the system refuses: nothing.
void UseHugePages();

/// When a thread of a pool that has nothing to do gives back what its allocator keeps: soon after
/// its work, and some time later again, since what it allocated may be freed by others.
///
/// Owns: nothing. Threads: one, the pool's own.
class IdleReturn {
 public:
  void Worked() { returned_ = 0; }
  /// How long to wait for work before Return is called; nothing: for ever.
  std::optional<std::chrono::milliseconds> Pause() const;
  void Return();

 private:
  static constexpr int kReturns = 3;
  int returned_ = kReturns;
};

}  // namespace pharos::base
