#include "api/alertmanager/encode.h"

#include "alert/template_data.h"
#include "template/go_time.h"
#include "text/json_writer.h"

namespace pharos::api::alertmanager {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  text::AppendJsonString(out, text, true);
  return out;
}

std::string Names(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? "," : "") + Quoted(name);
  return out + "]";
}

std::string Name(const std::string& name) { return "{\"name\":" + Quoted(name) + "}"; }

std::string ModelLabels(const model::Labels& labels) {
  std::string out;
  alert::AppendLabelsJson(out, labels);
  return out;
}

}  // namespace

net::Response Json(int status, std::string json) {
  net::Response response = net::Response::Json(status, std::move(json) + "\n");
  response.headers.Set("Content-Type", "application/json");
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

net::Response Sentence(int status, const std::string& text) { return Json(status, Quoted(text)); }

net::Response Problem(int code, const std::string& message) {
  std::string out = "{\"code\":" + std::to_string(code) + ",\"message\":" + Quoted(message) + "}";
  net::Response response = Json(code >= 600 ? 422 : code, std::move(out));
  response.body.pop_back();  // this part of the original writes no line end
  return response;
}

net::Response Empty(int status) {
  net::Response response;
  response.status = status;
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

std::string DateTime(int64_t ns) {
  return ns == 0 ? "0001-01-01T00:00:00.000Z"
                 : tmpl::FormatTime("2006-01-02T15:04:05.000Z07:00", {ns});
}

std::string LabelsJson(const std::map<std::string, std::string>& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels)
    out += (out.size() > 1 ? "," : "") + Quoted(name) + ":" + Quoted(value);
  return out + "}";
}

std::string AlertJson(const alert::AlertView& view) {
  const alert::AlertRecord& alert = *view.alert;
  std::string out = "{\"annotations\":" + ModelLabels(alert.annotations);
  out += ",\"endsAt\":\"" + DateTime(alert.ends_at_ns);
  out += "\",\"fingerprint\":\"" + alert::FingerprintText(alert.fingerprint);
  out += "\",\"receivers\":[";
  for (const std::string& receiver : view.receivers)
    out += (out.back() != '[' ? "," : "") + Name(receiver);
  out += "],\"startsAt\":\"" + DateTime(alert.starts_at_ns);
  out += "\",\"status\":{\"inhibitedBy\":" + Names(view.inhibited_by);
  out += ",\"mutedBy\":" + Names(view.muted_by);
  out += ",\"silencedBy\":" + Names(view.silenced_by);
  out += std::string(",\"state\":\"") + (view.suppressed() ? "suppressed" : "active");
  out += "\"},\"updatedAt\":\"" + DateTime(alert.updated_at_ns) + "\"";
  if (!alert.generator_url.empty()) out += ",\"generatorURL\":" + Quoted(alert.generator_url);
  return out + ",\"labels\":" + ModelLabels(alert.labels) + "}";
}

std::string GroupJson(const alert::GroupView& view) {
  std::string out = "{\"alerts\":[";
  for (const alert::AlertView& one : view.alerts)
    out += (out.back() != '[' ? "," : "") + AlertJson(one);
  out += "],\"labels\":" + ModelLabels(view.labels);
  out += ",\"receiver\":" + Name(view.receiver);
  return out + ",\"routeLabels\":" + LabelsJson(view.route_labels) + "}";
}

std::string SilenceJson(const alert::Silence& silence, int64_t now_ns) {
  std::string out = "{\"id\":" + Quoted(silence.id);
  out += ",\"status\":{\"state\":\"";
  out += alert::StateName(alert::StateOf(silence, now_ns));
  out += "\"},\"updatedAt\":\"" + DateTime(silence.updated_at_ns) + "\"";
  out += ",\"annotations\":" + LabelsJson(silence.annotations);
  out += ",\"comment\":" + Quoted(silence.comment);
  out += ",\"createdBy\":" + Quoted(silence.created_by);
  out += ",\"endsAt\":\"" + DateTime(silence.ends_at_ns) + "\",\"matchers\":[";
  for (const conf::AlertMatcher& matcher : silence.matchers) {
    if (out.back() != '[') out += ',';
    out += std::string("{\"isEqual\":") + (matcher.IsEqual() ? "true" : "false");
    out += std::string(",\"isRegex\":") + (matcher.IsRegex() ? "true" : "false");
    out += ",\"name\":" + Quoted(matcher.name()) + ",\"value\":" + Quoted(matcher.value()) + "}";
  }
  return out + "],\"startsAt\":\"" + DateTime(silence.starts_at_ns) + "\"}";
}

}  // namespace pharos::api::alertmanager
