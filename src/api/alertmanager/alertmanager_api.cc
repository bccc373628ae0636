#include "api/alertmanager/alertmanager_api.h"

#include <algorithm>
#include <array>

#include "api/alertmanager/decode.h"
#include "api/alertmanager/encode.h"
#include "api/alertmanager/limits.h"
#include "text/json_writer.h"

namespace pharos::api::alertmanager {
namespace {

using alert::Alertmanager;
using net::Request;
using net::Response;

Response Refused(const Refusal& refusal) { return Problem(refusal.code, refusal.message); }

/// The generated server takes JSON alone; no Content-Type counts as JSON.
bool IsJson(const Request& request, Response* refused) {
  std::string type(request.headers.Get("Content-Type"));
  type = type.substr(0, type.find(';'));
  if (type.empty() || type == "application/json") return true;
  *refused = Problem(415, "unsupported media type " + conf::GoQuoted(type) +
                              ", only [application/json] are allowed");
  return false;
}

template <class T, class Encode>
std::string JsonList(const std::vector<T>& items, Encode encode) {
  std::string out = "[";
  for (const T& item : items) out += (out.size() > 1 ? "," : "") + encode(item);
  return out + "]";
}

Response GetAlerts(const Request& request, Alertmanager& am) {
  const auto filter = FilterOf(request.AllParams());
  if (!filter) return Sentence(400, filter.error().message);
  return Json(200, JsonList(am.ListAlerts(*filter), &AlertJson));
}

Response PostAlerts(const Request& request, Alertmanager& am) {
  Response refused;
  if (!IsJson(request, &refused)) return refused;
  auto alerts = AlertsOf(request.body);
  if (!alerts) return Refused(alerts.error());
  const auto taken = am.Post(*std::move(alerts));
  if (taken) return Empty(200);
  const bool bad = taken.error().kind == base::ErrorKind::kBadInput;
  return Sentence(bad ? 400 : 500, taken.error().message);
}

Response GetGroups(const Request& request, Alertmanager& am) {
  const auto filter = FilterOf(request.AllParams());
  if (!filter) return Sentence(400, filter.error().message);
  return Json(200, JsonList(am.ListGroups(*filter), &GroupJson));
}

Response GetReceivers(const Request& request, Alertmanager& am) {
  const auto matchers = MatchersOf(request.AllParams(), "receiver_matchers");
  if (!matchers) return Sentence(400, matchers.error().message);
  std::vector<alert::ReceiverView> receivers = am.Receivers();
  std::erase_if(receivers, [&](const alert::ReceiverView& receiver) {
    std::vector<model::LabelView> labels;
    for (const auto& [name, value] : receiver.labels) labels.push_back({name, value});
    return !alert::MatchesFilter(*matchers, model::Labels::FromPairs(std::move(labels)));
  });
  return Json(200, JsonList(receivers, [](const alert::ReceiverView& receiver) {
                std::string name;
                text::AppendJsonString(name, receiver.name, true);
                return "{\"labels\":" + LabelsJson(receiver.labels) + ",\"name\":" + name + "}";
              }));
}

Response GetStatus(Alertmanager& am) {
  std::string original;
  text::AppendJsonString(original, am.ConfigText(), true);
  // amtool and Grafana read the version to learn what the server can do.
  return Json(
      200,
      "{\"cluster\":{\"peers\":[],\"status\":\"disabled\"},\"config\":{\"original\":" + original +
          "},\"uptime\":\"" + DateTime(am.started_at_ns()) +
          "\",\"versionInfo\":{\"branch\":\"pharos\",\"buildDate\":\"\",\"buildUser\":\"\","
          "\"goVersion\":\"\",\"revision\":\"pharos-" PHAROS_VERSION "\",\"version\":\"0.28.0\"}}");
}

/// A silence passes a filter when it has each of the matchers itself.
bool HasMatchers(const alert::Silence& silence, const conf::AlertMatchers& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const conf::AlertMatcher& matcher) {
    return std::find(silence.matchers.begin(), silence.matchers.end(), matcher) !=
           silence.matchers.end();
  });
}

