#include "api/tempo/tempo_api.h"

#include "api/spans/limits.h"
#include "api/tempo/handlers.h"
#include "text/json_writer.h"

namespace pharos::api::tempo {
namespace {

net::Response BuildInfo() {
  std::string out;
  text::JsonWriter json(out);
  // Grafana reads the version to learn what the server can do.
  json.BeginObject()
      .Key("version")
      .String("2.4.0")
      .Key("revision")
      .String("pharos-" PHAROS_VERSION);
  json.Key("branch").String("pharos").Key("buildDate").String("").Key("buildUser").String("");
  json.Key("goVersion").String("").EndObject();
  return net::Response::Json(200, out);
}

}  // namespace

void RegisterTempoApi(net::Router& router, const std::string& prefix, const Deps& deps,
                      bool own_port) {
  const auto get = [&](const std::string& path, net::SyncHandler handler) {
    router.Add("GET", prefix + path, std::move(handler), {spans::kMaxBodyBytes, true});
  };
  using net::Request;
  get("/api/traces/{id}", [deps](const Request& r) { return HandleTrace(r, deps, false); });
  get("/api/v2/traces/{id}", [deps](const Request& r) { return HandleTrace(r, deps, true); });
  get("/api/search", [deps](const Request& r) { return HandleSearch(r, deps); });
  get("/api/search/tags", [deps](const Request& r) { return HandleTags(r, deps, false); });
  get("/api/v2/search/tags", [deps](const Request& r) { return HandleTags(r, deps, true); });
  get("/api/search/tag/{name}/values",
      [deps](const Request& r) { return HandleTagValues(r, deps, false); });
  get("/api/v2/search/tag/{name}/values",
      [deps](const Request& r) { return HandleTagValues(r, deps, true); });
  get("/api/echo", [](const Request&) { return net::Response::Text(200, "echo"); });
  get("/api/status/buildinfo", [](const Request&) { return BuildInfo(); });
  if (own_port) get("/ready", [](const Request&) { return net::Response::Text(200, "ready\n"); });
}

}  // namespace pharos::api::tempo
