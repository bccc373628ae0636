// Webhooks: the notification as JSON, to any URL.
#include "alert/http_post.h"
#include "alert/payload.h"
#include "alert/receivers.h"
#include "text/json_writer.h"

namespace pharos::alert {
namespace {

class Webhook final : public Notifier {
 public:
  Webhook(conf::WebhookConfig config, TemplatesPtr templates, Transport& transport)
      : config_(std::move(config)), templates_(std::move(templates)), transport_(transport) {}

  SendResult Notify(Notification& notification, std::chrono::milliseconds timeout,
                    const net::Cancellation& cancelled) override {
    Notification shown = notification;
    size_t truncated = 0;
    const auto most = static_cast<size_t>(config_.max_alerts);
    if (most > 0 && shown.alerts.size() > most) {
      truncated = shown.alerts.size() - most;
      shown.alerts.resize(most);
    }
    Renderer render(*templates_, shown);
    auto url = conf::SecretText(config_.url, config_.url_file);
    if (!url) return SendResult::Failed(false, "read url_file: " + url.error().message);
    JsonPost post{.http = config_.http, .url = render(*url)};
    if (!render.error().empty())
      return SendResult::Failed(false, "failed to template webhook URL: " + render.error());
    if (post.url.empty()) return SendResult::Failed(false, "webhook URL is empty after templating");
    auto body = Body(shown, truncated, render);
    if (!body)
      return SendResult::Failed(false, "failed to render custom payload: " + body.error().message);
    post.body = *std::move(body) + "\n";
    post.timeout = TimeoutOf(config_.timeout_ms, timeout);
    post.cancelled = cancelled;
    return PostJson(transport_, post);
  }

 private:
  base::Result<std::string> Body(const Notification& shown, size_t truncated,
                                 const Renderer& render) const {
    if (config_.payload != nullptr) {
      return PayloadJson(*config_.payload,
                         [&](const std::string& text) { return render.Text(text); });
    }
    std::string out;
    AppendDataJson(out, shown, templates_->external_url());
    out += ",\"version\":\"4\",\"groupKey\":";
    text::AppendJsonString(out, shown.group_key, true);
    return out + ",\"truncatedAlerts\":" + std::to_string(truncated) + "}";
  }

  const conf::WebhookConfig config_;
  const TemplatesPtr templates_;
  Transport& transport_;
};

}  // namespace

std::unique_ptr<Notifier> MakeWebhook(conf::WebhookConfig config, TemplatesPtr templates,
                                      Transport& transport) {
  return std::make_unique<Webhook>(std::move(config), std::move(templates), transport);
}

}  // namespace pharos::alert
