// Every limit of api/loki/, with its unit and the reason for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::api::loki {

/// Nanoseconds that one query may take (Loki's query_timeout).
inline constexpr int64_t kQueryTimeoutNs = 60'000'000'000;
/// Range of a query that names no start: one hour, as in Loki.
inline constexpr int64_t kDefaultSinceNs = 3'600'000'000'000;
/// Range of label and series requests that name no start: six hours.
inline constexpr int64_t kDefaultLabelSinceNs = 6 * kDefaultSinceNs;
/// Bytes of a form body: queries are small.
inline constexpr size_t kMaxBodyBytes = 1 << 20;
/// Live tails at once (Loki's max_concurrent_tail_requests).
inline constexpr size_t kMaxTails = 10;
/// Lines that detected_fields looks at when it is not told.
inline constexpr size_t kDetectLines = 100;
/// Fields that detected_fields reports at most.
inline constexpr size_t kDetectFields = 1000;
/// Series of a volume answer when no limit is given.
inline constexpr size_t kVolumeSeries = 100;

}  // namespace pharos::api::loki
