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
