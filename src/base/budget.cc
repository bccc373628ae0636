#include "base/budget.h"

#include <unistd.h>

#include <fstream>

namespace pharos::base {

size_t MemoryBudget::DefaultLimitBytes() {
  const size_t machine =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  size_t limit = machine;
  std::ifstream file("/sys/fs/cgroup/memory.max");
  size_t cgroup = 0;  // the file says "max" where there is no limit; then this stays 0
  if (file >> cgroup && cgroup > 0 && cgroup < limit) limit = cgroup;
  return limit / 2;
}

}  // namespace pharos::base
