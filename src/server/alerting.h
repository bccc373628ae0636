// What wakes people: rules and SLOs over the sample engine, and Alertmanager's routing behind
// them.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/alertmanager.h"
#include "base/result.h"
#include "rules/manager.h"
#include "rules/metrics.h"
#include "rules/notifier.h"
#include "rules/slo_status.h"
#include "server/configuration.h"

namespace pharos::server {

class Storage;

/// Rules send to the Alertmanagers of prometheus.yml, those at Pharos's own addresses in this
/// process; where the file names none, to Pharos's own.
///
/// Owns: all of the above; borrows storage and options. Threads: any. Errors: Open and Apply say
/// what cannot be read or used; after an error of Apply the old configuration goes on, except
/// that parts before the faulty one are already new.
class Alerting {
 public:
  static base::Result<std::unique_ptr<Alerting>> Open(Storage& storage, const ServeOptions& options,
                                                      const Configuration& configuration);
  ~Alerting();

  /// `self_url`: where people reach Pharos ("http://localhost:3000"), for links in alerts.
  base::Result<void> Apply(const Configuration& configuration, const std::string& self_url);
  /// Rules are evaluated and alerts sent from now on.
  void Start();
  void Stop();

  std::vector<rules::GroupStatus> Groups() const { return rules_->Status(); }
  std::vector<rules::SloStatus> Slos() const { return slos_->Status(rules_->Status()); }
  rules::AlertmanagerUrls Alertmanagers() const { return notifier_->Urls(); }
  alert::Alertmanager& routing() { return *routing_; }
  /// prometheus_rule_* and its siblings, in Prometheus text format.
  std::string PrometheusMetrics() const {
    return rules::PrometheusMetrics(rules_->Status(), notifier_->Urls());
  }

 private:
  Alerting(Storage& storage, const ServeOptions& options);

  Storage& storage_;
  const ServeOptions& options_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<alert::Alertmanager> routing_;
  std::unique_ptr<rules::Notifier> notifier_;
  std::unique_ptr<rules::SloBook> slos_;
  std::unique_ptr<rules::Manager> rules_;
};

}  // namespace pharos::server
