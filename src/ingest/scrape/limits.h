// What scraping may cost, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::ingest::scrape {

/// Bytes of one page when the job sets no body_size_limit; a page of a million series is 150 MB.
inline constexpr size_t kMaxPageBytes = 256u << 20;
/// Targets scraped at the same time; each waits on the network most of its time.
inline constexpr size_t kMaxThreads = 64;
/// Dropped targets shown for one job, as many as an operator reads.
inline constexpr size_t kMaxDroppedTargets = 100;
/// How often the scheduler looks at the clock at least, in milliseconds.
inline constexpr int64_t kMaxWaitMs = 100;

}  // namespace pharos::ingest::scrape
