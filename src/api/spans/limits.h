// Every limit of api/spans/, with its unit and the reason for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::api::spans {

/// Nanoseconds that one search may take.
inline constexpr int64_t kSearchTimeoutNs = 30'000'000'000;
/// Spans that names, tags and operations are collected from: the newest so many.
inline constexpr size_t kNameSpans = 200'000;
/// Spans that dependencies are computed from; each is remembered with 40 bytes.
inline constexpr size_t kDependencySpans = 500'000;
/// Traces that one search may return.
inline constexpr size_t kMaxTraces = 1'500;
/// Spans between two looks at the clock and the client.
inline constexpr size_t kCheckEvery = 1'024;
/// Distinct values of one tag in an answer.
inline constexpr size_t kMaxTagValues = 10'000;
/// Bytes of a form body.
inline constexpr size_t kMaxBodyBytes = 1 << 20;

}  // namespace pharos::api::spans
