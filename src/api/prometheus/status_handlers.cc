// status/*, notifications: what the process says about itself.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/notifications.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::prometheus {
namespace {

std::string BuildInfo(const PrometheusApiDeps& deps) {
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject().Key("version").String(deps.version).Key("revision").String(deps.revision);
  json.Key("branch").String(deps.branch).Key("buildUser").String(deps.build_user);
  json.Key("buildDate").String(deps.build_date).Key("goVersion").String("").EndObject();
  return data;
}

/// Threads of this process, 0 where the system does not tell.
int64_t ThreadCount() {
  std::FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return 0;
  char line[256];
  long long threads = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "Threads: %lld", &threads) == 1) break;
  }
  std::fclose(file);
  return threads;
}

std::string RuntimeInfo(const PrometheusApiDeps& deps, int64_t started_ns) {
  const ReloadOutcome reload =
      deps.last_reload ? deps.last_reload() : ReloadOutcome{true, started_ns};
  char directory[4096];
  char host[256] = {};
  const char* cwd = ::getcwd(directory, sizeof directory);
  (void)::gethostname(host, sizeof host - 1);
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject().Key("startTime").String(text::Rfc3339Nano(started_ns));
  json.Key("CWD").String(cwd == nullptr ? "" : cwd).Key("hostname").String(host);
  json.Key("serverTime").String(text::Rfc3339Nano(deps.clock->NowNs()));
  json.Key("reloadConfigSuccess")
      .Bool(reload.successful)
      .Key("lastConfigTime")
      .String(text::Rfc3339Nano(reload.time_ns));
  json.Key("corruptionCount").Int(0).Key("goroutineCount").Int(ThreadCount());
  json.Key("GOMAXPROCS").Int(std::max(1u, std::thread::hardware_concurrency()));
  json.Key("GOMEMLIMIT")
      .Int(int64_t{9223372036854775807})
      .Key("GOGC")
      .String("")
      .Key("GODEBUG")
      .String("");
  json.Key("storageRetention").String(deps.storage_retention).EndObject();
  return data;
}

std::string Flags(const PrometheusApiDeps& deps) {
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject();
  for (const auto& [name, value] : deps.flags) json.Key(name).String(value);
  json.EndObject();
  return data;
}

std::string ConfigData(const PrometheusApiDeps& deps) {
  std::string data = "{\"yaml\":";
  text::AppendJsonString(data, deps.config_text ? deps.config_text() : "", true);
  return data + "}";
}

}  // namespace

void AddStatusRoutes(net::Router& router, const std::string& prefix, const DepsPtr& deps) {
  const std::string api = prefix + "/api/v1";
  const int64_t started_ns = deps->clock->NowNs();
  const auto add = [&](const std::string& path,
                       std::function<std::string(const net::Request&)> data) {
    router.Add("GET", api + path, [data = std::move(data)](const net::Request& request) {
      net::Response response = Success(data(request));
      SetCors(response, request);
      return response;
    });
  };
  add("/status/buildinfo", [deps](const net::Request&) { return BuildInfo(*deps); });
  add("/status/runtimeinfo",
      [deps, started_ns](const net::Request&) { return RuntimeInfo(*deps, started_ns); });
  add("/status/flags", [deps](const net::Request&) { return Flags(*deps); });
  add("/status/config", [deps](const net::Request&) { return ConfigData(*deps); });
  add("/status/walreplay",
      [](const net::Request&) { return std::string(R"({"min":0,"max":0,"current":0})"); });
  add("/notifications", [deps](const net::Request&) {
    return deps->notifications ? deps->notifications->Json() : std::string("[]");
  });
  router.AddAsync("GET", api + "/notifications/live",
                  [deps](net::Request /*request*/, const net::ResponderPtr& responder) {
                    if (deps->notifications && deps->notifications->Watch(responder)) return;
                    net::Response nothing;
                    nothing.status = 204;
                    responder->Send(std::move(nothing));
                  });
}

}  // namespace pharos::api::prometheus
