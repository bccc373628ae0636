#include "alert/alertmanager.h"

#include <algorithm>

#include "alert/limits.h"
#include "base/log.h"
#include "base/metrics.h"

namespace pharos::alert {

using base::ErrorKind;
using base::Fail;
using base::Result;

Alertmanager::Alertmanager(const AlertmanagerOptions& options) : options_(options) {}

Result<std::unique_ptr<Alertmanager>> Alertmanager::Open(const AlertmanagerOptions& options,
                                                         conf::AlertmanagerConfig config) {
  std::unique_ptr<Alertmanager> out(new Alertmanager(options));
  io::Fs& fs = *options.fs;
  const int64_t now = options.clock->NowNs();
  PHAROS_TRY(auto routing,
             MakeRouting(std::move(config), {*options.transport, *options.clock,
                                             options.external_url, options.host_name}));
  PHAROS_TRY_VOID(io::MakeDirsDurably(fs, options.dir));
  PHAROS_TRY(out->silences_,
             Silences::Open(fs, options.dir + "/silences", options.retention_ns, now));
  PHAROS_TRY(out->log_, NotificationLog::Open(fs, options.dir + "/notification_log"));
  PHAROS_TRY(out->alerts_, Alerts::Open(fs, options.dir + "/alerts", now));
  out->pipeline_ = std::make_unique<Pipeline>(*out->silences_, *out->log_);
  out->started_at_ns_ = now;
  out->next_alert_gc_ns_ = now + kAlertGcInterval;
  out->next_maintenance_ns_ = now + kMaintenanceInterval;
  out->Use(std::move(routing), now);
  out->RegisterMetrics();
  return out;
}

Alertmanager::~Alertmanager() {
  Stop();
  for (const char* state : {"active", "suppressed"})
    base::SetGauge("alertmanager_alerts", "", {}, std::string("state=\"") + state + "\"");
  for (const SilenceState state :
       {SilenceState::kActive, SilenceState::kPending, SilenceState::kExpired})
    base::SetGauge("alertmanager_silences", "", {},
                   "state=\"" + std::string(StateName(state)) + "\"");
  base::SetGauge("alertmanager_dispatcher_aggregation_groups", "", {});
}

void Alertmanager::RegisterMetrics() {
  for (const bool suppressed : {false, true}) {
    base::SetGauge(
        "alertmanager_alerts", "How many alerts by state.",
        [this, suppressed] { return static_cast<double>(CountAlerts(suppressed)); },
        suppressed ? "state=\"suppressed\"" : "state=\"active\"");
  }
  for (const SilenceState state :
       {SilenceState::kActive, SilenceState::kPending, SilenceState::kExpired}) {
    base::SetGauge(
        "alertmanager_silences", "How many silences by state.",
        [this, state] {
          const std::lock_guard lock(mutex_);
          return static_cast<double>(silences_->Count(state, options_.clock->NowNs()));
        },
        "state=\"" + std::string(StateName(state)) + "\"");
  }
  base::SetGauge("alertmanager_dispatcher_aggregation_groups",
                 "Number of active aggregation groups", [this] {
                   const std::lock_guard lock(mutex_);
                   return static_cast<double>(routing_->groups->all().size());
                 });
}

void Alertmanager::Use(std::shared_ptr<Routing> routing, int64_t now_ns) {
  routing_ = std::move(routing);
  for (const auto& [fingerprint, alert] : alerts_->all()) {
    routing_->inhibitor.Update(alert);
    routing_->groups->Insert(alert, now_ns);
  }
}

Result<void> Alertmanager::Reload(conf::AlertmanagerConfig config) {
  PHAROS_TRY(auto routing,
             MakeRouting(std::move(config), {*options_.transport, *options_.clock,
                                             options_.external_url, options_.host_name}));
  std::unique_lock lock(mutex_);
  // What is being sent ends first: the new groups must see in the log what was told.
  paused_ = true;
  pipeline_->CancelAll();
  wake_driver_.wait_for(lock, std::chrono::seconds(5), [this] { return !pipeline_->Busy(); });
  paused_ = false;
  Use(std::move(routing), options_.clock->NowNs());
  kicked_ = true;
  wake_driver_.notify_all();
  return {};
}

Result<void> Alertmanager::Send(std::string_view, std::span<const model::Alert> alerts) {
  std::vector<AlertRecord> records;
  for (const model::Alert& alert : alerts) {
    records.push_back({.labels = alert.labels,
                       .annotations = alert.annotations,
                       .generator_url = alert.generator_url,
                       .starts_at_ns = alert.starts_at_ms * kMillisecond,
                       .ends_at_ns = alert.ends_at_ms * kMillisecond});
  }
  return Post(std::move(records));
}

Result<void> Alertmanager::Post(std::vector<AlertRecord> alerts) {
  const std::lock_guard lock(mutex_);
  const int64_t now = options_.clock->NowNs();
  const int64_t resolve_timeout = routing_->config.global.resolve_timeout_ms * kMillisecond;
  std::vector<AlertRecord> valid;
  std::string faults;
  for (AlertRecord& alert : alerts) {
    alert.updated_at_ns = now;
    if (alert.starts_at_ns == 0)
      alert.starts_at_ns = alert.ends_at_ns != 0 ? alert.ends_at_ns : now;
    if (alert.ends_at_ns == 0) {
      alert.timeout = true;
      alert.ends_at_ns = now + resolve_timeout;
    }
    base::GetCounter("alertmanager_alerts_received_total", "The total number of received alerts.",
                     alert.ends_at_ns > now ? "status=\"firing\",version=\"v2\""
                                            : "status=\"resolved\",version=\"v2\"")
        .Add();
    const std::string fault = AlertFault(alert);
    if (fault.empty()) {
      valid.push_back(std::move(alert));
      continue;
    }
    base::GetCounter("alertmanager_alerts_invalid_total",
                     "The total number of received alerts that were invalid.", "version=\"v2\"")
        .Add();
    faults += (faults.empty() ? "" : "\n") + fault;
  }
  if (!valid.empty()) {
    PHAROS_TRY(const auto kept, alerts_->Put(std::move(valid), now));
    for (const AlertPtr& alert : kept) {
      routing_->inhibitor.Update(alert);
      routing_->groups->Insert(alert, now);
    }
    kicked_ = true;
    wake_driver_.notify_all();
  }
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults);
  return {};
}

