// What `pharos parse promql` does with a line.
#pragma once

#include <string>
#include <string_view>

namespace pharos::query::promql {

/// `line` is a JSON string holding an expression: "ok" or "error: 1:5: parse error: …".
std::string ParseCommandLine(std::string_view line);

}  // namespace pharos::query::promql
