// What Prometheus says of its rules on /metrics, in its names: alerts that watch the watcher
// (PrometheusRuleFailures, PrometheusMissingRuleEvaluations) were written for them.
#pragma once

#include <string>
#include <vector>

#include "rules/notifier.h"
#include "rules/status.h"

namespace pharos::rules {

/// Text format 0.0.4: prometheus_rule_* a group, prometheus_notifications_alertmanagers_discovered.
std::string PrometheusMetrics(const std::vector<GroupStatus>& groups, const AlertmanagerUrls& urls);

}  // namespace pharos::rules
