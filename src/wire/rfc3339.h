// RFC 3339 times with up to nanoseconds, as Go's time.RFC3339Nano reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace pharos::wire {

/// "2024-01-02T03:04:05.123456789Z" or with an offset "+01:00" → ns since 1970. False for
/// anything else and for times outside int64.
bool ParseRfc3339(std::string_view text, int64_t* time_ns);

}  // namespace pharos::wire
