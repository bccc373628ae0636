// The named captures of `| regexp`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::query::logql {

/// The regex compiles, has a named capture, and every name is a label name given once.
/// kBadInput with Loki's text.
base::Result<void> CheckRegexpNames(const std::string& pattern);

}  // namespace pharos::query::logql
