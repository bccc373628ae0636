// Durations as people write them: Prometheus's ("1h30m", "5d") in configuration and queries,
// and Go's ("1m30.5s") in Loki's, Tempo's and the Collector's. Both ways, with the originals'
// words for what they refuse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::text {

/// Prometheus's model.ParseDuration, in milliseconds: y, w, d, h, m, s, ms, each at most once
/// and in this order, "0" without a unit. A year has 365 days. kBadInput with Prometheus's
/// words: `empty duration string`, `not a valid duration string: "x"`, `duration out of range`.
base::Result<int64_t> ParsePrometheusDuration(std::string_view text);

/// model.Duration's String: "1y" only for whole years, the same for weeks. "0s" for
/// zero; a minus sign in front of negative ones.
std::string PrometheusDuration(int64_t ms);

/// Go's time.ParseDuration, in nanoseconds: signs, fractions, ns us µs ms s m h. kBadInput
/// with Go's words: `time: invalid duration "x"`, `time: missing unit in duration "x"`,
/// `time: unknown unit "q" in duration "x"`.
base::Result<int64_t> ParseGoDuration(std::string_view text);

/// Go's Duration.String: "0s", "1.5s", "300ms", "2h45m0s", "1µs".
std::string GoDuration(int64_t ns);

}  // namespace pharos::text
