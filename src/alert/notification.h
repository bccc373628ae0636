// What a receiver is told, and how telling it ends.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "alert/alert_record.h"
#include "net/http.h"

namespace pharos::alert {

struct Notification {
  std::string receiver;
  std::string group_key;
  model::Labels group_labels;
  std::map<std::string, std::string> route_labels;  ///< templates expanded already
  std::string reason;
  std::vector<AlertPtr> alerts;  ///< sorted; what fires has no end
  int64_t now_ns = 0;
  /// What the receiver left in the notification log; a notifier may change it.
  std::map<std::string, std::string> data;

  bool AnyFiring() const {
    for (const AlertPtr& alert : alerts) {
      if (!alert->ResolvedAt(now_ns)) return true;
    }
    return false;
  }
};

struct SendResult {
  bool ok = true;
  bool retry = false;            ///< another attempt may help
  std::string error;             ///< for the log; without secrets
  std::string reason = "other";  ///< of alertmanager_notifications_failed_total

  static SendResult Failed(bool retry, std::string error, std::string reason = "other") {
    return {false, retry, std::move(error), std::move(reason)};
  }
};

/// A receiver's integration. Threads: calls may overlap. Errors: in the result. Cost: blocks
/// for up to `timeout`.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual SendResult Notify(Notification& notification, std::chrono::milliseconds timeout,
                            const net::Cancellation& cancelled) = 0;
};

}  // namespace pharos::alert
