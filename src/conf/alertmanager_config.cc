#include "conf/alertmanager_config.h"

#include <array>
#include <filesystem>
#include <set>

#include "conf/alertmanager_parts.h"
#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// A secret as text and as a file's name: one of them at most.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kPairs{
    {{"slack_app_token", "slack_app_token_file"},
     {"slack_api_url", "slack_api_url_file"},
     {"opsgenie_api_key", "opsgenie_api_key_file"},
     {"victorops_api_key", "victorops_api_key_file"},
     {"telegram_bot_token", "telegram_bot_token_file"},
     {"smtp_auth_password", "smtp_auth_password_file"},
     {"rocketchat_token", "rocketchat_token_file"},
     {"rocketchat_token_id", "rocketchat_token_id_file"},
     {"smtp_auth_secret", "smtp_auth_secret_file"},
     {"wechat_api_secret", "wechat_api_secret_file"},
     {"mattermost_webhook_url", "mattermost_webhook_url_file"}}};

void CheckPairs(const Node& node, Faults& faults) {
  const auto given = [&](std::string_view key) {
    const Node* value = node.Find(key);
    return value != nullptr && !value->scalar.empty();
  };
  for (const auto& [text, file] : kPairs) {
    if (given(text) && given(file)) {
      faults.Add(node.line, "at most one of " + std::string(text) + " & " + std::string(file) +
                                " must be configured");
    }
  }
}

void ReadSmtp(MapReader& map, const std::string& folder, AlertGlobal& out) {
  map.String("smtp_from", &out.smtp_from);
  map.String("smtp_hello", &out.smtp_hello);
  ReadHostPort(map, "smtp_smarthost", &out.smtp_host, &out.smtp_port);
  map.String("smtp_auth_username", &out.smtp_auth_username);
  map.String("smtp_auth_password", &out.smtp_auth_password);
  map.String("smtp_auth_password_file", &out.smtp_auth_password_file);
  map.String("smtp_auth_secret", &out.smtp_auth_secret);
  map.String("smtp_auth_secret_file", &out.smtp_auth_secret_file);
  map.String("smtp_auth_identity", &out.smtp_auth_identity);
  map.Bool("smtp_require_tls", &out.smtp_require_tls);
  if (const Node* tls = map.Take("smtp_tls_config"))
    out.smtp_tls = ReadSmtpTls(*tls, folder, map.faults());
  bool implicit = false;
  if (map.Bool("smtp_force_implicit_tls", &implicit)) out.smtp_force_implicit_tls = implicit;
}

AlertGlobal ReadGlobal(const Node* node, const std::string& folder, Faults& faults) {
  AlertGlobal out;
  if (node == nullptr) return out;
  MapReader map(*node, "config.plain", faults);
  map.DurationMs("resolve_timeout", &out.resolve_timeout_ms);
  if (const Node* http = map.Take("http_config"))
    out.http = ReadHttpClientConfig(*http, folder, faults);
  ReadSmtp(map, folder, out);
  ReadHttpUrl(map, "slack_api_url", &out.slack_api_url);
  map.String("slack_api_url_file", &out.slack_api_url_file);
  map.String("slack_app_token", &out.slack_app_token);
  map.String("slack_app_token_file", &out.slack_app_token_file);
  ReadHttpUrl(map, "slack_app_url", &out.slack_app_url);
  ReadHttpUrl(map, "pagerduty_url", &out.pagerduty_url);
  map.Moot({"jira_api_url",           "opsgenie_api_url",
            "opsgenie_api_key",       "opsgenie_api_key_file",
            "wechat_api_url",         "wechat_api_secret",
            "wechat_api_secret_file", "wechat_api_corp_id",
            "victorops_api_url",      "victorops_api_key",
            "victorops_api_key_file", "telegram_api_url",
            "telegram_bot_token",     "telegram_bot_token_file",
            "webex_api_url",          "rocketchat_api_url",
            "rocketchat_token",       "rocketchat_token_file",
            "rocketchat_token_id",    "rocketchat_token_id_file",
            "mattermost_webhook_url", "mattermost_webhook_url_file"},
           "no receiver here reads it; the receivers of that kind are refused by name");
  map.Done();
  CheckPairs(*node, faults);
  const bool token = !out.slack_app_token.empty() || !out.slack_app_token_file.empty();
  const bool url = !out.slack_api_url.empty() || !out.slack_api_url_file.empty();
  if (token && url && out.slack_api_url != out.slack_app_url)
    faults.Add(node->line,
               "at most one of slack_app_token/slack_app_token_file & "
               "slack_api_url/slack_api_url_file must be configured");
  return out;
}

