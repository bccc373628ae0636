// An Alertmanager whose time, disk and network stand in a test's hand. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alert/alertmanager.h"
#include "alert/limits.h"
#include "io/sim_fs.h"

namespace pharos::alert {

/// Keeps what is sent; answers 200 unless told otherwise.
class FakeTransport final : public Transport {
 public:
  base::Result<net::Response> Fetch(const net::ClientRequest& request) override {
    requests.push_back(request);
    return answer ? answer(request) : net::Response::Text(200, "ok");
  }
  base::Result<void> SendMail(const net::Mail& mail) override {
    mails.push_back(mail);
    return mail_answer ? mail_answer() : base::Result<void>();
  }
  std::vector<net::ClientRequest> requests;
  std::vector<net::Mail> mails;
  std::function<base::Result<net::Response>(const net::ClientRequest&)> answer;
  std::function<base::Result<void>()> mail_answer;
};

inline constexpr int64_t kStartNs = 1'700'000'000'000'000'000;

struct World {
  explicit World(std::string yaml) : yaml(std::move(yaml)) { Open(); }

  void Open() {
    auto config = conf::ParseAlertmanagerConfig(yaml, "alertmanager.yml");
    ASSERT_TRUE(config) << config.error().message;
    auto opened = Alertmanager::Open({.fs = &fs,
                                      .dir = "data/alert",
                                      .clock = &clock,
                                      .transport = &transport,
                                      .external_url = "http://am:9093"},
                                     *std::move(config));
    ASSERT_TRUE(opened) << opened.error().message;
    am = *std::move(opened);
  }
  /// As after `kill -9`, or a power cut with `seed` not 0.
  void Crash(uint64_t seed = 0) {
    fs.Halt();
    am.reset();
    if (seed != 0) {
      fs.CutPower(seed);
    } else {
      fs.Restart();
    }
    Open();
  }
  /// Lets time pass in small steps.
  void Run(int64_t for_ns, int64_t step_ns = 10 * kMillisecond) {
    const int64_t until = clock.NowNs() + for_ns;
    while (clock.NowNs() < until) {
      clock.Advance(std::chrono::nanoseconds(std::min(step_ns, until - clock.NowNs())));
      am->Tick();
    }
  }
  base::Result<void> Push(std::initializer_list<model::LabelView> labels, int64_t ends_in_ns = 0) {
    AlertRecord alert;
    alert.labels = labels;
    if (ends_in_ns != 0) alert.ends_at_ns = clock.NowNs() + ends_in_ns;
    return am->Post({alert});
  }
  /// Bodies since the last call.
  std::vector<std::string> Bodies() {
    std::vector<std::string> out;
    for (const auto& request : transport.requests) out.push_back(request.body);
    transport.requests.clear();
    return out;
  }

  std::string yaml;
  io::SimFs fs;
  base::FakeClock clock{kStartNs};
  FakeTransport transport;
  std::unique_ptr<Alertmanager> am;
};

inline const char* const kData = "../shared/data/alertmanager/";

}  // namespace pharos::alert
