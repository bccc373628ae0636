// What the API and the pages see of Alertmanager.
#include <algorithm>

#include "alert/alertmanager.h"

namespace pharos::alert {

bool MatchesFilter(const conf::AlertMatchers& matchers, const model::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const conf::AlertMatcher& matcher) {
    const bool there = labels.Has(matcher.name());
    if (matcher.value().empty() && matcher.IsEqual() != there) return true;
    return matcher.Matches(labels);
  });
}

AlertView Alertmanager::ViewOf(const AlertPtr& alert, int64_t now_ns) const {
  AlertView view;
  view.alert = alert;
  view.silenced_by = silences_->Matching(alert->labels, now_ns);
  if (const auto source = routing_->inhibitor.MutedBy(alert->labels, now_ns))
    view.inhibited_by.push_back(FingerprintText(*source));
  return view;
}

bool Alertmanager::Shown(const AlertView& view, const AlertFilter& filter, int64_t now_ns) const {
  const AlertRecord& alert = *view.alert;
  if (alert.ends_at_ns != 0 && alert.ends_at_ns < now_ns) return false;
  if (!filter.active && !view.suppressed()) return false;
  if (!filter.silenced && !view.silenced_by.empty()) return false;
  return filter.inhibited || view.inhibited_by.empty();
}

bool Alertmanager::ReceiverShown(const std::string& name, const AlertFilter& filter) const {
  if (filter.receiver && !filter.receiver(name)) return false;
  if (filter.receiver_matchers.empty()) return true;
  for (const conf::AlertReceiver& receiver : routing_->config.receivers) {
    if (receiver.name != name) continue;
    std::vector<model::LabelView> labels;
    for (const auto& [key, value] : receiver.labels) labels.push_back({key, value});
    return MatchesFilter(filter.receiver_matchers, model::Labels::FromPairs(std::move(labels)));
  }
  return false;
}

std::vector<AlertView> Alertmanager::ListAlerts(const AlertFilter& filter) const {
  const std::lock_guard lock(mutex_);
  const int64_t now = options_.clock->NowNs();
  std::vector<AlertView> out;
  for (const auto& [fingerprint, alert] : alerts_->all()) {
    if (!MatchesFilter(filter.matchers, alert->labels)) continue;
    std::vector<std::string> receivers;
    for (const Route* route : routing_->root->Match(alert->labels))
      receivers.push_back(route->receiver);
    const bool shown =
        std::any_of(receivers.begin(), receivers.end(),
                    [&](const std::string& name) { return ReceiverShown(name, filter); });
    if (!shown) continue;
    AlertView view = ViewOf(alert, now);
    view.receivers = std::move(receivers);
    if (Shown(view, filter, now)) out.push_back(std::move(view));
  }
  return out;  // by fingerprint, as the map is
}

std::vector<GroupView> Alertmanager::ListGroups(const AlertFilter& filter) const {
  const std::lock_guard lock(mutex_);
  const int64_t now = options_.clock->NowNs();
  std::vector<GroupView> out;
  std::map<uint64_t, std::vector<std::string>> receivers;
  for (const auto& [at, group] : routing_->groups->all()) {
    const std::string& receiver = group->route->receiver;
    if (!ReceiverShown(receiver, filter)) continue;
    GroupView view{.labels = group->labels, .route_labels = {}, .receiver = receiver, .alerts = {}};
    for (const auto& [fingerprint, alert] : group->alerts) {
      if (!MatchesFilter(filter.matchers, alert->labels)) continue;
      AlertView one = ViewOf(alert, now);
      if (!Shown(one, filter, now)) continue;
      one.muted_by = group->muted_by;
      receivers[fingerprint].push_back(receiver);
      view.alerts.push_back(std::move(one));
    }
    if (view.alerts.empty() || (!filter.muted && !group->muted_by.empty())) continue;
    std::sort(view.alerts.begin(), view.alerts.end(), [](const AlertView& a, const AlertView& b) {
      return AlertBefore(*a.alert, *b.alert);
    });
    if (!group->route->labels.empty()) {
      Notification raw{.receiver = receiver,
                       .group_labels = group->labels,
                       .route_labels = group->route->labels,
                       .reason = "unknown",
                       .alerts = Groups::Snapshot(*group, now),
                       .now_ns = now};
      view.route_labels = Renderer(*routing_->templates, raw).RouteLabels();
    }
    out.push_back(std::move(view));
  }
  for (auto& [fingerprint, names] : receivers) std::sort(names.begin(), names.end());
  for (GroupView& view : out) {
    for (AlertView& one : view.alerts) one.receivers = receivers[one.alert->fingerprint];
  }
  std::stable_sort(out.begin(), out.end(), [](const GroupView& a, const GroupView& b) {
    if (a.labels == b.labels) return a.receiver < b.receiver;
    return LabelsBefore(a.labels, b.labels);
  });
  return out;
}

std::vector<ReceiverView> Alertmanager::Receivers() const {
  const std::lock_guard lock(mutex_);
  std::vector<ReceiverView> out;
  for (const conf::AlertReceiver& receiver : routing_->config.receivers)
    out.push_back({receiver.name, receiver.labels});
  return out;
}

std::string Alertmanager::ConfigText() const {
  const std::lock_guard lock(mutex_);
  return conf::ToYaml(routing_->config);
}

size_t Alertmanager::CountAlerts(bool suppressed) const {
  const std::lock_guard lock(mutex_);
  const int64_t now = options_.clock->NowNs();
  return static_cast<size_t>(
      std::count_if(alerts_->all().begin(), alerts_->all().end(), [&](const auto& item) {
        return !item.second->ResolvedAt(now) && ViewOf(item.second, now).suppressed() == suppressed;
      }));
}

}  // namespace pharos::alert
