#include "server/loki_limits.h"

#include <algorithm>

namespace pharos::server {
namespace {

/// A quarter of the range: now ± this stays inside it.
int64_t Ns(int64_t ms) {
  static constexpr int64_t kMost = INT64_MAX / 4 / 1'000'000;
  return std::clamp<int64_t>(ms, 0, kMost) * 1'000'000;
}
size_t Size(int64_t value) { return static_cast<size_t>(std::max<int64_t>(value, 0)); }

}  // namespace

ingest::receive::LokiLimits PushLimits(const conf::LokiConfig& config) {
  return {.reject_old = config.reject_old_samples,
          .max_age_ns = Ns(config.reject_old_samples_max_age_ms),
          .grace_ns = Ns(config.creation_grace_period_ms),
          .max_line_bytes = Size(config.max_line_bytes),
          .max_label_names = Size(config.max_label_names),
          .max_label_name_bytes = Size(config.max_label_name_bytes),
          .max_label_value_bytes = Size(config.max_label_value_bytes),
          .max_metadata_bytes = Size(config.max_metadata_bytes),
          .max_metadata_count = Size(config.max_metadata_count)};
}

}  // namespace pharos::server
