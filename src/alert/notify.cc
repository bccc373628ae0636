#include "alert/notify.h"

#include <algorithm>
#include <set>

#include "alert/limits.h"
#include "base/log.h"
#include "base/metrics.h"

namespace pharos::alert {
namespace {

std::string IntegrationLabel(const Integration& integration) {
  return "integration=\"" + integration.name + "\"";
}

void CountSuppressed(std::string_view reason, size_t alerts) {
  if (alerts == 0) return;
  base::GetCounter("alertmanager_notifications_suppressed_total",
                   "The total number of notifications suppressed for being silenced, inhibited, "
                   "outside of active time intervals or within muted time intervals.",
                   "reason=\"" + std::string(reason) + "\"")
      .Add(alerts);
}

void CountFailed(const Integration& integration, const std::string& reason) {
  base::GetCounter("alertmanager_notifications_failed_total",
                   "The total number of failed notifications.",
                   IntegrationLabel(integration) + ",reason=\"" + reason + "\"")
      .Add();
}

std::vector<uint64_t> Fingerprints(const std::vector<AlertPtr>& alerts, bool resolved,
                                   int64_t now_ns) {
  std::vector<uint64_t> out;
  for (const AlertPtr& alert : alerts) {
    if (alert->ResolvedAt(now_ns) == resolved) out.push_back(alert->fingerprint);
  }
  return out;
}

std::string Name(const Delivery& delivery) {
  return delivery.notification.receiver + "/" + delivery.integration->name + "[" +
         std::to_string(delivery.integration->index) + "]";
}

}  // namespace

std::vector<AlertPtr> Pipeline::Unmuted(Flush& flush) const {
  const Routing& routing = *flush.routing;
  const Route& route = *flush.group->route;
  std::vector<AlertPtr> left = flush.alerts;
  const size_t inhibited = std::erase_if(left, [&](const AlertPtr& alert) {
    return routing.inhibitor.MutedBy(alert->labels, flush.now_ns).has_value();
  });
  CountSuppressed("inhibition", inhibited);
  flush.group->muted_by.clear();
  if (left.empty()) return left;
  if (!route.active_time_intervals.empty() &&
      routing.ActiveIntervals(route.active_time_intervals, flush.now_ns).empty()) {
    flush.group->muted_by = route.active_time_intervals;
    CountSuppressed("active_time_interval", left.size());
    return {};
  }
  flush.group->muted_by = routing.ActiveIntervals(route.mute_time_intervals, flush.now_ns);
  if (!flush.group->muted_by.empty()) {
    CountSuppressed("mute_time_interval", left.size());
    return {};
  }
  const size_t silenced = std::erase_if(left, [&](const AlertPtr& alert) {
    return !silences_.Matching(alert->labels, flush.now_ns).empty();
  });
  CountSuppressed("silence", silenced);
  return left;
}

void Pipeline::Begin(std::shared_ptr<Routing> routing, const GroupPtr& group, int64_t now_ns) {
  auto flush = std::make_shared<Flush>();
  flush->routing = std::move(routing);
  flush->group = group;
  flush->now_ns = now_ns;
  flush->alerts = Groups::Snapshot(*group, now_ns);
  const std::vector<AlertPtr> alerts = Unmuted(*flush);
  if (!alerts.empty()) {
    std::map<std::string, std::string> route_labels = group->route->labels;
    if (!route_labels.empty()) {
      Notification raw{.receiver = group->route->receiver,
                       .group_labels = group->labels,
                       .route_labels = route_labels,
                       .reason = "unknown",
                       .alerts = flush->alerts,
                       .now_ns = now_ns};
      route_labels = Renderer(*flush->routing->templates, raw).RouteLabels();
    }
    for (const Integration& integration : flush->routing->receivers[group->route->receiver])
      Enqueue(flush, alerts, integration, route_labels);
  }
  if (flush->open == 0) finished_.push_back(flush);
}

void Pipeline::Enqueue(const std::shared_ptr<Flush>& flush, const std::vector<AlertPtr>& alerts,
                       const Integration& integration,
                       const std::map<std::string, std::string>& route_labels) {
  const Route& route = *flush->group->route;
  const int64_t now_ns = flush->now_ns;
  auto delivery = std::make_shared<Delivery>();
  delivery->flush = flush;
  delivery->integration = &integration;
  delivery->log_key = NotificationLog::KeyOf(flush->group->key, route.receiver, integration.name,
                                             integration.index);
  delivery->entry.firing = Fingerprints(alerts, false, now_ns);
  delivery->entry.resolved = Fingerprints(alerts, true, now_ns);
  const LogEntry* last = log_.Find(delivery->log_key);
  const NotifyReason reason =
      NeedsUpdate(last, {delivery->entry.firing.begin(), delivery->entry.firing.end()},
                  {delivery->entry.resolved.begin(), delivery->entry.resolved.end()},
                  integration.send_resolved, route.repeat_interval_ns, now_ns);
  if (reason == NotifyReason::kNone) return;
  Notification& message = delivery->notification;
  message.receiver = route.receiver;
  message.group_key = flush->group->key;
  message.group_labels = flush->group->labels;
  message.route_labels = route_labels;
  message.reason = ReasonText(reason);
  message.alerts = alerts;
  message.now_ns = now_ns;
  if (last != nullptr && reason != NotifyReason::kFirst) message.data = last->data;
  base::GetCounter("alertmanager_notifications_total",
                   "The total number of attempted notifications.", IntegrationLabel(integration))
      .Add();
  if (!integration.send_resolved) {
    std::erase_if(message.alerts, [&](const AlertPtr& alert) { return alert->ResolvedAt(now_ns); });
    if (message.alerts.empty()) {  // nothing to say, but to remember
      Log(*delivery, now_ns);
      return;
    }
  }
  delivery->next_attempt_ns = now_ns;
  delivery->deadline_ns = now_ns + std::max(route.group_interval_ns, kMinFlushTimeout);
  delivery->backoff_ns = kFirstBackoff;
  ++flush->open;
  deliveries_.push_back(std::move(delivery));
}

std::vector<DeliveryPtr> Pipeline::TakeDue(int64_t now_ns) {
  std::vector<DeliveryPtr> due;
  std::vector<DeliveryPtr> late;
  for (const DeliveryPtr& delivery : deliveries_) {
    if (delivery->in_flight || delivery->next_attempt_ns > now_ns) continue;
    if (now_ns >= delivery->deadline_ns) {
      late.push_back(delivery);
      continue;
    }
    delivery->in_flight = true;
    ++delivery->attempts;
    due.push_back(delivery);
  }
  for (const DeliveryPtr& delivery : late) {
    base::Log(base::LogLevel::kError, "notify for alerts failed",
              {{"receiver", Name(*delivery)},
               {"group", delivery->notification.group_key},
               {"attempts", std::to_string(delivery->attempts)},
               {"err", delivery->last_error}});
    CountFailed(*delivery->integration, delivery->last_reason);
    Close(delivery, false);
  }
  return due;
}

void Pipeline::Done(const DeliveryPtr& delivery, const SendResult& result, int64_t now_ns) {
  delivery->in_flight = false;
  const std::string label = IntegrationLabel(*delivery->integration);
  base::GetCounter("alertmanager_notification_requests_total",
                   "The total number of attempted notification requests.", label)
      .Add();
  if (result.ok) {
    Log(*delivery, now_ns);
    Close(delivery, true);
    return;
  }
  base::GetCounter("alertmanager_notification_requests_failed_total",
                   "The total number of failed notification requests.", label)
      .Add();
  const bool news = result.error != delivery->last_error;
  delivery->last_error = result.error;
  delivery->last_reason = result.reason;
  if (delivery->cancelled.Cancelled()) return Close(delivery, false);
  if (!result.retry) {
    base::Log(base::LogLevel::kError, "notify for alerts failed: an error that no retry mends",
              {{"receiver", Name(*delivery)},
               {"group", delivery->notification.group_key},
               {"attempts", std::to_string(delivery->attempts)},
               {"err", result.error}});
    CountFailed(*delivery->integration, result.reason);
    return Close(delivery, false);
  }
  if (news) {
    base::Log(base::LogLevel::kWarn, "notify attempt failed, will retry later",
              {{"receiver", Name(*delivery)},
               {"attempts", std::to_string(delivery->attempts)},
               {"err", result.error}});
  }
  delivery->next_attempt_ns = std::min(now_ns + delivery->backoff_ns, delivery->deadline_ns);
  delivery->backoff_ns = std::min(delivery->backoff_ns * 3 / 2, kLongestBackoff);
}

void Pipeline::Log(Delivery& delivery, int64_t now_ns) {
  const int64_t repeat = delivery.flush->group->route->repeat_interval_ns;
  delivery.entry.timestamp_ns = now_ns;
  delivery.entry.expires_at_ns = now_ns + std::min(2 * repeat, kRetention);
  delivery.entry.data = delivery.notification.data;
  const auto stored = log_.Put(delivery.log_key, delivery.entry);
  if (stored) return;
  base::Log(base::LogLevel::kError,
            "the notification log cannot be written; after a restart this may be told again",
            {{"receiver", Name(delivery)}, {"err", stored.error().message}});
}

void Pipeline::Close(const DeliveryPtr& delivery, bool ok) {
  std::erase(deliveries_, delivery);
  Flush& flush = *delivery->flush;
  flush.failed |= !ok;
  if (--flush.open == 0) finished_.push_back(delivery->flush);
}

std::vector<std::shared_ptr<Flush>> Pipeline::TakeFinished() {
  return std::exchange(finished_, {});
}

int64_t Pipeline::NextDue() const {
  int64_t next = INT64_MAX;
  for (const DeliveryPtr& delivery : deliveries_) {
    if (!delivery->in_flight) next = std::min(next, delivery->next_attempt_ns);
  }
  return next;
}

void Pipeline::CancelAll() {
  std::vector<DeliveryPtr> waiting;
  for (const DeliveryPtr& delivery : deliveries_) {
    delivery->cancelled.Cancel();
    if (!delivery->in_flight) waiting.push_back(delivery);
  }
  for (const DeliveryPtr& delivery : waiting) Close(delivery, false);
}

bool Pipeline::Busy() const {
  return std::any_of(deliveries_.begin(), deliveries_.end(),
                     [](const DeliveryPtr& delivery) { return delivery->in_flight; });
}

}  // namespace pharos::alert
