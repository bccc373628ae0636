// alertmanager.yml: the route tree, inhibition, time intervals and the receivers that Pharos
// has (webhook, Slack, PagerDuty, e-mail). Other receivers are faults by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/alert_matcher.h"
#include "conf/http_client_config.h"
#include "conf/time_interval.h"
#include "conf/yaml.h"

namespace pharos::conf {

struct WebhookConfig {
  bool send_resolved = true;
  HttpClientConfig http;
  std::string url;  ///< may be a template
  std::string url_file;
  int64_t max_alerts = 0;               ///< 0: all
  int64_t timeout_ms = 0;               ///< 0: none of its own, here and below
  std::shared_ptr<const Node> payload;  ///< null: the standard message
};

struct SlackField {
  std::string title, value;
  std::optional<bool> is_short;
};
struct SlackConfirm {
  std::string text, title, ok_text, dismiss_text;
};
struct SlackAction {
  std::string type, text, url, style, name, value;
  std::optional<SlackConfirm> confirm;
};
struct SlackConfig {
  bool send_resolved = false;
  HttpClientConfig http;
  std::string api_url, api_url_file, app_token, app_token_file, app_url;
  std::string channel, username, color, title, title_link, pretext, text, message_text, footer,
      fallback, callback_id, icon_emoji, icon_url, image_url, thumb_url;
  std::vector<SlackField> fields;
  std::vector<SlackAction> actions;
  std::vector<std::string> mrkdwn_in;
  bool short_fields = false;
  bool link_names = false;
  bool update_message = false;
  int64_t timeout_ms = 0;
};

struct PagerdutyLink {
  std::string href, text;
};
struct PagerdutyImage {
  std::string src, alt, href;
};
struct PagerdutyConfig {
  bool send_resolved = true;
  HttpClientConfig http;
  std::string service_key, service_key_file, routing_key, routing_key_file;
  std::string url, client, client_url, description, source, severity, class_, component, group;
  std::map<std::string, Node> details;
  std::vector<PagerdutyLink> links;
  std::vector<PagerdutyImage> images;
  int64_t timeout_ms = 0;
};

struct SmtpTls {
  bool insecure_skip_verify = false;
  std::string ca_file, cert_file, key_file;
};
struct EmailConfig {
  bool send_resolved = false;
  std::string to, from, hello;
  std::string smarthost_host, smarthost_port;
  std::string auth_username, auth_password, auth_password_file, auth_secret, auth_secret_file,
      auth_identity;
  std::map<std::string, std::string> headers;  ///< names in canonical spelling
  std::string html, text;
  bool require_tls = true;
  std::optional<bool> force_implicit_tls;  ///< nothing: by the port
  SmtpTls tls;
  bool threading = false;
  std::string thread_by_date;
};

struct AlertReceiver {
  std::string name;
  std::map<std::string, std::string> labels;  ///< with `name`
  std::vector<WebhookConfig> webhooks;
  std::vector<SlackConfig> slacks;
  std::vector<PagerdutyConfig> pagerduties;
  std::vector<EmailConfig> emails;
};

struct AlertRoute {
  std::string receiver;  ///< "": the parent's
  std::optional<std::vector<std::string>> group_by;
  bool group_by_all = false;
  std::map<std::string, std::string> match, match_re;
  AlertMatchers matchers;      ///< as `matchers` gives them
  AlertMatchers all_matchers;  ///< match, match_re and matchers, sorted
  std::vector<std::string> mute_time_intervals, active_time_intervals;
  bool continues = false;
  std::vector<AlertRoute> routes;
  std::optional<int64_t> group_wait_ms, group_interval_ms, repeat_interval_ms;
  std::map<std::string, std::string> labels;  ///< may be templates
  int line = 0;
};

struct InhibitRule {
  std::string name;
  std::map<std::string, std::string> source_match, source_match_re, target_match, target_match_re;
  AlertMatchers source_matchers, target_matchers;  ///< as the newer keys give them
  AlertMatchers source, target;                    ///< all
  std::vector<std::string> equal;
};

struct AlertGlobal {
  int64_t resolve_timeout_ms = 300'000;
  HttpClientConfig http;
  std::string smtp_from, smtp_hello = "localhost", smtp_host, smtp_port;
  std::string smtp_auth_username, smtp_auth_password, smtp_auth_password_file, smtp_auth_secret,
      smtp_auth_secret_file, smtp_auth_identity;
  bool smtp_require_tls = true;
  SmtpTls smtp_tls;
  std::optional<bool> smtp_force_implicit_tls;
  std::string slack_api_url, slack_api_url_file, slack_app_token, slack_app_token_file;
  std::string slack_app_url = "https://slack.com/api/chat.postMessage";
  std::string pagerduty_url = "https://events.pagerduty.com/v2/enqueue";
};

struct AlertmanagerConfig {
  AlertGlobal global;
  AlertRoute route;
  std::vector<InhibitRule> inhibit_rules;
  std::vector<AlertReceiver> receivers;
  std::vector<std::string> templates;  ///< globs, resolved against the file's folder
  std::vector<NamedIntervals> mute_time_intervals;
  std::vector<NamedIntervals> time_intervals;
};

/// Parses and validates, with every default and global value filled in. kBadInput holds every
/// fault, one a line, as `FILE:LINE: …`, in Alertmanager's words where it has some.
base::Result<AlertmanagerConfig> ParseAlertmanagerConfig(std::string_view text,
                                                         const std::string& file,
                                                         std::vector<KeyNote>* notes = nullptr);
base::Result<AlertmanagerConfig> ReadAlertmanagerConfig(const std::string& file,
                                                        std::vector<KeyNote>* notes = nullptr);

/// The configuration as YAML, as Alertmanager prints it: all defaults, secrets as `<secret>`.
std::string ToYaml(const AlertmanagerConfig& config);

}  // namespace pharos::conf
