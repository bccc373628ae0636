// Go's regular expressions on RE2: the same language but for a spelling or two.
#pragma once

#include <string>
#include <string_view>

namespace pharos::model {

/// The pattern in RE2's spelling: named groups `(?<name>…)`, which Go takes since 1.22, become
/// `(?P<name>…)`. Everything else, mistakes included, stays as it is.
std::string GoRegexToRe2(std::string_view pattern);

}  // namespace pharos::model
