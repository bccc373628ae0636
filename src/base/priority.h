// Which threads give way to which: one level below the ordinary, for work that nobody waits for
// by the millisecond.
#pragma once

#include <cstdint>

namespace pharos::base {

/// The kernel's number of a thread; 0: none.
using ThreadId = int32_t;

ThreadId CurrentThread();

/// Any thread of this process may be lowered by any other: from then on it gets a small share of a
/// core that others want, and is put off as soon as they do. False where the system refuses.
bool LowerPriority(ThreadId thread);
/// Back to what this process began with. False where that needs a privilege: the thread had better
/// end then, since it would pass its priority on to threads it starts.
bool RestorePriority(ThreadId thread);
/// Whether the calling thread is lowered. Cost: a system call, some 100 ns.
bool HasLowPriority();

}  // namespace pharos::base
