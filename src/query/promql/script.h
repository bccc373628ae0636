// Prometheus's script tests (`load 5m …`, `eval instant at 10m …`) against the engine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pharos::query::promql {

struct ScriptReport {
  int passed = 0;
  int failed = 0;
  std::vector<std::string> failures;  ///< "line 12: …"
};

/// Runs every eval of a script; one that fails does not stop the rest.
ScriptReport RunScript(std::string_view script);

}  // namespace pharos::query::promql
