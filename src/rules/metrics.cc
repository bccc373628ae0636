#include "rules/metrics.h"

#include "text/go_float.h"

namespace pharos::rules {
namespace {

struct Metric {
  const char* name;
  const char* type;
  const char* help;
  double (*read)(const GroupStatus&);
};

constexpr Metric kMetrics[] = {
    {"prometheus_rule_evaluation_failures_total", "counter",
     "The total number of rule evaluation failures.",
     [](const GroupStatus& g) { return static_cast<double>(g.failures); }},
    {"prometheus_rule_evaluations_total", "counter", "The total number of rule evaluations.",
     [](const GroupStatus& g) { return static_cast<double>(g.evaluations); }},
    {"prometheus_rule_group_interval_seconds", "gauge", "The interval of a rule group.",
     [](const GroupStatus& g) { return static_cast<double>(g.interval_ms) / 1000; }},
    {"prometheus_rule_group_iterations_missed_total", "counter",
     "The total number of rule group evaluations missed due to slow rule group evaluation.",
     [](const GroupStatus& g) { return static_cast<double>(g.missed); }},
    {"prometheus_rule_group_iterations_total", "counter",
     "The total number of scheduled rule group evaluations, whether executed or missed.",
     [](const GroupStatus& g) { return static_cast<double>(g.iterations); }},
    {"prometheus_rule_group_last_duration_seconds", "gauge",
     "The duration of the last rule group evaluation.",
     [](const GroupStatus& g) { return g.duration_seconds; }},
    {"prometheus_rule_group_last_evaluation_samples", "gauge",
     "The number of samples returned during the last rule group evaluation.",
     [](const GroupStatus& g) { return static_cast<double>(g.last_samples); }},
    {"prometheus_rule_group_last_evaluation_timestamp_seconds", "gauge",
     "The timestamp of the last rule group evaluation in seconds.",
     [](const GroupStatus& g) {
       return static_cast<double>(g.evaluated_at_ms.value_or(0)) / 1000;
     }},
    {"prometheus_rule_group_rules", "gauge", "The number of rules.",
     [](const GroupStatus& g) { return static_cast<double>(g.rules.size()); }},
};

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string PrometheusMetrics(const std::vector<GroupStatus>& groups,
                              const AlertmanagerUrls& urls) {
  std::string out =
      "# HELP prometheus_notifications_alertmanagers_discovered The number of alertmanagers "
      "discovered and active.\n# TYPE prometheus_notifications_alertmanagers_discovered gauge\n"
      "prometheus_notifications_alertmanagers_discovered " +
      std::to_string(urls.active.size()) + "\n";
  for (const Metric& metric : kMetrics) {
    out.append("# HELP ").append(metric.name).append(" ").append(metric.help);
    out.append("\n# TYPE ").append(metric.name).append(" ").append(metric.type).append("\n");
    for (const GroupStatus& group : groups) {
      out.append(metric.name).append("{rule_group=\"");
      AppendEscaped(out, group.file + ";" + group.name);
      out.append("\"} ").append(text::GoFloat(metric.read(group), 'g')).append("\n");
    }
  }
  return out;
}

}  // namespace pharos::rules
