// The groups of handlers, each in its own file.
#pragma once

#include <memory>
#include <string>

#include "api/prometheus/prometheus_api.h"
#include "base/result.h"
#include "net/http.h"

namespace pharos::api::prometheus {

using DepsPtr = std::shared_ptr<const PrometheusApiDeps>;

/// A handler's answer with the headers that let pages of allowed origins read it.
void SetCors(net::Response& response, const net::Request& request);

std::string TenantOf(const PrometheusApiDeps& deps, const net::Request& request);

// query_handlers.cc
net::Response HandleQuery(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleQueryRange(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleFormatQuery(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleParseQuery(const PrometheusApiDeps& deps, const net::Request& request);
// series_handlers.cc
net::Response HandleSeries(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleLabels(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleLabelValues(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleMetadata(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleExemplars(const PrometheusApiDeps& deps, const net::Request& request);
// rules_handlers.cc
net::Response HandleRules(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleAlerts(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleAlertmanagers(const PrometheusApiDeps& deps, const net::Request& request);
// federate.cc
net::Response HandleFederate(const PrometheusApiDeps& deps, const net::Request& request);
// admin_handlers.cc
void AddAdminRoutes(net::Router& router, const std::string& prefix, const DepsPtr& deps);
// tsdb_handlers.cc
net::Response HandleTsdbStatus(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleTsdbBlocks(const PrometheusApiDeps& deps, const net::Request& request);
// openapi.cc
net::Response HandleOpenApi(const PrometheusApiDeps& deps, const net::Request& request);
// read_handler.cc
net::Response HandleRead(const PrometheusApiDeps& deps, const net::Request& request);
// targets_handlers.cc
net::Response HandleTargets(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleTargetMetadata(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleScrapePools(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleScrapePoolConfig(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleRelabelSteps(const PrometheusApiDeps& deps, const net::Request& request);
// self_metrics.cc, features.cc, query_cost.cc
net::Response HandleSelfMetrics(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleFeatures(const PrometheusApiDeps& deps, const net::Request& request);
net::Response HandleQueryCost(const PrometheusApiDeps& deps, const net::Request& request);
// status_handlers.cc
void AddStatusRoutes(net::Router& router, const std::string& prefix, const DepsPtr& deps);
// translate_ast.cc
std::string AstJson(const query::promql::Expr& expr);

}  // namespace pharos::api::prometheus
