#include "ingest/tail/delivery.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/compress.h"
#include "base/log.h"
#include "base/metrics.h"
#include "ingest/receive/loki_push.h"
#include "net/client.h"
#include "text/base64.h"
#include "wire/loki_push_encode.h"
#include "wire/stream_labels.h"

namespace pharos::ingest::tail {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

base::Counter& Dropped() {
  static base::Counter& counter =
      base::GetCounter("promtail_dropped_entries_total", "Entries that a server refused for good.");
  return counter;
}
base::Counter& Sent() {
  static base::Counter& counter =
      base::GetCounter("promtail_sent_entries_total", "Entries that were acknowledged.");
  return counter;
}

/// What one tenant gets: streams in the order of their labels, entries in the order of reading.
struct Batch {
  std::string tenant;
  wire::LokiPush push;
  size_t entries = 0;
  size_t bytes = 0;
};

class Batches {
 public:
  Batches(const conf::PromtailClient& client, size_t max_bytes)
      : client_(client), max_bytes_(max_bytes) {}

  void Add(const Entry& entry) {
    LabelMap labels = entry.labels;
    std::string tenant = client_.tenant_id;
    if (const auto found = labels.find(kTenantLabel); found != labels.end()) {
      tenant = found->second;
      labels.erase(found);
    }
    for (const auto& [name, value] : client_.external_labels) labels.try_emplace(name, value);
    Open& open = open_[tenant];
    if (open.batch != SIZE_MAX && done[open.batch].bytes >= max_bytes_) open = Open();
    if (open.batch == SIZE_MAX) {
      open.batch = done.size();
      done.emplace_back().tenant = tenant;
    }
    Put(entry, LabelsText(labels), open);
  }

  std::vector<Batch> done;

 private:
  struct Open {
    size_t batch = SIZE_MAX;
    std::map<std::string, size_t> streams;  // label text → index
  };

  static std::string LabelsText(const LabelMap& labels) {
    std::vector<model::LabelView> views;
    for (const auto& [name, value] : labels) views.push_back({name, value});
    return wire::StreamLabelsText(model::Labels::FromPairs(std::move(views)));
  }

  void Put(const Entry& entry, std::string labels, Open& open) {
    Batch& batch = done[open.batch];
    base::Arena& arena = batch.push.arena;
    const auto [stream, fresh] =
        open.streams.try_emplace(std::move(labels), batch.push.streams.size());
    if (fresh) batch.push.streams.push_back({arena.Copy(stream->first), {}});
    model::Event event;
    event.time_ns = entry.time_ns;
    event.body = model::Value::String(arena.Copy(entry.line));
    std::vector<model::KeyValue> pairs;
    for (const auto& [name, value] : entry.metadata) {
      pairs.push_back({arena.Copy(name), model::Value::String(arena.Copy(value))});
    }
    event.attributes = arena.CopySpan<model::KeyValue>(pairs);
    batch.push.streams[stream->second].events.push_back(event);
    ++batch.entries;
    batch.bytes += entry.line.size() + 32;
  }

  const conf::PromtailClient& client_;
  const size_t max_bytes_;
  std::map<std::string, Open> open_;
};

}  // namespace

/// One of the file's clients.
class Delivery::Client {
 public:
  Client(conf::PromtailClient config, net::Cancellation cancelled)
      : config_(std::move(config)), cancelled_(std::move(cancelled)) {}
  virtual ~Client() = default;

  Result<void> Send(const std::vector<Entry>& entries) {
    Batches batches(config_, static_cast<size_t>(config_.batch_size_bytes));
    for (const Entry& entry : entries) batches.Add(entry);
    for (Batch& batch : batches.done) PHAROS_TRY_VOID(SendUntilTaken(batch));
    return {};
  }

 protected:
  /// Once. kBusy, kTimeout, kIo, kFull and kLimit: try again; other errors are for good.
  virtual Result<void> Try(Batch& batch) = 0;
  const conf::PromtailClient& config() const { return config_; }
  const net::Cancellation& cancelled() const { return cancelled_; }

  void Lost(size_t entries, const std::string& why) const {
    Dropped().Add(entries);
    base::Log(base::LogLevel::kError, "log lines were refused and are dropped",
              {{"client", config_.url}, {"lines", std::to_string(entries)}, {"error", why}});
  }

 private:
  static bool Retryable(ErrorKind kind) {
    return kind == ErrorKind::kBusy || kind == ErrorKind::kTimeout || kind == ErrorKind::kIo ||
           kind == ErrorKind::kFull || kind == ErrorKind::kLimit;
  }

  Result<void> SendUntilTaken(Batch& batch) {
    int64_t wait_ms = std::max<int64_t>(1, config_.min_backoff_ms);
    bool told = false;
    while (true) {
      if (cancelled_.Cancelled()) return Fail(ErrorKind::kCancelled, "stopping");
      const auto sent = Try(batch);
      if (sent) {
        Sent().Add(batch.entries);
        return {};
      }
      if (sent.error().kind == ErrorKind::kCancelled) return sent;
      if (!Retryable(sent.error().kind)) {
        Lost(batch.entries, sent.error().message);
        return {};
      }
      if (!std::exchange(told, true)) {
        base::Log(base::LogLevel::kWarn, "log lines wait: the client does not take them",
                  {{"client", config_.url}, {"error", sent.error().message}});
      }
      if (!Pause(wait_ms)) return Fail(ErrorKind::kCancelled, "stopping");
      wait_ms = std::min(wait_ms * 2, std::max(config_.max_backoff_ms, config_.min_backoff_ms));
    }
  }

