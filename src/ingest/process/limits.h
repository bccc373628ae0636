// What the pipelines of a Collector file hold, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::ingest::process {

/// Bytes that a batch may gather before it goes on, whatever its sizes and timeout say: half of
/// what a receiver takes at once, so that the next hop takes it too.
inline constexpr size_t kMaxBatchBytes = 8u << 20;
/// Requests whose items a batch may gather: bounds a batch of empty requests.
inline constexpr size_t kMaxBatchRequests = 100'000;
/// Attributes of one list that actions may produce (extract adds one a group).
inline constexpr size_t kMaxAttributes = 10'000;
/// How often timeouts of batches and queues are looked at.
inline constexpr int64_t kTickNs = 20'000'000;

}  // namespace pharos::ingest::process
