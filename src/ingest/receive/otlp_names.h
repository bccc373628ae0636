// Names of OTLP metrics, units and attributes in Prometheus's form: the published rules of
// the default translation strategy, UnderscoreEscapingWithSuffixes.
#pragma once

#include <string>
#include <string_view>

#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {

/// "http.server.duration", "s" → "http_server_duration_seconds"; counters end in _total,
/// gauges of unit 1 in _ratio. "" when nothing but underscores is left.
std::string PrometheusMetricName(std::string_view name, std::string_view unit,
                                 wire::OtlpMetricType type, bool monotonic);

/// "http.method" → "http_method", "2xx" → "key_2xx", "__name__" kept. "" when nothing but
/// underscores is left.
std::string PrometheusLabelName(std::string_view attribute);

/// "By/s" → "bytes_per_second", for metadata.
std::string PrometheusUnit(std::string_view unit);

}  // namespace pharos::ingest::receive
