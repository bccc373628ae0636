// The `for` state after a restart: since when an alert has been active stands in the series
// ALERTS_FOR_STATE, as of the last evaluation before the end.
#include <utility>

#include "base/log.h"
#include "rules/group.h"

namespace pharos::rules {
namespace {

using base::Result;

struct LastState {
  int64_t written_ms = 0;
  double active_at_seconds = 0;
};
using States = std::unordered_map<model::Labels, LastState, model::LabelsHasher>;

/// By the alert's labels. Series that ended are left out: those alerts were not active.
Result<States> ReadStates(const Environment& environment, const AlertingRule& rule,
                          int64_t now_ms) {
  store::SampleQuery query{.tenant = environment.tenant,
                           .start_ms = now_ms - environment.outage_tolerance_ms,
                           .end_ms = now_ms};
  query.matchers.push_back(
      model::Matcher::Equal(std::string(model::kMetricName), "ALERTS_FOR_STATE"));
  query.matchers.push_back(model::Matcher::Equal("alertname", rule.name()));
  for (const model::LabelView label : rule.labels()) {
    // A template is written per alert, so it matches no stored value.
    const bool is_template = label.value.find("{{") != std::string_view::npos;
    if (is_template || label.name == "alertname") continue;
    query.matchers.push_back(
        model::Matcher::Equal(std::string(label.name), std::string(label.value)));
  }
  PHAROS_TRY(const auto cursor, environment.source->Select(query));
  States states;
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return states;
    if (columns.values.empty() || model::IsStaleNan(columns.values.back())) continue;
    model::LabelsBuilder labels(columns.labels);
    labels.Delete(model::kMetricName);
    states[labels.Build()] = {columns.times_ms.back(), columns.values.back()};
  }
}

/// Since when the alert counts as active, now that it could not be watched for a while.
int64_t RestoredActiveAt(const LastState& last, int64_t now_ms, int64_t for_ms, int64_t grace_ms) {
  // Times in whole seconds, as they are stored.
  const int64_t down_at_ms = last.written_ms / 1000 * 1000;
  const int64_t active_at_ms = static_cast<int64_t>(last.active_at_seconds) * 1000;
  const int64_t left_ms = for_ms - (down_at_ms - active_at_ms);
  if (left_ms <= 0) return active_at_ms;  // it was firing
  if (left_ms < grace_ms) return now_ms + grace_ms - for_ms;
  return active_at_ms + (now_ms - down_at_ms);  // the outage does not count as pending
}

}  // namespace

void Group::RestoreRule(AlertingRule& rule, int64_t now_ms) {
  // A shorter `for` is over sooner than the grace period: those alerts simply wait again.
  if (rule.for_ms() < environment_.for_grace_period_ms) return;
  const auto states = ReadStates(environment_, rule, now_ms);
  if (!states) {
    base::Log(base::LogLevel::kError, "the `for` state of an alert was not restored",
              {{"alert", rule.name()}, {"error", states.error().message}});
    return;
  }
  rule.ForEach([&](ActiveAlert& alert) {
    const auto found = states->find(alert.labels);
    if (found == states->end()) return;
    alert.active_at_ms =
        RestoredActiveAt(found->second, now_ms, rule.for_ms(), environment_.for_grace_period_ms);
  });
}

void Group::Restore(int64_t now_ms) {
  for (const auto& rule : rules_) {
    if (!rule->alerting()) continue;
    auto& alerting = static_cast<AlertingRule&>(*rule);
    if (environment_.source != nullptr) RestoreRule(alerting, now_ms);
    alerting.SetRestored();
  }
}

}  // namespace pharos::rules
