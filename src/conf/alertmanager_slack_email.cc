// The Slack and e-mail receivers of alertmanager.yml.
#include <algorithm>
#include <cctype>

#include "conf/alertmanager_parts.h"

namespace pharos::conf {
namespace {

SlackConfirm ReadConfirm(const Node& node, Faults& faults) {
  SlackConfirm out;
  MapReader map(node, "config.plain", faults);
  map.String("text", &out.text);
  map.String("title", &out.title);
  map.String("ok_text", &out.ok_text);
  map.String("dismiss_text", &out.dismiss_text);
  map.Done();
  if (out.text.empty()) faults.Add(node.line, "missing text in Slack confirmation configuration");
  return out;
}

SlackAction ReadAction(const Node& node, Faults& faults) {
  SlackAction out;
  MapReader map(node, "config.plain", faults);
  for (const auto& [key, to] : {std::pair{"type", &out.type},
                                {"text", &out.text},
                                {"url", &out.url},
                                {"style", &out.style},
                                {"name", &out.name},
                                {"value", &out.value}}) {
    map.String(key, to);
  }
  if (const Node* confirm = map.Take("confirm")) out.confirm = ReadConfirm(*confirm, faults);
  map.Done();
  if (out.type.empty()) faults.Add(node.line, "missing type in Slack action configuration");
  if (out.text.empty()) faults.Add(node.line, "missing text in Slack action configuration");
  if (!out.url.empty()) {  // a link is no message action
    out.name.clear();
    out.value.clear();
    out.confirm.reset();
  } else if (out.name.empty()) {
    faults.Add(node.line, "missing name or url in Slack action configuration");
  }
  return out;
}

SlackField ReadField(const Node& node, Faults& faults) {
  SlackField out;
  MapReader map(node, "config.plain", faults);
  map.String("title", &out.title);
  map.String("value", &out.value);
  bool is_short = false;
  if (map.Bool("short", &is_short)) out.is_short = is_short;
  map.Done();
  if (out.title.empty()) faults.Add(node.line, "missing title in Slack field configuration");
  if (out.value.empty()) faults.Add(node.line, "missing value in Slack field configuration");
  return out;
}

std::string SlackDefault(std::string_view part) {
  return "{{ template \"slack.default." + std::string(part) + "\" . }}";
}

void ReadSlackTexts(MapReader& map, SlackConfig& out) {
  struct Text {
    const char* key;
    std::string* to;
    const char* part;  ///< of the default templates; null: none
  };
  for (const Text& text : {Text{"channel", &out.channel, nullptr},
                           {"username", &out.username, "username"},
                           {"color", &out.color, "color"},
                           {"title", &out.title, "title"},
                           {"title_link", &out.title_link, "titlelink"},
                           {"pretext", &out.pretext, "pretext"},
                           {"text", &out.text, "text"},
                           {"message_text", &out.message_text, nullptr},
                           {"footer", &out.footer, "footer"},
                           {"fallback", &out.fallback, "fallback"},
                           {"callback_id", &out.callback_id, "callbackid"},
                           {"icon_emoji", &out.icon_emoji, "iconemoji"},
                           {"icon_url", &out.icon_url, "iconurl"},
                           {"image_url", &out.image_url, nullptr},
                           {"thumb_url", &out.thumb_url, nullptr}}) {
    if (text.part != nullptr) *text.to = SlackDefault(text.part);
    map.String(text.key, text.to);
  }
}

/// Where messages go: the receiver's own address, or the global one, by URL or by app token.
void FinishSlack(const Node& node, const AlertGlobal& global, bool own_http, SlackConfig& out,
                 Faults& faults) {
  const auto fault = [&](std::string_view what) { faults.Add(node.line, what); };
  const bool url = !out.api_url.empty() || !out.api_url_file.empty();
  const bool token = !out.app_token.empty() || !out.app_token_file.empty();
  if (!out.api_url.empty() && !out.api_url_file.empty())
    fault("at most one of api_url & api_url_file must be configured");
  if (!out.app_token.empty() && !out.app_token_file.empty())
    fault("at most one of app_token & app_token_file must be configured");
  if (url && token)
    fault("at most one of api_url/api_url_file & app_token/app_token_file must be configured");
  if (out.update_message && out.api_url != "https://slack.com/api/chat.postMessage")
    fault(
        "update_message can only be used with bot tokens. api_url must be set to "
        "https://slack.com/api/chat.postMessage");
  if (out.app_url.empty()) out.app_url = global.slack_app_url;
  const bool own_authorization = own_http && out.http.has_authorization;
  if (!token && !own_authorization && out.api_url.empty()) {
    out.app_token = global.slack_app_token;
    out.app_token_file = global.slack_app_token_file;
  }
  if (!url) {
    out.api_url = global.slack_api_url;
    out.api_url_file = global.slack_api_url_file;
  }
  const bool uses_token = !out.app_token.empty() || !out.app_token_file.empty();
  if (out.api_url.empty() && out.api_url_file.empty() && !uses_token)
    fault("no Slack API URL nor App token set either inline or in a file");
  if (!uses_token) return;
  if (out.http.has_authorization)
    fault("http authorization can't be set when using Slack App tokens");
  out.http.has_authorization = true;
  out.http.authorization_type = "Bearer";
  out.http.credentials = out.app_token;
  out.http.credentials_file = out.app_token_file;
  out.api_url = out.app_url;
  out.api_url_file.clear();
}

SlackConfig ReadSlack(const Node& node, const AlertGlobal& global, const std::string& folder,
                      Faults& faults) {
  SlackConfig out;
  MapReader map(node, "config.plain", faults);
  map.Bool("send_resolved", &out.send_resolved);
  bool own_http = false;
  out.http = ReadReceiverHttp(map, global, folder, &own_http);
  ReadHttpUrl(map, "api_url", &out.api_url);
  map.String("api_url_file", &out.api_url_file);
  map.String("app_token", &out.app_token);
  map.String("app_token_file", &out.app_token_file);
  ReadHttpUrl(map, "app_url", &out.app_url);
  ReadSlackTexts(map, out);
  for (const Node& item : map.List("fields")) out.fields.push_back(ReadField(item, faults));
  for (const Node& item : map.List("actions")) out.actions.push_back(ReadAction(item, faults));
  map.Strings("mrkdwn_in", &out.mrkdwn_in);
  map.Bool("short_fields", &out.short_fields);
  map.Bool("link_names", &out.link_names);
  map.Bool("update_message", &out.update_message);
  ReadGoDuration(map, "timeout", &out.timeout_ms);
  map.Done();
  FinishSlack(node, global, own_http, out, faults);
  return out;
}

/// "message-id" → "Message-Id".
std::string CanonicalHeader(std::string name) {
  bool upper = true;
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    c = static_cast<char>(upper ? std::toupper(byte) : std::tolower(byte));
    upper = c == '-';
  }
  return name;
}

void ReadEmailHeaders(MapReader& map, EmailConfig& out) {
  std::map<std::string, std::string> given;
  map.StringMap("headers", &given);
  const auto fault = [&](const std::string& what) {
    map.faults().Add(map.LineOf("headers"), what);
  };
  for (const auto& [name, value] : given) {
    const std::string canonical = CanonicalHeader(name);
    if (canonical.find_first_of(": \r\n") != std::string::npos)
      fault("\"" + name + "\" is no name of a header");
    if (!out.headers.emplace(canonical, value).second)
      fault("duplicate header \"" + canonical + "\" in email config");
  }
  const Node* threading = map.Take("threading");
  if (threading == nullptr) return;
  MapReader reader(*threading, "config.ThreadingConfig", map.faults());
  reader.Bool("enabled", &out.threading);
  reader.String("thread_by_date", &out.thread_by_date);
  reader.Done();
  if (!out.threading) return;
  for (const char* name : {"References", "In-Reply-To"}) {
    if (out.headers.contains(name))
      fault("conflicting configuration: threading.enabled conflicts with custom " +
            std::string(name) + " header");
  }
  if (out.thread_by_date != "none" && out.thread_by_date != "daily")
    map.faults().Add(threading->line, "threading.thread_by_date must be either 'none' or 'daily'");
}

/// What the receiver does not say is as in `global`.
void InheritSmtp(const AlertGlobal& global, EmailConfig& out) {
  const auto inherit = [](std::string& own, const std::string& from) {
    if (own.empty()) own = from;
  };
  inherit(out.from, global.smtp_from);
  inherit(out.hello, global.smtp_hello);
  inherit(out.auth_username, global.smtp_auth_username);
  inherit(out.auth_identity, global.smtp_auth_identity);
  if (out.auth_password.empty() && out.auth_password_file.empty()) {
    out.auth_password = global.smtp_auth_password;
    out.auth_password_file = global.smtp_auth_password_file;
  }
  if (out.auth_secret.empty() && out.auth_secret_file.empty()) {
    out.auth_secret = global.smtp_auth_secret;
    out.auth_secret_file = global.smtp_auth_secret_file;
  }
  if (out.smarthost_port.empty()) {
    out.smarthost_host = global.smtp_host;
    out.smarthost_port = global.smtp_port;
  }
}

EmailConfig ReadEmail(const Node& node, const AlertGlobal& global, const std::string& folder,
                      Faults& faults) {
  EmailConfig out;
  out.html = "{{ template \"email.default.html\" . }}";
  out.require_tls = global.smtp_require_tls;
  out.force_implicit_tls = global.smtp_force_implicit_tls;
  out.tls = global.smtp_tls;
  MapReader map(node, "config.plain", faults);
  map.Bool("send_resolved", &out.send_resolved);
  for (const auto& [key, to] : {std::pair{"to", &out.to},
                                {"from", &out.from},
                                {"hello", &out.hello},
                                {"auth_username", &out.auth_username},
                                {"auth_password", &out.auth_password},
                                {"auth_password_file", &out.auth_password_file},
                                {"auth_secret", &out.auth_secret},
                                {"auth_secret_file", &out.auth_secret_file},
                                {"auth_identity", &out.auth_identity},
                                {"html", &out.html},
                                {"text", &out.text}}) {
    map.String(key, to);
  }
  ReadHostPort(map, "smarthost", &out.smarthost_host, &out.smarthost_port);
  map.Bool("require_tls", &out.require_tls);
  bool implicit = false;
  if (map.Bool("force_implicit_tls", &implicit)) out.force_implicit_tls = implicit;
  if (const Node* tls = map.Take("tls_config")) out.tls = ReadSmtpTls(*tls, folder, faults);
  ReadEmailHeaders(map, out);
  map.Done();
  InheritSmtp(global, out);
  if (out.to.empty()) faults.Add(node.line, "missing to address in email config");
  if (out.smarthost_port.empty()) faults.Add(node.line, "no global SMTP smarthost set");
  if (out.from.empty()) faults.Add(node.line, "no global SMTP from set");
  return out;
}

}  // namespace

std::vector<SlackConfig> ReadSlackConfigs(MapReader& map, const AlertGlobal& global,
                                          const std::string& folder) {
  std::vector<SlackConfig> out;
  for (const Node& item : map.List("slack_configs")) {
    out.push_back(ReadSlack(item, global, folder, map.faults()));
  }
  return out;
}

std::vector<EmailConfig> ReadEmailConfigs(MapReader& map, const AlertGlobal& global,
                                          const std::string& folder) {
  std::vector<EmailConfig> out;
  for (const Node& item : map.List("email_configs")) {
    if (item.kind == Node::Kind::kNull) {
      map.faults().Add(item.line, "missing email config");
    } else {
      out.push_back(ReadEmail(item, global, folder, map.faults()));
    }
  }
  return out;
}

}  // namespace pharos::conf
