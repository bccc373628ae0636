#include "ingest/receive/fluent_forward.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/loki_push.h"
#include "wire/msgpack.h"
#include "wire/stream_labels.h"

namespace pharos::ingest::receive {
namespace {

using base::ErrorKind;
using base::Result;
using model::Value;

struct Shared {
  FluentOptions options;
  FluentSink sink;
  std::atomic<size_t> buffered{0};  ///< bytes of unfinished messages, all connections
};

std::string Nonce() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;  // as text: some clients hash it as such
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// One connection: bytes into messages, messages into the sink, acknowledgements back.
class Session final : public net::TcpSession {
 public:
  Session(std::shared_ptr<Shared> shared, net::TcpLinkPtr link)
      : shared_(std::move(shared)), link_(std::move(link)) {}
  ~Session() override { shared_->buffered -= charged_; }

  void OnOpen() override {
    if (shared_->options.shared_key.empty()) return;
    nonce_ = Nonce();
    if (!shared_->options.users.empty()) auth_ = Nonce();
    link_->Send(wire::EncodeFluentHelo(nonce_, auth_));
  }

  net::TcpNext OnBytes(std::string_view bytes) override {
    buffer_ += bytes;
    const net::TcpNext next = Messages();
    if (next == net::TcpNext::kClose || Charge()) return next;
    base::Log(base::LogLevel::kWarn, "too much unfinished Fluent data; a connection is closed",
              {{"client", link_->remote()}});
    return net::TcpNext::kClose;
  }

 private:
  /// All whole messages of the buffer.
  net::TcpNext Messages() {
    // Reading goes on when the last of them is durable.
    auto pending = std::make_shared<Pending>(link_);
    size_t taken = 0;
    std::string error;
    while (error.empty()) {
      const std::string_view rest = std::string_view(buffer_).substr(taken);
      const auto size = scanner_.Scan(rest);
      if (!size) {
        error = size.error().message;
      } else if (*size == 0) {
        if (rest.size() > kMaxFluentMessageBytes) {
          error = "a message of more than " + std::to_string(kMaxFluentMessageBytes) + " bytes";
        }
        break;
      } else {
        scanner_.Reset();
        error = Message(rest.substr(0, *size), pending);
        taken += *size;
      }
    }
    buffer_.erase(0, taken);
    if (error.empty()) return pending->Wait();
    if (error != kSaid) {
      base::Log(base::LogLevel::kWarn, "a Fluent connection is closed",
                {{"client", link_->remote()}, {"error", error}});
    }
    return net::TcpNext::kClose;
  }

  /// Appends that are not durable yet.
  class Pending {
   public:
    explicit Pending(net::TcpLinkPtr link) : link_(std::move(link)) {}
    void Add() {
      ++open_;
      any_ = true;
    }
    void Done() {
      if (--open_ == 0) link_->Resume();
    }
    net::TcpNext Wait() {
      if (!any_) return net::TcpNext::kMore;
      Done();  // the one that Messages itself holds
      return net::TcpNext::kWait;
    }

   private:
    const net::TcpLinkPtr link_;
    std::atomic<int> open_{1};
    bool any_ = false;
  };

  /// "" or why the connection must end.
  std::string Message(std::string_view bytes, const std::shared_ptr<Pending>& pending) {
    if (bytes == "\xC0") return "";  // a heartbeat
    if (!shared_->options.shared_key.empty() && !trusted_) return Ping(bytes);
    auto message = wire::DecodeFluentMessage(bytes);
    if (!message) return message.error().message;
    std::optional<std::string> chunk;
    if (message->chunk) chunk = std::string(*message->chunk);
    auto ack = message->events.empty() ? Result<base::Ack>(base::Ack::Durable())
                                       : shared_->sink(*std::move(message));
    if (!ack) return ack.error().message;
    pending->Add();
    ack->Then([link = link_, pending, chunk = std::move(chunk)](const Result<void>& written) {
      if (!written) return link->Close();  // the sender tries again
      if (chunk) link->Send(wire::EncodeFluentAck(*chunk));
      pending->Done();
    });
    return "";
  }

  std::string Ping(std::string_view bytes) {
    const auto ping = wire::DecodeFluentPing(bytes);
    if (!ping) return ping.error().message;
    const FluentOptions& options = shared_->options;
    std::string reason;
    if (!SameSecret(ping->digest,
                    wire::FluentDigest({ping->salt, ping->hostname, nonce_, options.shared_key}))) {
      reason = "shared_key mismatch";
    } else if (!options.users.empty()) {
      const auto user = options.users.find(std::string(ping->user));
      const bool known =
          user != options.users.end() &&
          SameSecret(ping->password_digest, wire::FluentDigest({auth_, user->first, user->second}));
      if (!known) reason = "username/password mismatch";
    }
    if (!reason.empty()) {
      link_->Send(wire::EncodeFluentPong(false, reason, "", ""));
      base::Log(base::LogLevel::kWarn, "a Fluent client is refused",
                {{"client", link_->remote()}, {"reason", reason}});
      return std::string(kSaid);
    }
    trusted_ = true;
    link_->Send(wire::EncodeFluentPong(
        true, "", options.hostname,
        wire::FluentDigest({ping->salt, options.hostname, nonce_, options.shared_key})));
    return "";
  }

