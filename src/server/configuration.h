// All configuration files of one start or reload, read and checked before anything acts on them.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "conf/alertmanager_config.h"
#include "conf/grafana_config.h"
#include "conf/loki_config.h"
#include "conf/otelcol_config.h"
#include "conf/prometheus_config.h"
#include "conf/promtail_config.h"
#include "conf/tempo_config.h"
#include "server/options.h"

namespace pharos::server {

/// What was not given is empty.
struct Configuration {
  bool has_prometheus = false;
  conf::PrometheusConfig prometheus;
  std::string prometheus_text;
  std::optional<conf::AlertmanagerConfig> alertmanager;
  std::optional<conf::OtelcolConfig> otelcol;
  std::optional<conf::LokiConfig> loki;
  std::optional<conf::TempoConfig> tempo;
  std::optional<conf::PromtailConfig> promtail;
  std::optional<conf::GrafanaConfig> grafana;
};

/// Reads every file that `options` names, and the rule files that prometheus.yml names. The error
/// holds all that is wrong with the first bad file, as `FILE:LINE: …`. Warnings go to the log.
base::Result<Configuration> ReadConfiguration(const ServeOptions& options);

}  // namespace pharos::server