  /// False once cancelled.
  bool Pause(int64_t ms) const {
    constexpr int64_t kSlice = 50;
    for (; ms > 0 && !cancelled_.Cancelled(); ms -= kSlice) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(ms, kSlice)));
    }
    return !cancelled_.Cancelled();
  }

  const conf::PromtailClient config_;
  const net::Cancellation cancelled_;
};

namespace {

/// Pharos itself: the same checks, service_name and detected_level as a push.
class OwnClient final : public Delivery::Client {
 public:
  OwnClient(conf::PromtailClient config, const receive::Target& target, net::Cancellation cancelled)
      : Client(std::move(config), std::move(cancelled)), target_(target), writer_(target) {}

 private:
  Result<void> Try(Batch& batch) override {
    const std::string tenant = target_.multi_tenant && !batch.tenant.empty()
                                   ? batch.tenant
                                   : std::string(store::kDefaultTenant);
    // A stream with bad labels must not take the others with it: one at a time.
    std::vector<base::Ack> acks;
    for (const wire::LokiStream& stream : batch.push.streams) {
      wire::LokiPush one;
      one.streams.push_back(stream);  // views into the batch, which outlives the call
      auto outcome = writer_.Write(tenant, std::move(one));
      if (!outcome && outcome.error().kind == ErrorKind::kBadInput) {
        Lost(stream.events.size(), outcome.error().message);
        continue;
      }
      if (!outcome) return std::unexpected(std::move(outcome).error());
      if (!outcome->problem.empty()) Refused(stream.labels, outcome->problem);
      acks.push_back(std::move(outcome->ack));
    }
    for (const base::Ack& ack : acks) PHAROS_TRY_VOID(ack.Wait());
    return {};
  }

  /// A container's old log may have a million lines that are too old: one sentence in ten
  /// seconds is enough.
  void Refused(std::string_view stream, const std::string& problem) {
    Dropped().Add();
    const int64_t now_ns = target_.clock->MonotonicNs();
    int64_t last_ns = told_ns_.load();
    if (last_ns != 0 && now_ns - last_ns < 10'000'000'000) return;
    if (!told_ns_.compare_exchange_strong(last_ns, now_ns)) return;
    base::Log(base::LogLevel::kError, "log lines were refused",
              {{"stream", std::string(stream)}, {"error", problem}});
  }

  const receive::Target target_;
  receive::LokiWriter writer_;
  std::atomic<int64_t> told_ns_{0};
};

class HttpClient final : public Delivery::Client {
 public:
  using Client::Client;

 private:
  Result<void> Try(Batch& batch) override {
    net::ClientRequest request;
    request.method = "POST";
    request.url = config().url;
    request.timeout = std::chrono::milliseconds(config().timeout_ms);
    request.max_response_bytes = 1u << 20;
    request.cancelled = cancelled();
    request.headers.Add("Content-Type", "application/x-protobuf");
    request.headers.Add("User-Agent", "promtail/pharos");
    for (const auto& [name, value] : config().headers) request.headers.Set(name, value);
    if (!batch.tenant.empty()) request.headers.Set("X-Scope-OrgID", batch.tenant);
    if (!config().basic_user.empty()) {
      request.headers.Set("Authorization", "Basic " + text::Base64Encode(config().basic_user + ":" +
                                                                         config().basic_password));
    } else if (!config().authorization_type.empty()) {
      request.headers.Set("Authorization",
                          config().authorization_type + " " + config().authorization_credentials);
    }
    request.body = base::SnappyCompress(wire::EncodeLokiPush(batch.push.streams));
    PHAROS_TRY(const net::Response response, net::Fetch(request));
    return Judge(response);
  }

  Result<void> Judge(const net::Response& response) const {
    if (response.status / 100 == 2) return {};
    const std::string said = "server returned HTTP status " + std::to_string(response.status) +
                             ": " +
                             response.body.substr(0, response.body.find('\n')).substr(0, 500);
    if (response.status == 429 && config().drop_rate_limited) {
      return Fail(ErrorKind::kUnprocessable, said);
    }
    const bool later = response.status == 429 || response.status / 100 == 5;
    return Fail(later ? ErrorKind::kBusy : ErrorKind::kUnprocessable, said);
  }
};

}  // namespace

Delivery::Delivery(const std::vector<conf::PromtailClient>& clients, const receive::Target& target,
                   const IsOwn& is_own) {
  for (const conf::PromtailClient& client : clients) {
    if (is_own && is_own(client.url)) {
      clients_.push_back(std::make_unique<OwnClient>(client, target, cancelled_));
    } else {
      clients_.push_back(std::make_unique<HttpClient>(client, cancelled_));
    }
  }
}

Delivery::~Delivery() = default;

Result<void> Delivery::Deliver(const std::vector<Entry>& entries) {
  if (cancelled_.Cancelled()) return Fail(ErrorKind::kCancelled, "stopping");
  if (entries.empty()) return {};
  for (const auto& client : clients_) PHAROS_TRY_VOID(client->Send(entries));
  return {};
}

void Delivery::Cancel() { cancelled_.Cancel(); }

}  // namespace pharos::ingest::tail