  /// False when all connections together hold too much.
  bool Charge() {
    const size_t now = buffer_.size();
    shared_->buffered += now;
    shared_->buffered -= std::exchange(charged_, now);
    return shared_->buffered <= kMaxFluentBufferedBytes || now <= kMaxFluentSmallBytes;
  }

  static constexpr std::string_view kSaid = "said already";

  const std::shared_ptr<Shared> shared_;
  const net::TcpLinkPtr link_;
  std::string buffer_;
  size_t charged_ = 0;
  wire::MsgpackScanner scanner_;
  std::string nonce_, auth_;
  bool trusted_ = false;
};

/// What Fluentd and Docker's log driver call the line.
constexpr std::array<std::string_view, 2> kLineFields = {"log", "message"};

/// Turns records into entries of Loki streams.
class StoreWriter {
 public:
  explicit StoreWriter(const Target& target) : writer_(target) {}

  Result<base::Ack> Write(wire::FluentMessage message) {
    wire::LokiPush push;
    base::Arena& arena = message.arena;
    std::map<std::string_view, size_t> streams;  // container name → index
    for (const wire::FluentEvent& event : message.events) {
      std::string_view container;
      const Value* name = model::FindAttribute(event.record, "container_name");
      if (name != nullptr && IsText(*name)) container = name->text;
      const auto [stream, fresh] = streams.try_emplace(container, push.streams.size());
      if (fresh) push.streams.push_back({arena.Copy(Labels(message.tag, container)), {}});
      push.streams[stream->second].events.push_back(ToEvent(event, arena));
    }
    // The views live in the message's bytes, which the connection keeps only until we return:
    // the engine copies them in Append.
    push.arena = std::move(message.arena);
    auto outcome = writer_.Write(store::kDefaultTenant, std::move(push));
    if (!outcome && outcome.error().kind == ErrorKind::kBadInput) {
      // Nothing that a retry could change.
      base::Log(base::LogLevel::kError, "Fluent records were refused",
                {{"error", outcome.error().message}});
      return base::Ack::Durable();
    }
    if (!outcome) return std::unexpected(std::move(outcome).error());
    if (!outcome->problem.empty()) {
      base::Log(base::LogLevel::kError, "Fluent records were refused",
                {{"error", outcome->problem}});
    }
    return outcome->ack;
  }

 private:
  /// Old Fluentd packs texts as blobs.
  static bool IsText(const Value& value) {
    return value.type == Value::Type::kString || value.type == Value::Type::kBytes;
  }

  static std::string Labels(std::string_view tag, std::string_view container) {
    std::vector<model::LabelView> labels{{"fluent_tag", tag}};
    if (!container.empty()) labels.push_back({"container_name", container});
    return wire::StreamLabelsText(model::Labels::FromPairs(std::move(labels)));
  }

  static model::Event ToEvent(const wire::FluentEvent& event, base::Arena& arena) {
    model::Event out;
    out.time_ns = event.time_ns;
    std::string_view line_field;
    for (const std::string_view field : kLineFields) {
      const Value* value = model::FindAttribute(event.record, field);
      if (value == nullptr || !line_field.empty()) continue;
      line_field = field;
      out.body =
          Value::String(IsText(*value) ? value->text : arena.Copy(model::ValueToString(*value)));
    }
    if (line_field.empty()) {
      out.body = Value::String(arena.Copy(model::ValueToString(Value::Map(event.record))));
      return out;
    }
    while (out.body.text.ends_with('\n')) out.body.text.remove_suffix(1);
    std::vector<model::KeyValue> rest;
    for (const model::KeyValue& pair : event.record) {
      if (pair.key == line_field) continue;
      if (pair.key == "container_name" && IsText(pair.value)) continue;  // a label
      if (pair.value.type == Value::Type::kNull) continue;
      rest.push_back(pair);
      if (IsText(pair.value)) rest.back().value = Value::String(pair.value.text);
    }
    out.attributes = arena.CopySpan<model::KeyValue>(rest);
    return out;
  }

  LokiWriter writer_;
};

}  // namespace

FluentSink FluentIntoStore(const Target& target) {
  const auto writer = std::make_shared<StoreWriter>(target);
  return [writer](wire::FluentMessage message) { return writer->Write(std::move(message)); };
}

Result<std::unique_ptr<FluentForward>> FluentForward::Listen(FluentOptions options,
                                                             FluentSink sink) {
  net::TcpServerOptions server;
  server.name = "fluent";
  server.address = options.address;
  server.udp_heartbeat = true;
  auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  shared->sink = std::move(sink);
  PHAROS_TRY(auto listening,
             net::TcpServer::Listen(std::move(server), [shared](net::TcpLinkPtr link) {
               return std::make_unique<Session>(shared, std::move(link));
             }));
  return std::unique_ptr<FluentForward>(new FluentForward(std::move(listening)));
}

}  // namespace pharos::ingest::receive
