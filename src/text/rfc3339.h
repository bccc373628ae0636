// Points in time as text: RFC 3339, as Go reads and writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::text {

/// Nanoseconds since 1970 of "2006-01-02T15:04:05.999999999Z" or with an offset "+07:00".
/// The fraction may have any number of digits; those beyond nine are dropped. kBadInput for
/// other shapes, dates that do not exist, and times before 1677 or after 2262 (beyond i64).
base::Result<int64_t> ParseRfc3339(std::string_view text);

/// Go's RFC3339Nano in UTC: trailing zeros of the fraction are left out.
std::string Rfc3339Nano(int64_t ns);

}  // namespace pharos::text
