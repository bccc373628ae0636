// The `alerting` section of prometheus.yml: to whom alerts go, and how they are relabelled.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conf/credentials.h"
#include "conf/relabel.h"
#include "conf/yaml.h"

namespace pharos::conf {

struct StaticGroup {
  std::vector<std::string> targets;  ///< "host:port", as written
  std::map<std::string, std::string> labels;
};

struct AlertmanagerGroup {
  std::string scheme = "http";
  std::string path_prefix;
  int64_t timeout_ms = 10'000;
  bool follow_redirects = true;
  HttpCredentials credentials;
  std::vector<StaticGroup> static_groups;
  std::vector<RelabelRule> relabel;        ///< of the Alertmanagers' addresses
  std::vector<RelabelRule> alert_relabel;  ///< of the alerts that these ones get
};

struct AlertingConfig {
  std::vector<RelabelRule> alert_relabel;  ///< of all alerts
  std::vector<AlertmanagerGroup> alertmanagers;
};

/// What is wrong goes into `faults`.
AlertingConfig ReadAlerting(const Node& node, Faults& faults);

/// The groups of `static_configs`. Addresses that are no host are faults unless `relabelled`.
std::vector<StaticGroup> ReadStaticGroups(MapReader& map, bool relabelled);
/// A fault for each service discovery of Prometheus but static_configs.
void RefuseOtherDiscoveries(MapReader& map);

}  // namespace pharos::conf
