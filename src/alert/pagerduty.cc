// PagerDuty: events of the API's second version (routing_key) and first (service_key).
#include <simdjson.h>

#include "alert/http_post.h"
#include "alert/payload.h"
#include "alert/receivers.h"
#include "base/log.h"
#include "text/json_writer.h"

namespace pharos::alert {
namespace {

constexpr size_t kMaxEventBytes = 512'000;
constexpr size_t kMaxSummaryRunes = 1024;
constexpr std::string_view kTooLarge =
    "{\"error\":\"Custom details have been removed because the original event exceeds the maximum "
    "size of 512KB\"}";
const char* const kFirstApi = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";

/// What a 400 says about itself.
std::string ErrorDetails(const net::Response& answer) {
  if (answer.status != 400) return "";
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(answer.body).get(object) != simdjson::SUCCESS) return "";
  std::string_view message;
  if (object["message"].get(message) != simdjson::SUCCESS) message = "";
  std::string out = std::string(message) + ": ";
  simdjson::dom::array errors;
  if (object["errors"].get(errors) != simdjson::SUCCESS) return out;
  bool first = true;
  for (const auto error : errors) {
    std::string_view text;
    if (error.get(text) != simdjson::SUCCESS) continue;
    if (!std::exchange(first, false)) out += ',';
    out += text;
  }
  return out;
}

void Put(std::string& out, std::string_view name, const std::string& value,
         bool keep_empty = false) {
  if (value.empty() && !keep_empty) return;
  if (out.back() != '{') out += ',';
  text::AppendJsonString(out, name);
  out += ':';
  text::AppendJsonString(out, value, true);
}

class Pagerduty final : public Notifier {
 public:
  Pagerduty(conf::PagerdutyConfig config, TemplatesPtr templates, Transport& transport)
      : config_(std::move(config)), templates_(std::move(templates)), transport_(transport) {
    if (config_.severity.empty()) config_.severity = "error";
  }

  SendResult Notify(Notification& notification, std::chrono::milliseconds timeout,
                    const net::Cancellation& cancelled) override {
    Renderer render(*templates_, notification);
    const auto details = Details(render);
    if (!details)
      return SendResult::Failed(false, "failed to render details: " + details.error().message);
    const bool first_api = !config_.service_key.empty() || !config_.service_key_file.empty();
    const auto key = first_api ? conf::SecretText(config_.service_key, config_.service_key_file)
                               : conf::SecretText(config_.routing_key, config_.routing_key_file);
    if (!key) return SendResult::Failed(false, "failed to read the key: " + key.error().message);
    const auto make = [&](std::string_view custom_details) {
      return first_api ? FirstEvent(notification, render, *key, custom_details)
                       : SecondEvent(notification, render, *key, custom_details);
    };
    JsonPost post{.http = config_.http, .url = first_api ? kFirstApi : config_.url};
    post.body = make(*details);
    if (post.body.size() > kMaxEventBytes) {
      base::Log(base::LogLevel::kWarn, "PagerDuty's details were left out of a large event",
                {{"bytes", std::to_string(post.body.size())}});
      post.body = make(kTooLarge);
    }
    if (!render.error().empty())
      return SendResult::Failed(false, "failed to template PagerDuty message: " + render.error());
    if (render(*key).empty())
      return SendResult::Failed(
          false, std::string(first_api ? "service" : "routing") + " key cannot be empty");
    post.timeout = TimeoutOf(config_.timeout_ms, timeout);
    post.cancelled = cancelled;
    post.retry_statuses = {first_api ? 403 : 429};
    post.details = &ErrorDetails;
    return PostJson(transport_, post);
  }

 private:
  base::Result<std::string> Details(const Renderer& render) const {
    conf::Node map;
    map.kind = conf::Node::Kind::kMap;
    for (const auto& [name, value] : config_.details) map.fields.push_back({name, value, 0});
    // Unlike a payload's, the names of details are no templates.
    std::string out = "{";
    for (const auto& [name, value, line] : map.fields) {
      PHAROS_TRY(const std::string json,
                 PayloadJson(value, [&](const std::string& text) { return render.Text(text); }));
      if (out.size() > 1) out += ',';
      text::AppendJsonString(out, name, true);
      out += ":" + json;
    }
    return out + "}";
  }

  static std::string Action(const Notification& notification) {
    return notification.AnyFiring() ? "trigger" : "resolve";
  }

  std::string FirstEvent(const Notification& notification, Renderer& render, const std::string& key,
                         std::string_view details) const {
    std::string description = render(config_.description);
    TruncateRunes(&description, kMaxSummaryRunes);
    std::string out = "{";
    Put(out, "service_key", render(key));
    Put(out, "incident_key", KeyHash(notification.group_key));
    Put(out, "event_type", Action(notification));
    Put(out, "description", description);
    Put(out, "event_action", "", true);
    out += ",\"payload\":null";
    if (notification.AnyFiring()) {
      Put(out, "client", render(config_.client));
      Put(out, "client_url", render(config_.client_url));
    }
    out += ",\"details\":";
    out += details;
    return out + "}\n";
  }

  std::string SecondEvent(const Notification& notification, Renderer& render,
                          const std::string& key, std::string_view details) const {
    std::string summary = render(config_.description);
    TruncateRunes(&summary, kMaxSummaryRunes);
    std::string out = "{";
    Put(out, "routing_key", render(key));
    Put(out, "dedup_key", KeyHash(notification.group_key));
    Put(out, "event_action", Action(notification), true);
    out += ",\"payload\":{";
    Put(out, "summary", summary, true);
    Put(out, "source", render(config_.source), true);
    Put(out, "severity", render(config_.severity), true);
    Put(out, "class", render(config_.class_));
    Put(out, "component", render(config_.component));
    Put(out, "group", render(config_.group));
    out += ",\"custom_details\":";
    out += details;
    out += '}';
    Put(out, "client", render(config_.client));
    Put(out, "client_url", render(config_.client_url));
    PutImages(out, render);
    PutLinks(out, render);
    return out + "}\n";
  }

  void PutImages(std::string& out, Renderer& render) const {
    std::string list;
    for (const conf::PagerdutyImage& image : config_.images) {
      const std::string src = render(image.src);
      if (src.empty()) continue;
      list += list.empty() ? "{" : ",{";
      Put(list, "src", src);
      Put(list, "alt", render(image.alt), true);
      Put(list, "href", render(image.href), true);
      list += '}';
    }
    if (!list.empty()) out += ",\"images\":[" + list + "]";
  }

  void PutLinks(std::string& out, Renderer& render) const {
    std::string list;
    for (const conf::PagerdutyLink& link : config_.links) {
      const std::string href = render(link.href);
      if (href.empty()) continue;
      list += list.empty() ? "{" : ",{";
      Put(list, "href", href);
      Put(list, "text", render(link.text), true);
      list += '}';
    }
    if (!list.empty()) out += ",\"links\":[" + list + "]";
  }

  conf::PagerdutyConfig config_;
  const TemplatesPtr templates_;
  Transport& transport_;
};

}  // namespace

std::unique_ptr<Notifier> MakePagerduty(conf::PagerdutyConfig config, TemplatesPtr templates,
                                        Transport& transport) {
  return std::make_unique<Pagerduty>(std::move(config), std::move(templates), transport);
}

}  // namespace pharos::alert