/// Active first, the next to end first; then pending, the next to start first; then expired,
/// the last to end first.
void Sort(std::vector<alert::Silence>& silences, int64_t now_ns) {
  const auto key = [now_ns](const alert::Silence& silence) {
    const alert::SilenceState state = alert::StateOf(silence, now_ns);
    const int64_t time = state == alert::SilenceState::kPending  ? silence.starts_at_ns
                         : state == alert::SilenceState::kActive ? silence.ends_at_ns
                                                                 : -silence.ends_at_ns;
    return std::pair(state, time);
  };
  std::stable_sort(silences.begin(), silences.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

Response GetSilences(const Request& request, Alertmanager& am) {
  const net::Params params = request.AllParams();
  const auto matchers = MatchersOf(params, "filter");
  if (!matchers) return Sentence(400, matchers.error().message);
  const int64_t now = am.clock().NowNs();
  std::vector<alert::Silence> silences = am.ListSilences();
  std::erase_if(silences, [&](const alert::Silence& silence) {
    return !HasMatchers(silence, *matchers) ||
           !FlagOf(params, alert::StateName(alert::StateOf(silence, now)));
  });
  Sort(silences, now);
  return Json(200, JsonList(silences, [now](const alert::Silence& silence) {
                return SilenceJson(silence, now);
              }));
}

Response PostSilence(const Request& request, Alertmanager& am) {
  Response refused;
  if (!IsJson(request, &refused)) return refused;
  auto silence = SilenceOf(request.body);
  if (!silence && silence.error().code == 0) return Sentence(400, silence.error().message);
  if (!silence) return Refused(silence.error());
  if (silence->starts_at_ns >= silence->ends_at_ns)
    return Sentence(400, "Failed to create silence: start time must be before end time");
  if (silence->ends_at_ns < am.clock().NowNs())
    return Sentence(400, "Failed to create silence: end time can't be in the past");
  const auto id = am.SetSilence(*std::move(silence));
  if (id) return Json(200, "{\"silenceID\":\"" + *id + "\"}");
  switch (id.error().kind) {
    case base::ErrorKind::kNotFound: return Sentence(404, id.error().message);
    case base::ErrorKind::kBadInput: return Sentence(400, id.error().message);
    default: return Sentence(500, id.error().message);
  }
}

Response BadId(std::string_view id) {
  return Problem(601, "silenceID in path must be of type uuid: " + conf::GoQuoted(id));
}

Response GetSilence(const Request& request, Alertmanager& am) {
  const std::string id(request.PathParam("id"));
  if (!IsUuid(id)) return BadId(id);
  const auto silence = am.FindSilence(id);
  return silence ? Json(200, SilenceJson(*silence, am.clock().NowNs())) : Empty(404);
}

Response DeleteSilence(const Request& request, Alertmanager& am) {
  const std::string id(request.PathParam("id"));
  if (!IsUuid(id)) return BadId(id);
  const auto expired = am.ExpireSilence(id);
  if (expired) return Empty(200);
  if (expired.error().kind == base::ErrorKind::kNotFound) return Empty(404);
  return Sentence(500, expired.error().message);
}

/// Paths and methods that do not exist, in the generated server's words.
Response Unknown(const Request& request, const std::string& prefix) {
  const std::string path = request.path.substr(prefix.size());
  const std::string name = path.substr(std::string("/api/v2/").size());
  std::string methods;
  if (name == "alerts" || name == "silences") methods = "GET,POST";
  if (name == "alerts/groups" || name == "receivers" || name == "status") methods = "GET";
  if (name.starts_with("silence/") && name.find('/', 8) == std::string::npos)
    methods = "DELETE,GET";
  if (methods.empty()) return Problem(404, "path " + path + " was not found");
  Response response =
      Problem(405, "method " + request.method + " is not allowed, but [" + methods + "] are");
  response.headers.Set("Allow", methods);
  return response;
}

void AddOwnPort(net::Router& router, const Deps& deps) {
  for (const char* path : {"/-/healthy", "/-/ready"})
    router.Add("GET", path, [](const Request&) { return Response::Text(200, "OK"); });
  if (!deps.reload) return;
  router.Add("POST", "/-/reload", [deps](const Request&) {
    const auto done = deps.reload();
    if (done) return Response::Text(200, "");
    return Response::Text(500, "failed to reload config: " + done.error().message + "\n");
  });
}

}  // namespace

void RegisterAlertmanagerApi(net::Router& router, const std::string& prefix, const Deps& deps,
                             bool own_port) {
  Alertmanager* am = deps.alertmanager;
  using Handler = Response (*)(const Request&, Alertmanager&);
  const auto add = [&](const char* method, const std::string& path, Handler handler) {
    router.Add(method, prefix + "/api/v2" + path,
               [am, handler](const Request& request) { return handler(request, *am); },
               {kMaxBodyBytes, true});
  };
  add("GET", "/alerts", &GetAlerts);
  add("POST", "/alerts", &PostAlerts);
  add("GET", "/alerts/groups", &GetGroups);
  add("GET", "/receivers", &GetReceivers);
  add("GET", "/status", [](const Request&, Alertmanager& a) { return GetStatus(a); });
  add("GET", "/silences", &GetSilences);
  add("POST", "/silences", &PostSilence);
  add("GET", "/silence/{id}", &GetSilence);
  add("DELETE", "/silence/{id}", &DeleteSilence);
  if (!own_port) return;
  // On the main port /api/v2/spans is another face's.
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    router.Add(method, prefix + "/api/v2/{rest...}",
               [prefix](const Request& request) { return Unknown(request, prefix); });
  }
  AddOwnPort(router, deps);
}

}  // namespace pharos::api::alertmanager
