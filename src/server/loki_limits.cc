#include "server/loki_limits.h"

#include <algorithm>

#include "query/logql/parser.h"

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

base::Result<void> ApplyLoki(const conf::LokiConfig& config, bool retention_given,
                             events::EngineOptions* out) {
  if (config.retention_ms && !retention_given) out->log_retention_ns = Ns(*config.retention_ms);
  for (const conf::LokiConfig::StreamRetention& rule : config.retention_stream) {
    if (retention_given) break;
    auto streams = query::logql::ParseSelector(rule.selector);
    if (!streams) {
      return base::Wrap(std::move(streams).error(), "limits_config.retention_stream, line " +
                                                        std::to_string(rule.line) +
                                                        ": invalid labels matchers");
    }
    out->stream_retention.push_back(
        {model::EventKind::kLog, *std::move(streams), rule.priority, Ns(rule.period_ms)});
  }
  out->delete_cancel_ns = Ns(config.deletes_for_good ? config.delete_cancel_ms : INT64_MAX);
  out->log_rate = {Size(config.tenant_rate_bytes), Size(config.tenant_burst_bytes)};
  out->stream_rate = {Size(config.stream_rate_bytes), Size(config.stream_burst_bytes)};
  return {};
}

}  // namespace pharos::server
