// UTC days: what part directories are named by, and dates in messages.
#pragma once

#include <cstdint>
#include <string>

namespace pharos::events {

inline constexpr int64_t kDayNs = 86'400'000'000'000;

/// The UTC day of a time in days since 1970, also before it.
int64_t DayOf(int64_t time_ns);
/// First nanosecond of a day, and of the next one; at the ends of i64 what fits.
int64_t DayStart(int64_t day);
int64_t DayEnd(int64_t day);
/// "2026-11-21"
std::string DateOf(int64_t day);
/// "2026-11-21T12:35:21Z", as Go's RFC3339 without a fraction.
std::string Rfc3339(int64_t time_ns);

}  // namespace pharos::events
