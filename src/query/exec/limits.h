// Limits of query execution, each with its unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::query::exec {

/// Threads that work on one query. More only wait for memory.
inline constexpr size_t kMostWorkers = 8;

/// Steps in which a query takes memory from that of all queries: small ones take none.
inline constexpr int64_t kHeldStepBytes = 1 << 20;

/// Bytes of a running query that are noted; Prometheus keeps as many.
inline constexpr size_t kMaxActiveQueryBytes = 1000;
/// Queries of an earlier run that are told, and bytes that are read for it. The file is begun
/// anew from a quarter of that on.
inline constexpr size_t kMaxActiveQueries = 1000;
inline constexpr size_t kMaxActiveFileBytes = 4u << 20;

}  // namespace pharos::query::exec
