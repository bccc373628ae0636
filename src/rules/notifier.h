// Alerts on their way to the Alertmanagers that prometheus.yml names: external labels, relabelling,
// a queue and a sender each.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/alerting.h"
#include "net/client.h"
#include "net/http.h"
#include "store/alerts.h"

namespace pharos::rules {

/// Takes the alerts of an address that is Pharos itself; null for any other. `address` is
/// "host:port", `path` the whole path of the request.
using InProcessAlerts =
    std::function<store::AlertSink*(const std::string& address, const std::string& path)>;
using AlertPoster = std::function<base::Result<net::Response>(const net::ClientRequest&)>;

struct NotifierOptions {
  InProcessAlerts in_process;  ///< asked before the network
  /// Gets all alerts while the configuration names no Alertmanager; null: nobody does.
  store::AlertSink* without_alertmanagers = nullptr;
  AlertPoster post = net::Fetch;
};

/// As /api/v1/alertmanagers tells it.
struct AlertmanagerUrls {
  std::vector<std::string> active, dropped;
};

/// Owns: a queue and a thread an Alertmanager. Threads: any call from any thread. Errors: Send
/// gives what an in-process receiver said; an Alertmanager that cannot be reached is logged and
/// counted, its alerts are dropped: rules send them again. Cost: Send queues copies; a full queue
/// drops the oldest.
class Notifier final : public store::AlertSink {
 public:
  explicit Notifier(NotifierOptions options);
  /// Stops.
  ~Notifier() override;

  /// Takes this configuration from now on; queues of Alertmanagers that stay are kept. kBadInput
  /// when a relabelling rule does not compile.
  base::Result<void> Apply(const conf::AlertingConfig& config,
                           const std::map<std::string, std::string>& external_labels);
  base::Result<void> Send(std::string_view tenant, std::span<const model::Alert> alerts) override;
  /// Sends what is queued (until an Alertmanager fails), then ends the threads.
  void Stop();
  /// Waits until every queue is empty and nothing is on its way.
  void Flush();

  AlertmanagerUrls Urls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The body of POST /api/v2/alerts.
std::string PostableAlerts(std::span<const model::Alert> alerts);

}  // namespace pharos::rules
