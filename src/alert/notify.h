// The way of a group's alerts to its receivers: mute, compare with the notification log, send,
// try again, log. A state machine that never blocks: who drives it does the sending.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alert/notification_log.h"
#include "alert/routing.h"
#include "alert/silence.h"

namespace pharos::alert {

/// One flush of one group. Over when no delivery is open.
struct Flush {
  std::shared_ptr<Routing> routing;
  GroupPtr group;
  std::vector<AlertPtr> alerts;  ///< the snapshot
  int64_t now_ns = 0;
  size_t open = 0;
  bool failed = false;
};

/// One flush's message to one integration.
struct Delivery {
  std::shared_ptr<Flush> flush;
  const Integration* integration = nullptr;
  Notification notification;
  std::string log_key;
  LogEntry entry;  ///< what is logged once it was sent
  int64_t next_attempt_ns = 0;
  int64_t deadline_ns = 0;
  int64_t backoff_ns = 0;
  int attempts = 0;
  std::string last_error;
  std::string last_reason = "other";
  bool in_flight = false;
  net::Cancellation cancelled;
};
using DeliveryPtr = std::shared_ptr<Delivery>;

/// Owns: the deliveries under way; borrows silences and log. Threads: one at a time
/// (Alertmanager's lock); the Notify of a delivery that was taken runs outside of it.
/// Errors: into Pharos's log and alertmanager_notifications_failed_total. Cost: Begin matches
/// each alert with silences and inhibition; Done writes one record durably.
class Pipeline {
 public:
  Pipeline(const Silences& silences, NotificationLog& log) : silences_(silences), log_(log) {}

  /// Starts what a due group has to say.
  void Begin(std::shared_ptr<Routing> routing, const GroupPtr& group, int64_t now_ns);
  /// Deliveries whose next attempt is due; each must be given to Done.
  std::vector<DeliveryPtr> TakeDue(int64_t now_ns);
  /// An attempt ended. After the receiver took it, the log is written before anything else.
  void Done(const DeliveryPtr& delivery, const SendResult& result, int64_t now_ns);
  /// Flushes that are over, since the last call.
  std::vector<std::shared_ptr<Flush>> TakeFinished();
  /// The next moment at which something is due; INT64_MAX when nothing is.
  int64_t NextDue() const;
  /// Gives up what waits and stops what is being sent (reload, shutdown).
  void CancelAll();
  /// True when something is being sent.
  bool Busy() const;

 private:
  std::vector<AlertPtr> Unmuted(Flush& flush) const;
  void Enqueue(const std::shared_ptr<Flush>& flush, const std::vector<AlertPtr>& alerts,
               const Integration& integration,
               const std::map<std::string, std::string>& route_labels);
  void Log(Delivery& delivery, int64_t now_ns);
  void Close(const DeliveryPtr& delivery, bool ok);

  const Silences& silences_;
  NotificationLog& log_;
  std::vector<DeliveryPtr> deliveries_;
  std::vector<std::shared_ptr<Flush>> finished_;
};

}  // namespace pharos::alert
