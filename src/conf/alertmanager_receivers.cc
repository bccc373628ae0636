// The receivers of alertmanager.yml: their common parts, webhook and PagerDuty.
#include "conf/alertmanager_parts.h"
#include "text/duration.h"

namespace pharos::conf {

void ReadGoDuration(MapReader& map, std::string_view key, int64_t* out_ms) {
  std::string text;
  if (!map.String(key, &text)) return;
  const auto ns = text == "0" ? base::Result<int64_t>(0) : text::ParseGoDuration(text);
  if (!ns) {
    map.faults().Add(map.LineOf(key), std::string(key) + ": " + ns.error().message);
    return;
  }
  *out_ms = *ns / 1'000'000;
}

HttpClientConfig ReadReceiverHttp(MapReader& map, const AlertGlobal& global,
                                  const std::string& folder, bool* own) {
  const Node* node = map.Take("http_config");
  if (own != nullptr) *own = node != nullptr;
  return node != nullptr ? ReadHttpClientConfig(*node, folder, map.faults()) : global.http;
}

bool ReadHttpUrl(MapReader& map, std::string_view key, std::string* out) {
  std::string url;
  if (!map.String(key, &url)) return false;
  const std::string fault = url == "<secret>" ? "" : HttpUrlFault(url);
  if (!fault.empty()) map.faults().Add(map.LineOf(key), fault);
  *out = url;
  return true;
}

void ReadHostPort(MapReader& map, std::string_view key, std::string* host, std::string* port) {
  std::string text;
  if (!map.String(key, &text) || text.empty()) return;
  const auto fault = [&](const std::string& what) { map.faults().Add(map.LineOf(key), what); };
  const bool bracketed = text.starts_with('[') && text.find(']') != std::string::npos;
  const size_t colon = bracketed ? text.find(']') + 1 : text.find(':');
  if (colon == std::string::npos || colon >= text.size() || text[colon] != ':')
    return fault("address " + text + ": missing port in address");
  if (text.find(':', colon + 1) != std::string::npos)
    return fault("address " + text + ": too many colons in address");
  *host = bracketed ? text.substr(1, colon - 2) : text.substr(0, colon);
  *port = text.substr(colon + 1);
  if (port->empty()) fault("address \"" + text + "\": port cannot be empty");
}

SmtpTls ReadSmtpTls(const Node& node, const std::string& folder, Faults& faults) {
  SmtpTls out;
  MapReader map(node, "config.plain", faults);
  map.Bool("insecure_skip_verify", &out.insecure_skip_verify);
  for (const auto& [key, to] : {std::pair{"ca_file", &out.ca_file},
                                {"cert_file", &out.cert_file},
                                {"key_file", &out.key_file}}) {
    map.String(key, to);
    *to = ResolvePath(folder, *to);
  }
  map.NotSupported({"ca", "cert", "key", "ca_ref", "cert_ref", "key_ref", "server_name",
                    "min_version", "max_version"});
  map.Done();
  return out;
}

namespace {

/// "" or what is wrong with a webhook's URL. A template is checked when alerts go out.
std::string WebhookUrlFault(const std::string& url) {
  if (url.empty() || url == "<secret>" || url.find("{{") != std::string::npos) return "";
  const std::string fault = HttpUrlFault(url);
  return fault.empty() ? "" : "invalid URL: " + fault;
}

WebhookConfig ReadWebhook(const Node& node, const AlertGlobal& global, const std::string& folder,
                          Faults& faults) {
  WebhookConfig out;
  MapReader map(node, "webhook.plain", faults);
  map.Bool("send_resolved", &out.send_resolved);
  out.http = ReadReceiverHttp(map, global, folder);
  map.String("url", &out.url);
  map.String("url_file", &out.url_file);
  map.Int("max_alerts", &out.max_alerts);
  if (out.max_alerts < 0) faults.Add(map.LineOf("max_alerts"), "max_alerts cannot be negative");
  ReadGoDuration(map, "timeout", &out.timeout_ms);
  if (const Node* payload = map.Take("payload")) out.payload = std::make_shared<Node>(*payload);
  map.Done();
  if (out.url.empty() && out.url_file.empty())
    faults.Add(node.line, "one of url or url_file must be configured");
  if (!out.url.empty() && !out.url_file.empty())
    faults.Add(node.line, "at most one of url & url_file must be configured");
  if (const std::string fault = WebhookUrlFault(out.url); !fault.empty())
    faults.Add(map.LineOf("url"), fault);
  return out;
}

void ReadPagerdutyLists(MapReader& map, PagerdutyConfig& out) {
  for (const Node& item : map.List("links")) {
    MapReader link(item, "pagerduty.PagerdutyLink", map.faults());
    PagerdutyLink one;
    link.String("href", &one.href);
    link.String("text", &one.text);
    link.Done();
    out.links.push_back(std::move(one));
  }
  for (const Node& item : map.List("images")) {
    MapReader image(item, "pagerduty.PagerdutyImage", map.faults());
    PagerdutyImage one;
    image.String("src", &one.src);
    image.String("alt", &one.alt);
    image.String("href", &one.href);
    image.Done();
    out.images.push_back(std::move(one));
  }
}

void ReadPagerdutyDetails(MapReader& map, PagerdutyConfig& out) {
  if (const Node* details = map.Take("details")) {
    MapReader whole(*details, "map[string]interface {}", map.faults());
    for (const auto& [name, value, line] : details->fields) out.details[name] = value;
  }
  for (const auto& [name, text] : {std::pair{"firing", "{{ .Alerts.Firing | toJson }}"},
                                   {"resolved", "{{ .Alerts.Resolved | toJson }}"},
                                   {"num_firing", "{{ .Alerts.Firing | len }}"},
                                   {"num_resolved", "{{ .Alerts.Resolved | len }}"}}) {
    Node value;
    value.kind = Node::Kind::kScalar;
    value.scalar = text;
    out.details.try_emplace(name, std::move(value));
  }
}

PagerdutyConfig ReadPagerduty(const Node& node, const AlertGlobal& global,
                              const std::string& folder, Faults& faults) {
  PagerdutyConfig out;
  out.url = global.pagerduty_url;
  out.client = "{{ template \"pagerduty.default.client\" . }}";
  out.client_url = "{{ template \"pagerduty.default.clientURL\" . }}";
  out.description = "{{ template \"pagerduty.default.description\" .}}";
  MapReader map(node, "pagerduty.plain", faults);
  map.Bool("send_resolved", &out.send_resolved);
  out.http = ReadReceiverHttp(map, global, folder);
  ReadHttpUrl(map, "url", &out.url);
  for (const auto& [key, to] : {std::pair{"service_key", &out.service_key},
                                {"service_key_file", &out.service_key_file},
                                {"routing_key", &out.routing_key},
                                {"routing_key_file", &out.routing_key_file},
                                {"client", &out.client},
                                {"client_url", &out.client_url},
                                {"description", &out.description},
                                {"source", &out.source},
                                {"severity", &out.severity},
                                {"class", &out.class_},
                                {"component", &out.component},
                                {"group", &out.group}}) {
    map.String(key, to);
  }
  ReadPagerdutyLists(map, out);
  ReadPagerdutyDetails(map, out);
  ReadGoDuration(map, "timeout", &out.timeout_ms);
  map.Done();
  if (out.routing_key.empty() && out.service_key.empty() && out.routing_key_file.empty() &&
      out.service_key_file.empty())
    faults.Add(node.line, "missing service or routing key in PagerDuty config");
  if (!out.routing_key.empty() && !out.routing_key_file.empty())
    faults.Add(node.line, "at most one of routing_key & routing_key_file must be configured");
  if (!out.service_key.empty() && !out.service_key_file.empty())
    faults.Add(node.line, "at most one of service_key & service_key_file must be configured");
  if (out.source.empty()) out.source = out.client;
  return out;
}

template <class T, class Read>
void ReadList(MapReader& map, std::string_view key, std::string_view missing, std::vector<T>* out,
              Read read) {
  for (const Node& item : map.List(key)) {
    if (item.kind == Node::Kind::kNull) {
      map.faults().Add(item.line, missing);
    } else {
      out->push_back(read(item));
    }
  }
}

}  // namespace

AlertReceiver ReadAlertReceiver(const Node& node, const AlertGlobal& global,
                                const std::string& folder, Faults& faults) {
  AlertReceiver out;
  MapReader map(node, "config.plain", faults);
  map.String("name", &out.name);
  if (out.name.empty()) faults.Add(node.line, "missing name in receiver");
  map.StringMap("labels", &out.labels);
  if (const auto name = out.labels.find("name");
      name != out.labels.end() && name->second != out.name)
    faults.Add(map.LineOf("labels"), "receiver label \"name\" must match receiver name \"" +
                                         out.name + "\", got \"" + name->second + "\"");
  out.labels["name"] = out.name;
  ReadList(map, "webhook_configs", "missing webhook config", &out.webhooks,
           [&](const Node& item) { return ReadWebhook(item, global, folder, faults); });
  ReadList(map, "pagerduty_configs", "missing pagerduty config", &out.pagerduties,
           [&](const Node& item) { return ReadPagerduty(item, global, folder, faults); });
  out.emails = ReadEmailConfigs(map, global, folder);
  out.slacks = ReadSlackConfigs(map, global, folder);
  map.NotSupported({"discord_configs", "incidentio_configs", "opsgenie_configs", "wechat_configs",
                    "pushover_configs", "victorops_configs", "sns_configs", "telegram_configs",
                    "webex_configs", "msteams_configs", "msteamsv2_configs", "jira_configs",
                    "rocketchat_configs", "mattermost_configs"});
  map.Done();
  return out;
}

}  // namespace pharos::conf
