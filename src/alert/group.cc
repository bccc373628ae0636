#include "alert/group.h"

#include <algorithm>

#include "alert/limits.h"
#include "base/log.h"

namespace pharos::alert {

void Groups::Insert(const AlertPtr& alert, int64_t now_ns) {
  for (const Route* route : root_.Match(alert->labels)) {
    model::Labels labels = route->GroupLabels(alert->labels);
    const std::pair<int, std::string> at(route->index, labels.bytes());
    if (const auto found = groups_.find(at); found != groups_.end()) {
      found->second->alerts[alert->fingerprint] = alert;
      continue;
    }
    if (groups_.size() >= kMaxGroups) {
      base::Log(base::LogLevel::kError, "too many groups of alerts; an alert is left out",
                {{"alert", LabelSetText(alert->labels)}, {"limit", std::to_string(kMaxGroups)}});
      continue;
    }
    auto group = std::make_shared<Group>();
    group->route = route;
    group->key = route->Key() + ":" + LabelSetText(labels);
    group->labels = std::move(labels);
    group->alerts[alert->fingerprint] = alert;
    const bool old = alert->starts_at_ns + route->group_wait_ns < now_ns;
    group->next_flush_ns = old ? now_ns : now_ns + route->group_wait_ns;
    groups_[at] = std::move(group);
  }
}

std::vector<GroupPtr> Groups::TakeDue(int64_t now_ns) {
  std::vector<GroupPtr> due;
  for (auto& [at, group] : groups_) {
    if (group->flushing || group->next_flush_ns > now_ns) continue;
    group->flushing = true;
    group->next_flush_ns = now_ns + group->route->group_interval_ns;
    due.push_back(group);
  }
  return due;
}

int64_t Groups::NextDue() const {
  int64_t next = INT64_MAX;
  for (const auto& [at, group] : groups_) {
    if (!group->flushing) next = std::min(next, group->next_flush_ns);
  }
  return next;
}

std::vector<AlertPtr> Groups::Snapshot(const Group& group, int64_t now_ns) {
  std::vector<AlertPtr> out;
  for (const auto& [fingerprint, alert] : group.alerts) {
    if (alert->ResolvedAt(now_ns) || alert->ends_at_ns == 0) {
      out.push_back(alert);
      continue;
    }
    // It must not resolve by itself while notifications are on their way.
    auto firing = std::make_shared<AlertRecord>(*alert);
    firing->ends_at_ns = 0;
    out.push_back(std::move(firing));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const AlertPtr& a, const AlertPtr& b) { return AlertBefore(*a, *b); });
  return out;
}

std::vector<AlertPtr> Groups::Finish(const GroupPtr& group, const std::vector<AlertPtr>& flushed,
                                     bool ok, int64_t now_ns) {
  group->flushing = false;
  std::vector<AlertPtr> left;
  if (!ok) return left;
  for (const AlertPtr& alert : flushed) {
    if (alert->ends_at_ns == 0 || !alert->ResolvedAt(now_ns)) continue;
    const auto found = group->alerts.find(alert->fingerprint);
    if (found == group->alerts.end() || found->second->updated_at_ns != alert->updated_at_ns)
      continue;
    group->alerts.erase(found);
    left.push_back(alert);
  }
  if (group->alerts.empty()) {
    const auto at = groups_.find({group->route->index, group->labels.bytes()});
    if (at != groups_.end() && at->second == group) groups_.erase(at);
  }
  return left;
}

bool Groups::Forgotten(const AlertRecord& alert) const {
  for (const Route* route : root_.Match(alert.labels)) {
    const auto found = groups_.find({route->index, route->GroupLabels(alert.labels).bytes()});
    if (found != groups_.end() && found->second->alerts.contains(alert.fingerprint)) return false;
  }
  return true;
}

}  // namespace pharos::alert
