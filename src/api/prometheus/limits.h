// Limits of the Prometheus API.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::api::prometheus {

/// Points a series in one range query: Prometheus's own limit.
inline constexpr int64_t kMaxPoints = 11'000;
/// Times outside are cut to it (milliseconds; far beyond any stored sample, far from overflow).
inline constexpr int64_t kTimeBoundMs = int64_t{1} << 52;
/// Entries a list of status/tsdb, and the most that may be asked for: Prometheus's own.
inline constexpr size_t kTsdbStatusLimit = 10;
inline constexpr int64_t kTsdbStatusMaxLimit = 10'000;
/// match[] parameters of one request: each is a look-up of its own.
inline constexpr size_t kMaxMatchers = 1'000;

}  // namespace pharos::api::prometheus
