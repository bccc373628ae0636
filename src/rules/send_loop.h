// One Alertmanager's queue and sender.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "conf/alerting.h"
#include "model/alert.h"
#include "rules/notifier.h"

namespace pharos::rules {

/// How requests to one Alertmanager are made.
struct SendSetting {
  std::string url;
  int64_t timeout_ms = 10'000;
  bool follow_redirects = true;
  conf::HttpCredentials credentials;
  bool operator==(const SendSetting&) const = default;
};

/// Owns: the queue and a thread. Threads: any. Errors: logged and counted
/// (pharos_notifications_{sent,dropped,errors}_total). Cost: at most kQueueCapacity alerts.
class SendLoop {
 public:
  SendLoop(SendSetting setting, const AlertPoster& post);
  /// Sends what is queued until a request fails.
  ~SendLoop();

  void Add(std::span<const model::Alert> alerts);
  /// Waits until the queue is empty and nothing is on its way.
  void Flush();
  const SendSetting& setting() const { return setting_; }

 private:
  void Run();
  bool Post(std::span<const model::Alert> batch);

  const SendSetting setting_;
  const AlertPoster& post_;
  std::mutex mutex_;
  std::condition_variable changed_;  // mutex_
  std::deque<model::Alert> queue_;   // mutex_
  bool sending_ = false;             // mutex_
  bool stopping_ = false;            // mutex_
  std::thread thread_;
};

}  // namespace pharos::rules
