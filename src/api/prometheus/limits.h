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
/// Remote reads under way, samples of one query, bytes of a request and of a frame:
/// Prometheus's own limits.
inline constexpr int kMaxRemoteReads = 10;
inline constexpr int64_t kRemoteReadSamples = 50'000'000;
inline constexpr size_t kRemoteReadRequestBytes = 32u << 20;
inline constexpr size_t kRemoteReadFrameBytes = 1u << 20;
/// An answer is built in memory before it leaves.
inline constexpr size_t kRemoteReadBytes = 512u << 20;

/// An answer of up to about so many bytes leaves in one piece, with its length; of a longer one
/// this much is made before the client sees anything.
inline constexpr size_t kWholeAnswerBytes = 4u << 20;
/// Bytes of a form: Go's own limit, and so Prometheus's.
inline constexpr size_t kMaxFormBytes = 10u << 20;

/// Longest text of a parameter that an error repeats.
inline constexpr size_t kMaxQuotedBytes = 1'000;
/// Watchers of notifications/live: Prometheus's web.max-notifications-subscribers.
inline constexpr size_t kMaxWatchers = 16;

}  // namespace pharos::api::prometheus
