#include "server/check/traps.h"

#include <algorithm>
#include <tuple>

namespace pharos::server::check {

Findings FindTraps(const Stack& stack) {
  Findings out;
  FindDockerNames(stack, out);
  FindRenamedMetrics(stack, out);
  FindDefaultBuckets(stack, out);
  FindEmptyTemplateLabels(stack, out);
  FindUpAlerts(stack, out);
  FindDeadRelabelRules(stack, out);
  FindForeignLabels(stack, out);
  FindTraceIds(stack, out);
  FindUnwiredRules(stack, out);
  FindLostIndentation(stack, out);
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  return out;
}

}  // namespace pharos::server::check
