// Which metrics rules and SLOs read: what must keep coming when memory is short.
#pragma once

#include <set>
#include <string>

#include "rules/manager.h"

namespace pharos::rules {

/// Names that selectors of the rules' expressions ask for by equality. Expressions that do not
/// parse add nothing.
std::set<std::string, std::less<>> MetricsRead(const RuleSet& rules);

}  // namespace pharos::rules
