// Durations as PromQL writes them ("1h30m", "5y"), with the error texts of its parser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::query::promql {

inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

/// Nanoseconds of "1d2h", "0". kBadInput with Prometheus's sentence for anything else.
base::Result<int64_t> ParseGoDuration(std::string_view text);
/// The shortest writing of a duration that is not negative, cut to milliseconds; "0s".
std::string FormatGoDuration(int64_t nanoseconds);

}  // namespace pharos::query::promql
