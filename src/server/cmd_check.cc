#include <cstdio>

#include "server/check/report.h"
#include "server/commands.h"

namespace pharos::server {

int Check(const std::vector<std::string>& paths, bool keys) {
  const check::Report report = check::CheckPaths(paths);
  std::fputs(check::ReportText(report, keys).c_str(), stdout);
  return report.HasFaults() ? 1 : 0;
}

}  // namespace pharos::server
