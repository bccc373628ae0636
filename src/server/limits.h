// What the wiring between engines may cost, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::server {

/// Queries may hold this part of the stores' budget, in addition to it; one of them half of that.
inline constexpr size_t kQueryMemoryShare = 2;
inline constexpr int64_t kLeastQueryMemoryBytes = 1 << 20;

/// Exemplars that one query answers with, the newest; Prometheus keeps no more by default.
inline constexpr size_t kMaxExemplars = 100'000;
/// Series whose newest exemplar is remembered, at 80 bytes each. Beyond it all are forgotten: one
/// that is sent again is stored again then, and not shown twice.
inline constexpr size_t kMaxExemplarSeries = 200'000;
/// Characters of an exemplar's labels, as OpenMetrics.
inline constexpr size_t kMaxExemplarRunes = 128;

}  // namespace pharos::server
