#include "api/loki/loki_api.h"

#include "api/loki/handlers.h"
#include "api/loki/limits.h"
#include "text/json_writer.h"

namespace pharos::api::loki {
namespace {

net::Response BuildInfo() {
  std::string out;
  text::JsonWriter json(out);
  // Grafana reads the version to learn what the server can do.
  json.BeginObject()
      .Key("version")
      .String("3.4.0")
      .Key("revision")
      .String("pharos-" PHAROS_VERSION);
  json.Key("branch").String("pharos").Key("buildUser").String("").Key("buildDate").String("");
  json.Key("goVersion").String("").EndObject();
  return net::Response::Json(200, out);
}

}  // namespace

void RegisterLokiApi(net::Router& router, const std::string& prefix, const Deps& deps,
                     bool own_port) {
  const std::string base = prefix + "/loki/api/v1";
  net::RouteOptions options;
  options.max_body_bytes = kMaxBodyBytes;
  options.yields = true;
  const auto both = [&](const std::string& path, const net::SyncHandler& handler) {
    router.Add("GET", base + path, handler, options);
    router.Add("POST", base + path, handler, options);
  };
  both("/query", [deps](const net::Request& r) { return HandleQuery(r, deps, true); });
  both("/query_range", [deps](const net::Request& r) { return HandleQuery(r, deps, false); });
  both("/format_query", [](const net::Request& r) { return HandleFormatQuery(r); });
  both("/label", [deps](const net::Request& r) { return HandleLabels(r, deps); });
  both("/labels", [deps](const net::Request& r) { return HandleLabels(r, deps); });
  both("/label/{name}/values",
       [deps](const net::Request& r) { return HandleLabelValues(r, deps); });
  both("/series", [deps](const net::Request& r) { return HandleSeries(r, deps); });
  both("/index/stats", [deps](const net::Request& r) { return HandleIndexStats(r, deps); });
  both("/index/volume", [deps](const net::Request& r) { return HandleVolume(r, deps, false); });
  both("/index/volume_range",
       [deps](const net::Request& r) { return HandleVolume(r, deps, true); });
  both("/detected_labels", [deps](const net::Request& r) { return HandleDetectedLabels(r, deps); });
  both("/detected_fields", [deps](const net::Request& r) { return HandleDetectedFields(r, deps); });
  RegisterDeletes(router, base + "/delete", model::EventKind::kLog, deps);
  router.Add("GET", base + "/status/buildinfo", [](const net::Request&) { return BuildInfo(); });
  auto tails = std::make_shared<Tails>(deps);
  router.AddWebSocket(base + "/tail", [tails](net::Request request, net::WebSocketPtr socket) {
    tails->Start(std::move(request), std::move(socket));
  });
  if (!own_port) return;
  router.Add("GET", prefix + "/ready", [deps](const net::Request&) {
    const std::string why = deps.not_ready ? deps.not_ready() : "";
    return why.empty() ? net::Response::Text(200, "ready\n") : net::Response::Text(503, why + "\n");
  });
}

}  // namespace pharos::api::loki
