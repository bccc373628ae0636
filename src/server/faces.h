// Which router serves which listener: the main port has every API under its prefix, a classic
// port has one program's paths at its root.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/prometheus/prometheus_api.h"
#include "conf/prometheus_config.h"
#include "net/router.h"

namespace pharos::api::grafana {
class DashboardStore;
}
namespace pharos::ingest::scrape {
class Scraper;
}

namespace pharos::server {

class Alerting;
class Receivers;
class Storage;
struct ServeOptions;

/// What the faces speak about; borrowed for as long as they serve.
struct FaceDeps {
  Storage* storage = nullptr;
  const ServeOptions* options = nullptr;
  Receivers* receivers = nullptr;
  Alerting* alerting = nullptr;
  api::grafana::DashboardStore* dashboards = nullptr;
  ingest::scrape::Scraper* scrapes = nullptr;
  std::function<std::string()> main_port;  ///< the main listener's, once it is bound
  std::function<bool()> ready;
  std::function<std::string()> reload;                 ///< "" or what is wrong
  std::function<std::string()> config_text;            ///< prometheus.yml as it is in force
  std::function<conf::PrometheusConfig()> prometheus;  ///< what it says
  std::function<api::prometheus::ReloadOutcome()> last_reload;
  std::shared_ptr<api::prometheus::Notifications> notifications;
};

/// "main" and the names of kListeners that speak HTTP, as far as the configuration has them.
std::map<std::string, std::shared_ptr<const net::Router>> MakeFaces(const FaceDeps& deps);

}  // namespace pharos::server
