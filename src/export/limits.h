// What exporters hold and send, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::exporting {

/// Series on the page of one prometheus exporter; about 500 bytes each. New ones beyond are
/// refused with a reason.
inline constexpr size_t kMaxPageSeries = 1'000'000;
/// How often a page that nobody scrapes forgets what has expired.
inline constexpr int64_t kExpireNs = 10'000'000'000;
/// Histograms that are warned of by name; more share one cause.
inline constexpr size_t kMaxWarnings = 100;
/// Exemplars kept a series.
inline constexpr size_t kMaxExemplars = 32;
/// Bytes of one line of the debug exporter in the log.
inline constexpr size_t kMaxDebugBytes = 64u << 10;
/// Items that one request prints at verbosity normal.
inline constexpr size_t kMaxDebugItems = 1000;
/// Bytes of an answer to an export that are read.
inline constexpr size_t kMaxAnswerBytes = 1u << 20;
/// Bytes that wait in one sending queue, beyond its number of requests: half of the default of
/// memory_limiter's users.
inline constexpr int64_t kMaxQueueBytes = 256 << 20;
/// Nesting of attributes that hints may name ("a.b.c"); Loki's exporter recurses too.
inline constexpr int kMaxHintDepth = 16;

}  // namespace pharos::exporting
