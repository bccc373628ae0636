// JSON as the same tree that YAML gives, with the line of everything: dashboards and query
// lists are told about by line, and simdjson does not know lines.
#pragma once

#include <string>
#include <string_view>

#include "conf/yaml.h"

namespace pharos::conf {

/// Strings become quoted scalars; numbers, true and false plain ones; of equal keys Find
/// gives the first. kBadInput `FILE:LINE: …`; nesting and size are bounded as ParseYaml's.
base::Result<Node> ParseJsonTree(std::string_view text, const std::string& file);

}  // namespace pharos::conf