void CheckRoute(const AlertRoute& route, const std::set<std::string>& receivers,
                const std::set<std::string>& intervals, Faults& faults) {
  for (const AlertRoute& child : route.routes) CheckRoute(child, receivers, intervals, faults);
  if (!route.receiver.empty() && !receivers.contains(route.receiver))
    faults.Add(route.line, "undefined receiver \"" + route.receiver + "\" used in route");
  for (const auto* names : {&route.active_time_intervals, &route.mute_time_intervals}) {
    for (const std::string& name : *names) {
      if (!intervals.contains(name))
        faults.Add(route.line, "undefined time interval \"" + name + "\" used in route");
    }
  }
}

void CheckRoot(const AlertRoute& root, Faults& faults) {
  const auto fault = [&](std::string_view what) { faults.Add(root.line, what); };
  if (root.receiver.empty()) fault("root route must specify a default receiver");
  if (!root.all_matchers.empty()) fault("root route must not have any matchers");
  if (!root.mute_time_intervals.empty()) fault("root route must not have any mute time intervals");
  if (!root.active_time_intervals.empty())
    fault("root route must not have any active time intervals");
  if (root.continues) fault("cannot have continue in root route");
}

std::set<std::string> ReadIntervals(MapReader& top, AlertmanagerConfig& config) {
  std::set<std::string> names;
  const auto read = [&](std::string_view key, bool mute, std::vector<NamedIntervals>& out) {
    for (const Node& item : top.List(key)) {
      out.push_back(ReadNamedIntervals(item, mute, top.faults()));
      if (!names.insert(out.back().name).second)
        top.faults().Add(item.line,
                         std::string(mute ? "mute time interval \"" : "time interval \"") +
                             out.back().name + "\" is not unique");
    }
  };
  read("mute_time_intervals", true, config.mute_time_intervals);
  read("time_intervals", false, config.time_intervals);
  top.Warn("mute_time_intervals", "deprecated; time_intervals takes the same items");
  return names;
}

std::set<std::string> ReadReceivers(MapReader& top, const std::string& folder,
                                    AlertmanagerConfig& config) {
  std::set<std::string> names;
  for (const Node& item : top.List("receivers")) {
    config.receivers.push_back(ReadAlertReceiver(item, config.global, folder, top.faults()));
    const std::string& name = config.receivers.back().name;
    if (!names.insert(name).second)
      top.faults().Add(item.line, "notification config name \"" + name + "\" is not unique");
  }
  return names;
}

}  // namespace

Result<AlertmanagerConfig> ParseAlertmanagerConfig(std::string_view text, const std::string& file,
                                                   std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  if (root.kind == Node::Kind::kNull)
    return Fail(ErrorKind::kBadInput, file + ":1: no route provided in config");
  Faults faults(file);
  const std::string folder = std::filesystem::path(file).parent_path().string();
  AlertmanagerConfig config;
  MapReader top(root, "config.plain", faults);
  config.global = ReadGlobal(top.Take("global"), folder, faults);
  const std::set<std::string> receivers = ReadReceivers(top, folder, config);
  const std::set<std::string> intervals = ReadIntervals(top, config);
  for (const Node& item : top.List("inhibit_rules"))
    config.inhibit_rules.push_back(ReadInhibitRule(item, faults));
  if (const Node* route = top.Take("route")) {
    config.route = ReadAlertRoute(*route, faults);
    CheckRoot(config.route, faults);
    CheckRoute(config.route, receivers, intervals, faults);
  } else {
    faults.Add(root.line, "no routes provided");
  }
  top.Strings("templates", &config.templates);
  for (std::string& glob : config.templates) glob = ResolvePath(folder, glob);
  top.Moot({"tracing"}, "Pharos keeps the traces that it is sent; it does not trace itself");
  top.NotSupported({"event_recorder"});
  top.Done();
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return config;
}

Result<AlertmanagerConfig> ReadAlertmanagerConfig(const std::string& file,
                                                  std::vector<KeyNote>* notes) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParseAlertmanagerConfig(text, file, notes);
}

}  // namespace pharos::conf