void Alertmanager::Maintain(int64_t now_ns) {
  if (now_ns >= next_alert_gc_ns_) {
    next_alert_gc_ns_ = now_ns + kAlertGcInterval;
    alerts_->Gc(now_ns);
    routing_->inhibitor.Gc(now_ns);
  }
  if (now_ns >= next_maintenance_ns_) {
    next_maintenance_ns_ = now_ns + kMaintenanceInterval;
    silences_->Gc(now_ns);
    log_->Gc(now_ns);
  }
}

void Alertmanager::FinishFlushes(int64_t now_ns) {
  for (const auto& flush : pipeline_->TakeFinished()) {
    Groups& groups = *flush->routing->groups;
    const auto left = groups.Finish(flush->group, flush->alerts, !flush->failed, now_ns);
    if (flush->routing != routing_) continue;  // the new routing has them, too
    for (const AlertPtr& alert : left) {
      if (groups.Forgotten(*alert)) alerts_->Settle(*alert);
    }
  }
}

std::vector<DeliveryPtr> Alertmanager::Step() {
  const int64_t now = options_.clock->NowNs();
  Maintain(now);
  if (paused_) return {};
  for (const GroupPtr& group : routing_->groups->TakeDue(now))
    pipeline_->Begin(routing_, group, now);
  std::vector<DeliveryPtr> due = pipeline_->TakeDue(now);
  FinishFlushes(now);
  return due;
}

void Alertmanager::Deliver(const DeliveryPtr& delivery) {
  const int64_t started = options_.clock->NowNs();
  const auto left = std::chrono::milliseconds(
      std::max<int64_t>(1, (delivery->deadline_ns - started) / kMillisecond));
  const SendResult result =
      delivery->integration->notifier->Notify(delivery->notification, left, delivery->cancelled);
  const int64_t ended = options_.clock->NowNs();
  base::GetLatency("alertmanager_notification_latency_seconds",
                   "The latency of notifications in seconds.",
                   "integration=\"" + delivery->integration->name + "\"")
      .ObserveNs(ended - started);
  const std::lock_guard lock(mutex_);
  pipeline_->Done(delivery, result, ended);
  FinishFlushes(ended);
  kicked_ = true;
  wake_driver_.notify_all();
}

void Alertmanager::Tick() {
  std::vector<DeliveryPtr> due;
  {
    const std::lock_guard lock(mutex_);
    due = Step();
    if (running_) {
      queue_.insert(queue_.end(), due.begin(), due.end());
      due.clear();
      wake_senders_.notify_all();
    }
  }
  for (const DeliveryPtr& delivery : due) Deliver(delivery);
}

void Alertmanager::Start() {
  {
    const std::lock_guard lock(mutex_);
    if (running_) return;
    running_ = true;
  }
  threads_.emplace_back([this] { Drive(); });
  for (int i = 0; i < kSenderThreads; ++i) threads_.emplace_back([this] { SendLoop(); });
}

void Alertmanager::Stop() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    if (pipeline_ != nullptr) pipeline_->CancelAll();  // null when Open failed
    queue_.clear();
    wake_driver_.notify_all();
    wake_senders_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Alertmanager::Drive() {
  std::unique_lock lock(mutex_);
  while (running_) {
    kicked_ = false;
    lock.unlock();
    Tick();
    lock.lock();
    const int64_t now = options_.clock->NowNs();
    const int64_t next = std::min(routing_->groups->NextDue(), pipeline_->NextDue());
    // Wall time may step: look at least once a second.
    const int64_t wait = std::clamp<int64_t>(next - now, kMillisecond, kSecond);
    wake_driver_.wait_for(lock, std::chrono::nanoseconds(wait),
                          [this] { return kicked_ || !running_; });
  }
}

void Alertmanager::SendLoop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_senders_.wait(lock, [this] { return !queue_.empty() || !running_; });
    if (!running_) return;
    const DeliveryPtr delivery = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Deliver(delivery);
    lock.lock();
  }
}

Result<std::string> Alertmanager::SetSilence(Silence silence) {
  const std::lock_guard lock(mutex_);
  return silences_->Set(std::move(silence), options_.clock->NowNs());
}

Result<void> Alertmanager::ExpireSilence(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return silences_->Expire(id, options_.clock->NowNs());
}

std::optional<Silence> Alertmanager::FindSilence(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const Silence* found = silences_->Find(id);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::vector<Silence> Alertmanager::ListSilences() const {
  const std::lock_guard lock(mutex_);
  std::vector<Silence> out;
  for (const auto& [id, silence] : silences_->all()) out.push_back(silence);
  return out;
}

}  // namespace pharos::alert
