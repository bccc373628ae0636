// Slack: one attachment a notification, by incoming webhook or app token.
#include <simdjson.h>

#include "alert/http_post.h"
#include "alert/receivers.h"
#include "text/json_writer.h"

namespace pharos::alert {
namespace {

constexpr size_t kMaxTitleRunes = 1024;

/// Go's `json:"…,omitempty"` for texts.
class Fields {
 public:
  explicit Fields(std::string& out) : out_(out) { out_ += '{'; }
  Fields& Text(std::string_view name, const std::string& value, bool keep_empty = false) {
    if (value.empty() && !keep_empty) return *this;
    Name(name);
    text::AppendJsonString(out_, value, true);
    return *this;
  }
  Fields& Raw(std::string_view name, std::string_view json) {
    Name(name);
    out_ += json;
    return *this;
  }
  void End() { out_ += '}'; }

 private:
  void Name(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
};

class Slack final : public Notifier {
 public:
  Slack(conf::SlackConfig config, TemplatesPtr templates, Transport& transport)
      : config_(std::move(config)), templates_(std::move(templates)), transport_(transport) {}

  SendResult Notify(Notification& notification, std::chrono::milliseconds timeout,
                    const net::Cancellation& cancelled) override {
    Renderer render(*templates_, notification);
    auto url = conf::SecretText(config_.api_url, config_.api_url_file);
    if (!url) return SendResult::Failed(false, url.error().message);
    JsonPost post{.http = config_.http, .url = *std::move(url)};
    std::string channel = render(config_.channel);
    std::string thread;
    if (config_.update_message && !notification.data["threadTs"].empty() &&
        !notification.data["channelId"].empty()) {
      post.url = "https://slack.com/api/chat.update";
      thread = notification.data["threadTs"];
      channel = notification.data["channelId"];
    }
    post.body = Body(render, channel, thread);
    if (!render.error().empty()) return SendResult::Failed(false, render.error());
    post.timeout = TimeoutOf(config_.timeout_ms, timeout);
    post.cancelled = cancelled;
    net::Response answer;
    answer.status = 0;  // until there is one
    SendResult sent = PostJson(transport_, post, &answer);
    if (sent.ok) sent = CheckAnswer(answer, notification);
    if (!sent.ok && answer.status != 0) sent.error = InChannel(channel) + sent.error;
    return sent;
  }

 private:
  static std::string InChannel(const std::string& channel) {
    return "channel " + conf::GoQuoted(channel) + ": ";
  }

  std::string Body(Renderer& render, const std::string& channel, const std::string& thread) const {
    std::string out;
    Fields fields(out);
    fields.Text("channel", channel)
        .Text("ts", thread)
        .Text("username", render(config_.username))
        .Text("icon_emoji", render(config_.icon_emoji))
        .Text("icon_url", render(config_.icon_url));
    if (config_.link_names) fields.Raw("link_names", "true");
    fields.Text("text", render(config_.message_text));
    fields.Raw("attachments", "[" + Attachment(render) + "]").End();
    return out + "\n";
  }

  std::string Attachment(Renderer& render) const {
    std::string out;
    std::string title = render(config_.title);
    TruncateRunes(&title, kMaxTitleRunes);
    Fields fields(out);
    fields.Text("title", title)
        .Text("title_link", render(config_.title_link))
        .Text("pretext", render(config_.pretext))
        .Text("text", render(config_.text), true)
        .Text("fallback", render(config_.fallback), true)
        .Text("callback_id", render(config_.callback_id), true);
    if (!config_.fields.empty()) fields.Raw("fields", FieldList(render));
    if (!config_.actions.empty()) fields.Raw("actions", ActionList(render));
    fields.Text("image_url", render(config_.image_url))
        .Text("thumb_url", render(config_.thumb_url))
        .Text("footer", render(config_.footer), true)
        .Text("color", render(config_.color))
        .Raw("mrkdwn_in", MarkdownIn())
        .End();
    return out;
  }

  std::string MarkdownIn() const {
    std::string out;
    text::JsonWriter json(out);
    json.BeginArray();
    const std::vector<std::string> standard{"fallback", "pretext", "text"};
    for (const std::string& part : config_.mrkdwn_in.empty() ? standard : config_.mrkdwn_in)
      json.String(part);
    json.EndArray();
    return out;
  }

  std::string FieldList(Renderer& render) const {
    std::string out = "[";
    for (const conf::SlackField& field : config_.fields) {
      if (out.size() > 1) out += ',';
      Fields one(out);
      one.Text("title", render(field.title)).Text("value", render(field.value));
      one.Raw("short", field.is_short.value_or(config_.short_fields) ? "true" : "false").End();
    }
    return out + "]";
  }

  std::string ActionList(Renderer& render) const {
    std::string out = "[";
    for (const conf::SlackAction& action : config_.actions) {
      if (out.size() > 1) out += ',';
      Fields one(out);
      one.Text("type", render(action.type))
          .Text("text", render(action.text))
          .Text("url", render(action.url))
          .Text("style", render(action.style))
          .Text("name", render(action.name))
          .Text("value", render(action.value));
      if (action.confirm) {
        std::string confirm;
        Fields(confirm)
            .Text("text", render(action.confirm->text))
            .Text("title", render(action.confirm->title))
            .Text("ok_text", render(action.confirm->ok_text))
            .Text("dismiss_text", render(action.confirm->dismiss_text))
            .End();
        one.Raw("confirm", confirm);
      }
      one.End();
    }
    return out + "]";
  }

  /// Slack answers 200 to what it refuses, too.
  static SendResult CheckAnswer(const net::Response& answer, Notification& notification) {
    if (!answer.headers.Get("Content-Type").starts_with("application/json")) {
      if (answer.body == "ok") return {};
      return SendResult::Failed(false, "received an error response from Slack: " + answer.body,
                                "clientError");
    }
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(answer.body).get(object) != simdjson::SUCCESS) {
      return SendResult::Failed(
          true, "could not unmarshal JSON response " + conf::GoQuoted(answer.body), "clientError");
    }
    bool ok = false;
    std::string_view text;
    if (object["ok"].get(ok) != simdjson::SUCCESS || !ok) {
      if (object["error"].get(text) != simdjson::SUCCESS) text = "";
      return SendResult::Failed(false, "error response from Slack: " + std::string(text),
                                "clientError");
    }
    std::string_view channel;
    if (object["ts"].get(text) == simdjson::SUCCESS && !text.empty() &&
        object["channel"].get(channel) == simdjson::SUCCESS && !channel.empty()) {
      notification.data["threadTs"] = text;
      notification.data["channelId"] = channel;
    }
    return {};
  }

  const conf::SlackConfig config_;
  const TemplatesPtr templates_;
  Transport& transport_;
};

}  // namespace

std::unique_ptr<Notifier> MakeSlack(conf::SlackConfig config, TemplatesPtr templates,
                                    Transport& transport) {
  return std::make_unique<Slack>(std::move(config), std::move(templates), transport);
}

}  // namespace pharos::alert
