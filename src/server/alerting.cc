#include "server/alerting.h"

#include <unistd.h>

#include "alert/transport.h"
#include "base/log.h"
#include "rules/metrics_read.h"
#include "rules/rule_set.h"
#include "server/storage.h"

namespace pharos::server {
namespace {

using base::Result;

/// Without a file alerts are kept, grouped and shown, and nobody is told.
constexpr std::string_view kNobody =
    "route:\n  receiver: nobody\n  group_by: ['...']\nreceivers:\n- name: nobody\n";

Result<conf::AlertmanagerConfig> RoutingOf(const Configuration& configuration) {
  if (configuration.alertmanager) return *configuration.alertmanager;
  return conf::ParseAlertmanagerConfig(kNobody, "built-in");
}

std::string HostName() {
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

Alerting::Alerting(Storage& storage, const ServeOptions& options)
    : storage_(storage), options_(options) {}

Result<std::unique_ptr<Alerting>> Alerting::Open(Storage& storage, const ServeOptions& options,
                                                 const Configuration& configuration) {
  std::unique_ptr<Alerting> alerting(new Alerting(storage, options));
  PHAROS_TRY(conf::AlertmanagerConfig routes, RoutingOf(configuration));
  alert::AlertmanagerOptions routing;
  routing.fs = &io::Fs::Real();
  routing.dir = options.data_dir + "/alertmanager";
  routing.clock = &base::Clock::System();
  routing.transport = &alert::Transport::Network();
  routing.external_url = "http://" + options.main.address;
  routing.host_name = HostName();
  PHAROS_TRY(alerting->routing_, alert::Alertmanager::Open(routing, std::move(routes)));

  alert::Alertmanager* own = alerting->routing_.get();
  rules::NotifierOptions notifier;
  notifier.in_process = [own, &options](const std::string& address,
                                        const std::string&) -> store::AlertSink* {
    return options.self_names.FaceOf(address) == "alertmanager" ? own : nullptr;
  };
  notifier.without_alertmanagers = own;
  alerting->notifier_ = std::make_unique<rules::Notifier>(std::move(notifier));

  const int64_t interval_ms = configuration.prometheus.evaluation_interval_ms;
  query::promql::EngineOptions engine = storage.QueryEngine();
  engine.default_subquery_step_ms = interval_ms;
  query::exec::QueryLimits limits = storage.QueryLimits();
  limits.memory = nullptr;  // rules must not wait for dashboards
  const rules::EngineQueryOptions queries{.source = &storage.sample_source(),
                                          .engine = engine,
                                          .limits = limits,
                                          .stopping = &alerting->stopping_};
  const rules::QueryFunc query = rules::EngineQuery(queries);
  alerting->slos_ =
      std::make_unique<rules::SloBook>(query, &storage.sample_source(), &base::Clock::System());
  rules::Environment environment;
  environment.query = query;
  environment.group_query = rules::EngineGroupQuery(queries);
  environment.source = &storage.sample_source();
  environment.sink = &storage.rule_sink();
  environment.alerts = {alerting->notifier_.get()};
  environment.outage_tolerance_ms = options.for_outage_tolerance_ms;
  environment.for_grace_period_ms = options.for_grace_period_ms;
  environment.resend_delay_ms = options.resend_delay_ms;
  alerting->rules_ = std::make_unique<rules::Manager>(std::move(environment));
  return alerting;
}

Alerting::~Alerting() { Stop(); }

Result<void> Alerting::Apply(const Configuration& configuration, const std::string& self_url) {
  PHAROS_TRY(conf::AlertmanagerConfig routes, RoutingOf(configuration));
  PHAROS_TRY_VOID(routing_->Reload(std::move(routes)));
  PHAROS_TRY_VOID(notifier_->Apply(configuration.prometheus.alerting,
                                   configuration.prometheus.external_labels));
  std::vector<std::string> warnings;
  PHAROS_TRY(const rules::RuleSet set,
             rules::MakeRuleSet(configuration.prometheus, self_url, options_.slos, &warnings));
  for (const std::string& warning : warnings)
    base::Log(base::LogLevel::kWarn, "rules", {{"note", warning}});
  storage_.SetReservedMetrics(rules::MetricsRead(set));
  slos_->Set(options_.slos);
  return rules_->Apply(set);
}

void Alerting::Start() {
  routing_->Start();
  rules_->Start();
}

void Alerting::Stop() {
  if (stopping_.exchange(true)) return;
  rules_->Stop();
  notifier_->Stop();
  routing_->Stop();
}

}  // namespace pharos::server
