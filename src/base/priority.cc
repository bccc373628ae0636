#include "base/priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pharos::base {
namespace {

/// Linux keeps a nice value a thread. 19 gets 1.5 % of a core beside one thread that wants all of
/// it, which is little enough that the other does not feel it, and more than nothing.
constexpr int kLowNice = 19;

int NiceOf(ThreadId thread) {
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
  return nice == -1 && errno != 0 ? 0 : nice;
}

/// That of the main thread, which nobody lowers.
int UsualNice() {
  static const int usual = NiceOf(getpid());
  return usual;
}

bool SetNice(ThreadId thread, int nice) {
  return setpriority(PRIO_PROCESS, static_cast<id_t>(thread), nice) == 0;
}

}  // namespace

ThreadId CurrentThread() { return static_cast<ThreadId>(syscall(SYS_gettid)); }

bool LowerPriority(ThreadId thread) {
  UsualNice();
  return thread != 0 && SetNice(thread, kLowNice);
}

bool RestorePriority(ThreadId thread) { return SetNice(thread, UsualNice()); }

bool HasLowPriority() { return NiceOf(0) > UsualNice(); }

}  // namespace pharos::base
