// Natural order: runs of digits compare as numbers ("a2" before "a10").
#pragma once

#include <string_view>

namespace pharos::query::promql {

bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace pharos::query::promql
