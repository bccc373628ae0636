// Free-form content of a receiver's message: YAML whose texts are templates, sent as JSON.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::alert {

using RenderText = std::function<base::Result<std::string>(const std::string&)>;

/// Every text is expanded; what then reads as YAML of another kind (a number, a list, a map)
/// becomes that. Keys are sorted, as Go writes maps.
base::Result<std::string> PayloadJson(const conf::Node& node, const RenderText& render);

}  // namespace pharos::alert
