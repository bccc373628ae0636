// E-mail: text and HTML of one notification, over SMTP.
#include <atomic>

#include "alert/http_post.h"
#include "alert/mime.h"
#include "alert/receivers.h"
#include "conf/time_interval.h"
#include "template/go_time.h"

namespace pharos::alert {
namespace {

class Email final : public Notifier {
 public:
  Email(conf::EmailConfig config, TemplatesPtr templates, Transport& transport,
        const base::Clock& clock, std::string host_name)
      : config_(std::move(config)),
        templates_(std::move(templates)),
        transport_(transport),
        clock_(clock),
        host_name_(std::move(host_name)) {
    config_.headers.try_emplace("Subject", "{{ template \"email.default.subject\" . }}");
    config_.headers.try_emplace("To", config_.to);
    config_.headers.try_emplace("From", config_.from);
  }

  SendResult Notify(Notification& notification, std::chrono::milliseconds timeout,
                    const net::Cancellation& cancelled) override {
    Renderer render(*templates_, notification);
    net::Mail mail;
    mail.host = config_.smarthost_host;
    mail.port = config_.smarthost_port;
    if (!config_.hello.empty()) mail.hello = config_.hello;
    mail.timeout = timeout;
    mail.cancelled = cancelled;
    if (const std::string fault = SetSecurity(mail); !fault.empty())
      return SendResult::Failed(true, fault);
    if (const std::string fault = SetAddresses(mail, render); !fault.empty())
      return SendResult::Failed(false, fault);
    auto message = Message(notification, render);
    if (!message) return SendResult::Failed(false, message.error().message);
    mail.message = *std::move(message);
    const auto sent = transport_.SendMail(mail);
    if (sent) return {};
    return SendResult::Failed(
        true, sent.error().message,
        sent.error().kind == base::ErrorKind::kTimeout ? "contextDeadlineExceeded" : "other");
  }

 private:
  std::string SetSecurity(net::Mail& mail) const {
    const bool implicit = config_.force_implicit_tls.value_or(config_.smarthost_port == "465");
    mail.tls = implicit              ? net::Mail::Tls::kImplicit
               : config_.require_tls ? net::Mail::Tls::kStartTls
                                     : net::Mail::Tls::kNone;
    mail.verify = !config_.tls.insecure_skip_verify;
    mail.ca_file = config_.tls.ca_file;
    mail.cert_file = config_.tls.cert_file;
    mail.key_file = config_.tls.key_file;
    if (config_.auth_username.empty()) return "";
    mail.user = config_.auth_username;
    mail.identity = config_.auth_identity;
    const auto password = conf::SecretText(config_.auth_password, config_.auth_password_file);
    const auto secret = conf::SecretText(config_.auth_secret, config_.auth_secret_file);
    if (!password) return "could not read " + password.error().message;
    if (!secret) return "could not read " + secret.error().message;
    if (!password->empty()) {
      // A password does not go over the network in the clear by PLAIN, as in Go.
      const bool local = mail.host == "localhost" || mail.host == "127.0.0.1" || mail.host == "::1";
      mail.mechanisms = {"LOGIN"};
      if (mail.tls != net::Mail::Tls::kNone || local)
        mail.mechanisms.insert(mail.mechanisms.begin(), "PLAIN");
      mail.password = *password;
    } else {
      mail.mechanisms = {"CRAM-MD5"};
      mail.password = *secret;
    }
    if (mail.password.empty()) return "missing password for PLAIN auth mechanism";
    return "";
  }

  std::string SetAddresses(net::Mail& mail, const Renderer& render) const {
    const auto from = render.Text(config_.from);
    if (!from) return "execute 'from' template: " + from.error().message;
    const auto to = render.Text(config_.to);
    if (!to) return "execute 'to' template: " + to.error().message;
    const auto from_addresses = MailAddresses(*from);
    if (!from_addresses) return "parse 'from' addresses: " + from_addresses.error().message;
    if (from_addresses->size() != 1)
      return "must be exactly one 'from' address (got: " + std::to_string(from_addresses->size()) +
             ")";
    const auto to_addresses = MailAddresses(*to);
    if (!to_addresses) return "parse 'to' addresses: " + to_addresses.error().message;
    mail.from = from_addresses->front();
    mail.to = *to_addresses;
    return "";
  }

  base::Result<std::string> Message(const Notification& notification,
                                    const Renderer& render) const {
    std::string out;
    for (const auto& [name, text] : config_.headers) {
      auto value = render.Text(text);
      if (!value) return base::Wrap(value.error(), "execute \"" + name + "\" header template");
      out += name + ": " + EncodeHeader(*value) + "\r\n";
    }
    static std::atomic<uint64_t> counter{0};
    const int64_t now = clock_.NowNs();
    const std::string unique = std::to_string(now) + "." + std::to_string(++counter);
    if (!config_.headers.contains("Message-Id"))
      out += "Message-Id: <" + unique + "@" + host_name_ + ">\r\n";
    if (config_.threading) {
      const std::string day =
          config_.thread_by_date == "none" ? "" : tmpl::FormatTime("2006-01-02", {now});
      const std::string root =
          "<alert-" + KeyHash(notification.group_key).substr(0, 16) + "-" + day + "@alertmanager>";
      out += "References: " + root + "\r\nIn-Reply-To: " + root + "\r\n";
    }
    const std::string boundary = KeyHash(unique).substr(0, 40);
    out += "Date: " + tmpl::FormatTime("Mon, 02 Jan 2006 15:04:05 -0700", {now}) + "\r\n";
    out += "Content-Type: multipart/alternative;  boundary=" + boundary + "\r\n";
    out += "MIME-Version: 1.0\r\n\r\n";
    const auto part = [&](std::string_view type, const std::string& body) {
      out += "--" + boundary + "\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: ";
      out += type;
      out += "; charset=UTF-8\r\n\r\n" + QuotedPrintable(body) + "\r\n";
    };
    if (!config_.text.empty()) {
      PHAROS_TRY(const std::string body, render.Text(config_.text));
      part("text/plain", body);
    }
    if (!config_.html.empty()) {
      PHAROS_TRY(const std::string body, render.Html(config_.html));
      part("text/html", body);
    }
    return out + "--" + boundary + "--\r\n";
  }

  conf::EmailConfig config_;
  const TemplatesPtr templates_;
  Transport& transport_;
  const base::Clock& clock_;
  const std::string host_name_;
};

}  // namespace

std::unique_ptr<Notifier> MakeEmail(conf::EmailConfig config, TemplatesPtr templates,
                                    Transport& transport, const base::Clock& clock,
                                    std::string host_name) {
  return std::make_unique<Email>(std::move(config), std::move(templates), transport, clock,
                                 std::move(host_name));
}

}  // namespace pharos::alert
