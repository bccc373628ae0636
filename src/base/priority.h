// Which threads give way to which: levels below the ordinary, for work that nobody waits for by
// the millisecond.
#pragma once

#include <cstdint>

namespace pharos::base {

/// The kernel's number of a thread; 0: none.
using ThreadId = int32_t;

ThreadId CurrentThread();

enum class Priority : uint8_t {
  kUsual,   ///< what this process began with
  kModest,  ///< a third of what others get, and put off as soon as they want a core
  kLow,     ///< next to nothing where others want all of it
};

/// Any thread of this process may be lowered by any other. False where the system refuses.
bool LowerPriority(ThreadId thread, Priority to = Priority::kLow);
/// Back to what this process began with. False where that needs a privilege: the thread had better
/// end then, since it would pass its priority on to threads it starts.
bool RestorePriority(ThreadId thread);
/// Whether the calling thread is at kLow. Cost: a system call, some 100 ns.
bool HasLowPriority();

}  // namespace pharos::base
