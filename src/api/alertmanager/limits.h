// Limits of Alertmanager's API.
#pragma once

#include <cstddef>

namespace pharos::api::alertmanager {

/// Bytes of a request's body: Prometheus posts 64 alerts at a time.
inline constexpr size_t kMaxBodyBytes = 16 << 20;

}  // namespace pharos::api::alertmanager
