// Prometheus's HTTP API on top of a SampleSource: what Grafana, promtool and dashboards ask.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/prometheus_config.h"
#include "ingest/scrape/scraper.h"
#include "net/router.h"
#include "query/exec/context.h"
#include "query/promql/engine.h"
#include "rules/notifier.h"
#include "rules/status.h"
#include "store/cardinality.h"
#include "store/sample_admin.h"
#include "store/samples.h"

namespace pharos::api::prometheus {

class Notifications;

/// How the last reading of the configuration ended.
struct ReloadOutcome {
  bool successful = true;
  int64_t time_ns = 0;
};

/// What a callable that is empty would have told is as in a Prometheus without it.
///
/// Owns: copies of callables; `source`, `cardinality`, `admin` and `clock` must outlive the
/// router.
struct PrometheusApiDeps {
  store::SampleSource* source = nullptr;
  store::CardinalitySource* cardinality = nullptr;  ///< null: status/tsdb shows nothing
  store::SampleAdmin* admin = nullptr;              ///< null: admin calls are disabled
  bool enable_admin = false;                        ///< web.enable-admin-api
  base::Clock* clock = &base::Clock::System();
  query::promql::EngineOptions engine;
  query::exec::QueryLimits limits;
  bool per_step_stats = false;  ///< Prometheus's feature promql-per-step-stats
  /// Whose data a request sees; null: the default tenant.
  std::function<std::string(const net::Request&)> tenant;

  std::function<ingest::scrape::ScrapeStatus()> scrapes;
  std::function<std::vector<conf::ScrapeJob>()> scrape_jobs;
  /// Of the configuration in force: they go with samples that leave (federation, remote read).
  std::function<std::map<std::string, std::string>()> external_labels;
  std::function<ReloadOutcome()> last_reload;  ///< null: well, at the start
  std::shared_ptr<Notifications> notifications;
  /// rules::Manager::Status; null: no rules.
  std::function<std::vector<rules::GroupStatus>()> rule_groups;
  /// rules::Notifier::Urls; null: no Alertmanagers.
  std::function<rules::AlertmanagerUrls()> alertmanagers;
  std::function<std::string()> config_text;  ///< prometheus.yml as it is in force
  std::map<std::string, std::string> flags;

  std::string version = "3.14.0";  ///< of the Prometheus whose API this is
  std::string revision;
  std::string branch;
  std::string build_user;
  std::string build_date;
  std::string storage_retention = "15d";
};

/// Adds `prefix`/api/v1/… (but what is written to, and admin) and `prefix`/federate. Handlers run
/// on the worker pool.
void RegisterPrometheusApi(net::Router& router, std::string_view prefix, PrometheusApiDeps deps);

}  // namespace pharos::api::prometheus
