// Names on the page of the Collector's prometheus exporter, by the rules of its 0.95 (they
// differ from those of Prometheus's own OTLP receiver: ':' is no name character here, and the
// namespace comes in front of everything).
#pragma once

#include <string>
#include <string_view>

#include "wire/otlp_metrics.h"

namespace pharos::exporting {

/// "my-app" → "my_app".
std::string CleanNamespace(std::string_view name);

/// With suffixes: unit, _ratio and _total as published; without: characters replaced only.
/// "" when nothing is left.
std::string PageMetricName(const wire::OtlpMetric& metric, std::string_view name_space,
                           bool with_suffixes);

/// "http.method" → "http_method", "2xx" → "key_2xx", "_x" → "key_x".
std::string PageLabelName(std::string_view attribute);

}  // namespace pharos::exporting
