#include "rules/notifier.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "conf/prometheus_config.h"
#include "rules/limits.h"

namespace pharos::rules {
namespace {

/// Stands for the network.
struct Net {
  base::Result<net::Response> Post(const net::ClientRequest& request) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    requests.push_back(request);
    return net::Response{.status = status};
  }
  void Open() {
    std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;
  int status = 200;
  std::vector<net::ClientRequest> requests;
};

struct Box final : store::AlertSink {
  base::Result<void> Send(std::string_view, std::span<const model::Alert> alerts) override {
    received.insert(received.end(), alerts.begin(), alerts.end());
    return {};
  }
  std::vector<model::Alert> received;
};

model::Alert AlertOf(const std::string& name, const std::string& replica = "") {
  return {.labels = model::Labels{{"alertname", name}, {"replica", replica}},
          .annotations = model::Labels{{"summary", "s \"q\""}},
          .starts_at_ms = 1'700'000'000'000,
          .ends_at_ms = 1'700'000'240'500,
          .generator_url = "http://p/graph"};
}

struct Fixture {
  explicit Fixture(NotifierOptions options = {}) {
    options.post = [this](const net::ClientRequest& request) { return network.Post(request); };
    notifier = std::make_unique<Notifier>(std::move(options));
  }
  void Apply(const std::string& alerting) {
    const auto config = conf::ParsePrometheusConfig(
        "global: {external_labels: {dc: x, alertname: no}}\nalerting: " + alerting, "p.yml");
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(notifier->Apply(config->alerting, config->external_labels));
  }
  Net network;
  std::unique_ptr<Notifier> notifier;
};

TEST(Notifier, PostsToEveryAlertmanager) {
  Fixture f;
  f.Apply(
      "{alert_relabel_configs: [{action: labeldrop, regex: replica}], alertmanagers: [\n"
      "{static_configs: [{targets: ['a:9093', 'a:9093', 'b:9093']}], path_prefix: /x//am/,\n"
      " relabel_configs: [{source_labels: [__address__], regex: 'b:.*', action: drop}],\n"
      " authorization: {credentials: t}}]}");
  EXPECT_EQ(f.notifier->Urls().active,
            std::vector<std::string>{"http://a:9093/x/am/api/v2/alerts"});
  EXPECT_EQ(f.notifier->Urls().dropped,
            std::vector<std::string>{"http://b:9093/x/am/api/v2/alerts"});
  const model::Alert alert = AlertOf("A", "1");
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  f.notifier->Flush();
  ASSERT_EQ(f.network.requests.size(), 1u) << "the same address twice is one";
  const net::ClientRequest& request = f.network.requests[0];
  EXPECT_EQ(request.method + " " + request.url, "POST http://a:9093/x/am/api/v2/alerts");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer t");
  EXPECT_EQ(request.body,
            R"([{"annotations":{"summary":"s \"q\""},"endsAt":"2023-11-14T22:17:20.500Z",)"
            R"("startsAt":"2023-11-14T22:13:20.000Z","generatorURL":"http://p/graph",)"
            R"("labels":{"alertname":"A","dc":"x"}}])");
}

TEST(Notifier, RelabelsPerAlertmanager) {
  Fixture f;
  f.Apply(
      "{alertmanagers: [{static_configs: [{targets: [a]}], alert_relabel_configs: [\n"
      "{source_labels: [alertname], regex: Drop, action: drop}]}]}");
  const model::Alert alerts[] = {AlertOf("Drop"), AlertOf("Keep")};
  ASSERT_TRUE(f.notifier->Send("t", alerts));
  f.notifier->Flush();
  ASSERT_EQ(f.network.requests.size(), 1u);
  EXPECT_EQ(f.network.requests[0].body.find("Drop"), std::string::npos);
}

TEST(Notifier, OwnAddressesAreNotSentOverTheNetwork) {
  Box box;
  Fixture f({.in_process = [&](const std::string& address, const std::string& path) {
    return address == "alertmanager:9093" && path == "/api/v2/alerts" ? &box : nullptr;
  }});
  f.Apply("{alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}");
  const model::Alert alert = AlertOf("A");
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  ASSERT_EQ(box.received.size(), 1u);
  EXPECT_EQ(box.received[0].labels.Get("dc"), "x");
  EXPECT_TRUE(f.network.requests.empty());
}

TEST(Notifier, WithoutAlertmanagersTheOtherReceiverGetsThem) {
  Box box;
  Fixture f({.without_alertmanagers = &box});
  f.Apply("{}");
  const model::Alert alert = AlertOf("A");
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  EXPECT_EQ(box.received.size(), 1u);
  f.Apply("{alertmanagers: [{static_configs: [{targets: [a]}]}]}");
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  EXPECT_EQ(box.received.size(), 1u);
}

TEST(Notifier, QueuesAreBoundedAndSurviveAReload) {
  Fixture f;
  f.network.open = false;
  const std::string one = "{alertmanagers: [{static_configs: [{targets: [a]}]}]}";
  f.Apply(one);
  std::vector<model::Alert> alerts;
  for (size_t i = 0; i < kQueueCapacity; ++i) alerts.push_back(AlertOf(std::to_string(i)));
  ASSERT_TRUE(f.notifier->Send("t", alerts));
  ASSERT_TRUE(f.notifier->Send("t", alerts));
  f.Apply(one);
  f.network.Open();
  f.notifier->Flush();
  size_t sent = 0;
  for (const auto& request : f.network.requests) {
    for (size_t at = 0; (at = request.body.find("startsAt", at)) != std::string::npos; ++at) ++sent;
  }
  EXPECT_GE(sent, kQueueCapacity);
  EXPECT_LE(sent, kQueueCapacity + kMaxBatch) << "one batch was on its way";
}

TEST(Notifier, StopSendsWhatIsQueued) {
  Fixture f;
  f.Apply("{alertmanagers: [{static_configs: [{targets: [a]}]}]}");
  std::vector<model::Alert> alerts(600, AlertOf("A"));
  ASSERT_TRUE(f.notifier->Send("t", alerts));
  f.notifier->Stop();
  EXPECT_EQ(f.network.requests.size(), 3u);
}

TEST(Notifier, AFailureIsNoEnd) {
  Fixture f;
  f.network.status = 500;
  f.Apply("{alertmanagers: [{static_configs: [{targets: [a]}]}]}");
  const model::Alert alert = AlertOf("A");
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  f.notifier->Flush();
  f.network.status = 200;
  ASSERT_TRUE(f.notifier->Send("t", std::span(&alert, 1)));
  f.notifier->Flush();
  EXPECT_EQ(f.network.requests.size(), 2u);
}

}  // namespace
}  // namespace pharos::rules
