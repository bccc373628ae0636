// What the wiring between engines may cost, with unit and reason.
#pragma once

#include <chrono>
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

/// How long the allocator keeps pages that are free: from one seal to the next under load. A page
/// fault costs 0.2 to 15 us (the latter in virtual machines without hardware page tables).
inline constexpr std::chrono::milliseconds kFreedMemoryTime{2000};

}  // namespace pharos::server
