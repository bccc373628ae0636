// alertmanager.yml printed again, for the status page and `amtool config show`.
#include <array>
#include <cstdio>

#include "conf/alertmanager_config.h"
#include "conf/yaml_writer.h"
#include "text/duration.h"

namespace pharos::conf {
namespace {

void PrintHttp(YamlWriter& out, const HttpClientConfig& http) {
  out.Map("http_config", [&] {
    if (http.has_basic_auth) {
      out.Map("basic_auth", [&] {
        out.Text("username", http.username);
        out.Text("username_file", http.username_file);
        out.Secret("password", http.password);
        out.Text("password_file", http.password_file);
      });
    }
    if (http.has_authorization) {
      out.Map("authorization", [&] {
        out.Text("type", http.authorization_type);
        out.Secret("credentials", http.credentials);
        out.Text("credentials_file", http.credentials_file);
      });
    }
    out.Bool("follow_redirects", http.follow_redirects);
    out.Bool("enable_http2", false);
    if (http.headers.empty()) return;
    out.Map("http_headers", [&] {
      for (const auto& [name, header] : http.headers) {
        out.Map(name, [&] {
          out.Texts("values", header.values);
          out.Texts("secrets", std::vector<std::string>(header.secrets.size(), "<secret>"));
          out.Texts("files", header.files);
        });
      }
    });
  });
}

void PrintTls(YamlWriter& out, std::string_view key, const SmtpTls& tls) {
  out.Map(key, [&] {
    out.Text("ca_file", tls.ca_file);
    out.Text("cert_file", tls.cert_file);
    out.Text("key_file", tls.key_file);
    out.Bool("insecure_skip_verify", tls.insecure_skip_verify);
  });
}

std::string HostPort(const std::string& host, const std::string& port) {
  if (port.empty()) return "";
  return host.find(':') != std::string::npos ? "[" + host + "]:" + port : host + ":" + port;
}

void Duration(YamlWriter& out, std::string_view key, std::optional<int64_t> ms) {
  if (ms) out.Plain(key, text::PrometheusDuration(*ms));
}

void PrintGlobal(YamlWriter& out, const AlertGlobal& global) {
  Duration(out, "resolve_timeout", global.resolve_timeout_ms);
  PrintHttp(out, global.http);
  out.Text("smtp_from", global.smtp_from);
  out.Text("smtp_hello", global.smtp_hello);
  out.Text("smtp_smarthost", HostPort(global.smtp_host, global.smtp_port));
  out.Text("smtp_auth_username", global.smtp_auth_username);
  out.Secret("smtp_auth_password", global.smtp_auth_password);
  out.Text("smtp_auth_password_file", global.smtp_auth_password_file);
  out.Secret("smtp_auth_secret", global.smtp_auth_secret);
  out.Text("smtp_auth_secret_file", global.smtp_auth_secret_file);
  out.Text("smtp_auth_identity", global.smtp_auth_identity);
  out.Bool("smtp_require_tls", global.smtp_require_tls);
  PrintTls(out, "smtp_tls_config", global.smtp_tls);
  if (global.smtp_force_implicit_tls)
    out.Bool("smtp_force_implicit_tls", *global.smtp_force_implicit_tls);
  out.Secret("slack_api_url", global.slack_api_url);
  out.Text("slack_api_url_file", global.slack_api_url_file);
  out.Secret("slack_app_token", global.slack_app_token);
  out.Text("slack_app_token_file", global.slack_app_token_file);
  out.Text("slack_app_url", global.slack_app_url);
  out.Text("pagerduty_url", global.pagerduty_url);
}

std::vector<std::string> Lines(const AlertMatchers& matchers) {
  std::vector<std::string> lines;
  for (const AlertMatcher& matcher : matchers) lines.push_back(matcher.ToString());
  return lines;
}

void PrintRoute(YamlWriter& out, const AlertRoute& route) {
  out.Text("receiver", route.receiver);
  out.Texts("group_by", route.group_by_all ? std::vector<std::string>{"..."}
                                           : route.group_by.value_or(std::vector<std::string>()));
  out.Texts("match", route.match);
  out.Texts("match_re", route.match_re);
  out.Texts("matchers", Lines(route.matchers));
  out.Texts("mute_time_intervals", route.mute_time_intervals);
  out.Texts("active_time_intervals", route.active_time_intervals);
  out.Bool("continue", route.continues);
  out.List("routes", route.routes.size(), [&](size_t i) { PrintRoute(out, route.routes[i]); });
  Duration(out, "group_wait", route.group_wait_ms);
  Duration(out, "group_interval", route.group_interval_ms);
  Duration(out, "repeat_interval", route.repeat_interval_ms);
  out.Texts("labels", route.labels);
}

void PrintInhibit(YamlWriter& out, const InhibitRule& rule) {
  out.Text("name", rule.name);
  out.Texts("source_match", rule.source_match);
  out.Texts("source_match_re", rule.source_match_re);
  out.Texts("source_matchers", Lines(rule.source_matchers));
  out.Texts("target_match", rule.target_match);
  out.Texts("target_match_re", rule.target_match_re);
  out.Texts("target_matchers", Lines(rule.target_matchers));
  out.Texts("equal", rule.equal);
}

void Timeout(YamlWriter& out, int64_t ms) {
  out.Plain("timeout", text::GoDuration(ms * 1'000'000));
}

void PrintWebhook(YamlWriter& out, const WebhookConfig& config) {
  out.Bool("send_resolved", config.send_resolved);
  PrintHttp(out, config.http);
  out.Secret("url", config.url);
  out.Plain("url_file", YamlScalar(config.url_file));
  out.Plain("max_alerts", std::to_string(config.max_alerts));
  Timeout(out, config.timeout_ms);
  if (config.payload) out.Any("payload", *config.payload);
}

void PrintSlackLists(YamlWriter& out, const SlackConfig& config) {
  out.List("fields", config.fields.size(), [&](size_t i) {
    const SlackField& field = config.fields[i];
    out.Text("title", field.title);
    out.Text("value", field.value);
    if (field.is_short) out.Bool("short", *field.is_short);
  });
  out.Bool("short_fields", config.short_fields);
  out.Text("footer", config.footer);
  out.Text("fallback", config.fallback);
  out.Text("callback_id", config.callback_id);
  out.Text("icon_emoji", config.icon_emoji);
  out.Text("icon_url", config.icon_url);
  out.Text("image_url", config.image_url);
  out.Text("thumb_url", config.thumb_url);
  out.Bool("link_names", config.link_names);
  out.Texts("mrkdwn_in", config.mrkdwn_in);
  out.List("actions", config.actions.size(), [&](size_t i) {
    const SlackAction& action = config.actions[i];
    out.Text("type", action.type);
    out.Text("text", action.text);
    out.Text("url", action.url);
    out.Text("style", action.style);
    out.Text("name", action.name);
    out.Text("value", action.value);
    if (!action.confirm) return;
    out.Map("confirm", [&] {
      out.Text("text", action.confirm->text);
      out.Text("title", action.confirm->title);
      out.Text("ok_text", action.confirm->ok_text);
      out.Text("dismiss_text", action.confirm->dismiss_text);
    });
  });
}

void PrintSlack(YamlWriter& out, const SlackConfig& config) {
  out.Bool("send_resolved", config.send_resolved);
  PrintHttp(out, config.http);
  const bool token = !config.app_token.empty() || !config.app_token_file.empty();
  if (!token) out.Secret("api_url", config.api_url);
  out.Text("api_url_file", config.api_url_file);
  out.Secret("app_token", config.app_token);
  out.Text("app_token_file", config.app_token_file);
  out.Text("app_url", config.app_url);
  out.Text("channel", config.channel);
  out.Text("username", config.username);
  out.Text("color", config.color);
  out.Text("title", config.title);
  out.Text("title_link", config.title_link);
  out.Text("pretext", config.pretext);
  out.Text("text", config.text);
  out.Text("message_text", config.message_text);
  PrintSlackLists(out, config);
  out.Bool("update_message", config.update_message);
  Timeout(out, config.timeout_ms);
}

void PrintPagerduty(YamlWriter& out, const PagerdutyConfig& config) {
  out.Bool("send_resolved", config.send_resolved);
  PrintHttp(out, config.http);
  out.Secret("service_key", config.service_key);
  out.Text("service_key_file", config.service_key_file);
  out.Secret("routing_key", config.routing_key);
  out.Text("routing_key_file", config.routing_key_file);
  out.Text("url", config.url);
  out.Text("client", config.client);
  out.Text("client_url", config.client_url);
  out.Text("description", config.description);
  if (!config.details.empty()) {
    out.Map("details", [&] {
      for (const auto& [name, value] : config.details) out.Any(name, value);
    });
  }
  out.List("images", config.images.size(), [&](size_t i) {
    out.Text("src", config.images[i].src);
    out.Text("alt", config.images[i].alt);
    out.Text("href", config.images[i].href);
  });
  out.List("links", config.links.size(), [&](size_t i) {
    out.Text("href", config.links[i].href);
    out.Text("text", config.links[i].text);
  });
  out.Text("source", config.source);
  out.Text("severity", config.severity);
  out.Text("class", config.class_);
  out.Text("component", config.component);
  out.Text("group", config.group);
  Timeout(out, config.timeout_ms);
}

void PrintEmail(YamlWriter& out, const EmailConfig& config) {
  out.Bool("send_resolved", config.send_resolved);
  out.Text("to", config.to);
  out.Text("from", config.from);
  out.Text("hello", config.hello);
  out.Text("smarthost", HostPort(config.smarthost_host, config.smarthost_port));
  out.Text("auth_username", config.auth_username);
  out.Secret("auth_password", config.auth_password);
  out.Text("auth_password_file", config.auth_password_file);
  out.Secret("auth_secret", config.auth_secret);
  out.Text("auth_secret_file", config.auth_secret_file);
  out.Text("auth_identity", config.auth_identity);
  out.Texts("headers", config.headers);
  out.Text("html", config.html);
  out.Text("text", config.text);
  out.Bool("require_tls", config.require_tls);
  PrintTls(out, "tls_config", config.tls);
  if (config.force_implicit_tls) out.Bool("force_implicit_tls", *config.force_implicit_tls);
  if (!config.threading) return;
  out.Map("threading", [&] {
    out.Bool("enabled", true);
    out.Text("thread_by_date", config.thread_by_date);
  });
}

void PrintReceiver(YamlWriter& out, const AlertReceiver& receiver) {
  out.Plain("name", YamlScalar(receiver.name));
  out.Texts("labels", receiver.labels);
  out.List("email_configs", receiver.emails.size(),
           [&](size_t i) { PrintEmail(out, receiver.emails[i]); });
  out.List("pagerduty_configs", receiver.pagerduties.size(),
           [&](size_t i) { PrintPagerduty(out, receiver.pagerduties[i]); });
  out.List("slack_configs", receiver.slacks.size(),
           [&](size_t i) { PrintSlack(out, receiver.slacks[i]); });
  out.List("webhook_configs", receiver.webhooks.size(),
           [&](size_t i) { PrintWebhook(out, receiver.webhooks[i]); });
}

std::vector<std::string> RangeTexts(const std::vector<IntRange>& ranges, bool weekdays) {
  std::vector<std::string> out;
  for (const IntRange& range : ranges) {
    const auto text = [&](int n) { return weekdays ? WeekdayName(n) : std::to_string(n); };
    out.push_back(range.begin == range.end ? text(range.begin)
                                           : text(range.begin) + ":" + text(range.end));
  }
  return out;
}

std::string Clock(int minute) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", minute / 60, minute % 60);
  return text;
}

void PrintIntervals(YamlWriter& out, std::string_view key,
                    const std::vector<NamedIntervals>& named) {
  out.List(key, named.size(), [&](size_t i) {
    out.Plain("name", YamlScalar(named[i].name));
    const auto& intervals = named[i].intervals;
    out.List("time_intervals", intervals.size(), [&](size_t k) {
      const TimeInterval& interval = intervals[k];
      out.List("times", interval.times.size(), [&](size_t t) {
        out.Text("start_time", Clock(interval.times[t].begin));
        out.Text("end_time", Clock(interval.times[t].end));
      });
      out.Texts("weekdays", RangeTexts(interval.weekdays, true));
      out.Texts("days_of_month", RangeTexts(interval.days_of_month, false));
      out.Texts("months", RangeTexts(interval.months, false));
      out.Texts("years", RangeTexts(interval.years, false));
      out.Text("location", interval.location);
    });
  });
}

}  // namespace

std::string ToYaml(const AlertmanagerConfig& config) {
  YamlWriter out;
  out.Map("global", [&] { PrintGlobal(out, config.global); });
  out.Map("route", [&] { PrintRoute(out, config.route); });
  out.List("inhibit_rules", config.inhibit_rules.size(),
           [&](size_t i) { PrintInhibit(out, config.inhibit_rules[i]); });
  out.List("receivers", config.receivers.size(),
           [&](size_t i) { PrintReceiver(out, config.receivers[i]); });
  if (config.templates.empty()) {
    out.Plain("templates", "[]");
  } else {
    out.Texts("templates", config.templates);
  }
  PrintIntervals(out, "mute_time_intervals", config.mute_time_intervals);
  PrintIntervals(out, "time_intervals", config.time_intervals);
  return out.Take();
}

}  // namespace pharos::conf
