// /api/v1/features: what this server can, under the names that Prometheus gives it. Clients ask
// before they use something new.
#include <map>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "query/promql/function_table.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using Switches = std::map<std::string, bool, std::less<>>;

Switches All(std::initializer_list<const char*> names) {
  Switches out;
  for (const char* name : names) out[name] = true;
  return out;
}

Switches Functions() {
  Switches out;
  for (const query::promql::Function& function : query::promql::AllFunctions())
    out[std::string(function.name)] = true;
  return out;
}

/// Of templates in rules.
Switches TemplateFunctions() {
  return All({"args",
              "externalURL",
              "first",
              "graphLink",
              "humanize",
              "humanize1024",
              "humanizeDuration",
              "humanizePercentage",
              "humanizeTimestamp",
              "label",
              "match",
              "now",
              "parseDuration",
              "pathPrefix",
              "query",
              "reReplaceAll",
              "safeHtml",
              "sortByLabel",
              "stripDomain",
              "stripPort",
              "strvalue",
              "tableLink",
              "title",
              "toDuration",
              "toLower",
              "toTime",
              "toUpper",
              "urlQueryEscape",
              "value"});
}

Switches Api(const PrometheusApiDeps& deps) {
  Switches out = All({"exclude_alerts", "label_values_match", "openapi_3.1", "openapi_3.2",
                      "otlp_write_receiver", "query_stats", "query_warnings",
                      "remote_write_receiver", "time_range_labels", "time_range_series"});
  const auto enabled = [&](const char* flag) {
    const auto found = deps.flags.find(flag);
    return found != deps.flags.end() && found->second == "true";
  };
  out["admin"] = enabled("web.enable-admin-api");
  out["lifecycle"] = enabled("web.enable-lifecycle");
  out["search"] = false;
  return out;
}

std::map<std::string, Switches> Features(const PrometheusApiDeps& deps) {
  std::map<std::string, Switches> out;
  out["api"] = Api(deps);
  out["otlp_receiver"] = {{"delta_conversion", true}, {"native_delta_ingestion", false}};
  out["prometheus"] = {{"agent_mode", false}, {"auto_reload_config", false}, {"server_mode", true}};
  out["promql"] =
      All({"anchored", "at_modifier", "bool", "by", "duration_expr", "fill", "fill_left",
           "fill_right", "group_left", "group_right", "ignoring", "negative_offset", "offset", "on",
           "per_query_lookback_delta", "smoothed", "subqueries", "without"});
  out["promql"]["delayed_name_removal"] = deps.engine.delayed_name_removal;
  out["promql"]["per_step_stats"] = deps.per_step_stats;
  out["promql"]["type_and_unit_labels"] = false;
  out["promql_functions"] = Functions();
  out["promql_operators"] = All({"!=",
                                 "!~",
                                 "%",
                                 "*",
                                 "+",
                                 "-",
                                 "/",
                                 "<",
                                 "</",
                                 "<=",
                                 "==",
                                 "=~",
                                 ">",
                                 ">/",
                                 ">=",
                                 "@",
                                 "^",
                                 "and",
                                 "atan2",
                                 "avg",
                                 "bottomk",
                                 "count",
                                 "count_values",
                                 "group",
                                 "limit_ratio",
                                 "limitk",
                                 "max",
                                 "min",
                                 "or",
                                 "quantile",
                                 "stddev",
                                 "stdvar",
                                 "sum",
                                 "topk",
                                 "unless"});
  out["rules"] = {
      {"concurrent_rule_eval", false}, {"keep_firing_for", true}, {"query_offset", true}};
  out["service_discovery_providers"] = All({"static"});
  out["scrape"] = {{"extra_scrape_metrics", false},
                   {"start_timestamp_zero_ingestion", false},
                   {"type_and_unit_labels", false}};
  out["templating_functions"] = TemplateFunctions();
  out["tsdb"] = All({"exemplar_storage", "native_histograms", "st_storage"});
  return out;
}

}  // namespace

net::Response HandleFeatures(const PrometheusApiDeps& deps, const net::Request& /*request*/) {
  std::string data;
  text::JsonWriter json(data);
  json.BeginObject();
  for (const auto& [group, switches] : Features(deps)) {
    json.Key(group).BeginObject();
    for (const auto& [name, on] : switches) json.Key(name).Bool(on);
    json.EndObject();
  }
  json.EndObject();
  return Success(data);
}

}  // namespace pharos::api::prometheus
