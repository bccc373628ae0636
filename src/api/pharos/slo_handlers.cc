#include "api/pharos/slo_handlers.h"

#include <cmath>
#include <string>
#include <utility>

#include "text/duration.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::pharos {
namespace {

/// A figure, or null where there is none.
void Number(text::JsonWriter& json, std::optional<double> value) {
  if (value && std::isfinite(*value)) {
    json.Double(*value);
  } else {
    json.Null();
  }
}

void AppendAlert(text::JsonWriter& json, const rules::SloAlertStatus& one) {
  json.BeginObject().Key("name").String(one.alert.name);
  json.Key("severity").String(one.alert.severity);
  json.Key("longWindow").String(text::PrometheusDuration(one.alert.long_ms));
  json.Key("shortWindow").String(text::PrometheusDuration(one.alert.short_ms));
  json.Key("factor").Double(std::round(one.alert.factor * 1e9) / 1e9);
  json.Key("state").String(rules::StateName(one.state));
  json.Key("activeAt");
  if (one.active_at_ms) {
    json.String(text::Rfc3339Nano(*one.active_at_ms * 1'000'000));
  } else {
    json.Null();
  }
  json.EndObject();
}

void AppendSlo(text::JsonWriter& json, const rules::SloStatus& status) {
  const conf::SloConfig& slo = status.config;
  json.BeginObject().Key("name").String(slo.name).Key("service").String(slo.service);
  json.Key("objective").Double(slo.objective);
  json.Key("latencySeconds");
  Number(json, slo.latency_seconds);
  json.Key("windowSeconds").Int(slo.window_ms / 1000);
  json.Key("sli");
  Number(json, status.sli);
  json.Key("budgetRemaining");
  Number(json, status.budget_remaining);
  json.Key("burnRates").BeginObject();
  for (const auto& [window, rate] : status.burn_rates) {
    json.Key(window);
    Number(json, rate);
  }
  json.EndObject().Key("alerts").BeginArray();
  for (const rules::SloAlertStatus& one : status.alerts) AppendAlert(json, one);
  json.EndArray().Key("error").String(status.error);
  json.Key("queries").BeginObject();
  json.Key("errorRatio").String(rules::SloErrorRatio(slo, rules::kSloWindowsMs[0]));
  json.Key("total").String(rules::SloTotal(slo, rules::kSloWindowsMs[0]));
  json.EndObject().EndObject();
}

}  // namespace

void RegisterSloApi(net::Router& router, std::string_view prefix, SloApiDeps deps) {
  router.Add("GET", std::string(prefix) + "/slos",
             [deps = std::move(deps)](const net::Request& /*request*/) {
               std::string body;
               text::JsonWriter json(body);
               json.BeginObject().Key("status").String("success").Key("data").BeginArray();
               if (deps.slos) {
                 for (const rules::SloStatus& status : deps.slos()) AppendSlo(json, status);
               }
               json.EndArray().EndObject();
               return net::Response::Json(200, std::move(body));
             });
}

}  // namespace pharos::api::pharos
