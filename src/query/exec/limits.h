// Limits of query execution, each with its unit and reason.
#pragma once

#include <cstddef>

namespace pharos::query::exec {

/// Threads that work on one query. More only wait for memory.
inline constexpr size_t kMostWorkers = 8;

}  // namespace pharos::query::exec
