#include "base/priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pharos::base {
namespace {

/// Linux keeps a nice value a thread. 19 gets 1.5 % of a core beside one thread that wants all of
/// it, which is little enough that the other does not feel it, and more than nothing; 5 a quarter.
constexpr int kLowNice = 19, kModestNice = 5;

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

bool LowerPriority(ThreadId thread, Priority to) {
  const int usual = UsualNice();
  if (thread == 0 || to == Priority::kUsual) return false;
  return SetNice(thread, to == Priority::kLow ? kLowNice : std::min(usual + kModestNice, kLowNice));
}

bool RestorePriority(ThreadId thread) { return SetNice(thread, UsualNice()); }

bool HasLowPriority() {
  // Where all of the process is as low as can be, no thread is lower than others.
  return UsualNice() < kLowNice && NiceOf(0) >= kLowNice;
}

}  // namespace pharos::base
