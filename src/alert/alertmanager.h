// Alertmanager in one object: alerts in, notifications out, silences and status beside. Rules
// send to it through store::AlertSink; the API and the pages read it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "alert/alerts.h"
#include "alert/notify.h"
#include "store/alerts.h"

namespace pharos::alert {

struct AlertmanagerOptions {
  io::Fs* fs = nullptr;
  std::string dir;  ///< its own; made when missing
  base::Clock* clock = nullptr;
  Transport* transport = nullptr;
  std::string external_url;  ///< where people reach it: in every notification
  std::string host_name = "localhost";
  int64_t retention_ns = 120LL * 3'600'000'000'000;  ///< of ended silences
};

/// An alert and what keeps it quiet.
struct AlertView {
  AlertPtr alert;
  std::vector<std::string> receivers;
  std::vector<std::string> silenced_by;
  std::vector<std::string> inhibited_by;
  std::vector<std::string> muted_by;
  bool suppressed() const {
    return !silenced_by.empty() || !inhibited_by.empty() || !muted_by.empty();
  }
};
struct GroupView {
  model::Labels labels;
  std::map<std::string, std::string> route_labels;
  std::string receiver;
  std::vector<AlertView> alerts;
};
struct ReceiverView {
  std::string name;
  std::map<std::string, std::string> labels;
};

/// What a reader wants to see.
struct AlertFilter {
  conf::AlertMatchers matchers;
  conf::AlertMatchers receiver_matchers;             ///< on the labels of receivers
  std::function<bool(const std::string&)> receiver;  ///< empty: all
  bool active = true, silenced = true, inhibited = true, muted = true;
};

/// Owns: alerts, silences, notification log, its threads; borrows what the options name.
/// Threads: any; one lock around all but the sending. Errors: Open: kBadInput (templates),
/// kIo, kCorrupt (names the file). Cost: taking alerts is one fdatasync a batch.
///
/// Deliveries are made at least once: the log is written durably after the receiver's answer and
/// before anything else; only a crash between the two tells a receiver twice.
class Alertmanager final : public store::AlertSink {
 public:
  static base::Result<std::unique_ptr<Alertmanager>> Open(const AlertmanagerOptions& options,
                                                          conf::AlertmanagerConfig config);
  ~Alertmanager() override;

  /// Drives itself from now on, with threads. Without it, Tick does everything.
  void Start();
  /// Stops sending; what is on its way is cut off. Idempotent.
  void Stop();
  /// All that is due now; without Start also the sending. Deterministic under a FakeClock.
  void Tick();

  /// New routes and receivers; alerts are grouped anew. After an error the old ones stay.
  base::Result<void> Reload(conf::AlertmanagerConfig config);

  base::Result<void> Send(std::string_view tenant, std::span<const model::Alert> alerts) override;
  /// As the API takes them: missing times are filled in; valid alerts are taken though others
  /// are not, then kBadInput has a line for each of those.
  base::Result<void> Post(std::vector<AlertRecord> alerts);

  std::vector<AlertView> ListAlerts(const AlertFilter& filter) const;
  std::vector<GroupView> ListGroups(const AlertFilter& filter) const;
  std::vector<ReceiverView> Receivers() const;

  base::Result<std::string> SetSilence(Silence silence);
  base::Result<void> ExpireSilence(const std::string& id);
  std::optional<Silence> FindSilence(const std::string& id) const;
  std::vector<Silence> ListSilences() const;

  /// The configuration as YAML, without secrets.
  std::string ConfigText() const;
  int64_t started_at_ns() const { return started_at_ns_; }
  const base::Clock& clock() const { return *options_.clock; }

 private:
  explicit Alertmanager(const AlertmanagerOptions& options);
  void Use(std::shared_ptr<Routing> routing, int64_t now_ns);
  void Maintain(int64_t now_ns);
  void FinishFlushes(int64_t now_ns);
  std::vector<DeliveryPtr> Step();
  void Deliver(const DeliveryPtr& delivery);
  AlertView ViewOf(const AlertPtr& alert, int64_t now_ns) const;
  bool Shown(const AlertView& view, const AlertFilter& filter, int64_t now_ns) const;
  bool ReceiverShown(const std::string& name, const AlertFilter& filter) const;
  void RegisterMetrics();
  size_t CountAlerts(bool suppressed) const;
  void Drive();
  void SendLoop();

  const AlertmanagerOptions options_;
  int64_t started_at_ns_ = 0;

  mutable std::mutex mutex_;  ///< guards all below but the threads
  std::unique_ptr<Alerts> alerts_;
  std::unique_ptr<Silences> silences_;
  std::unique_ptr<NotificationLog> log_;
  std::unique_ptr<Pipeline> pipeline_;
  std::shared_ptr<Routing> routing_;
  int64_t next_alert_gc_ns_ = 0;
  int64_t next_maintenance_ns_ = 0;
  bool running_ = false;  ///< threads do the sending
  bool paused_ = false;   ///< a reload waits for what is being sent
  bool kicked_ = false;
  std::deque<DeliveryPtr> queue_;
  std::condition_variable wake_driver_;
  std::condition_variable wake_senders_;

  std::vector<std::thread> threads_;
};

/// True when `labels` pass the API's filter matchers: a missing label is told from an empty one.
bool MatchesFilter(const conf::AlertMatchers& matchers, const model::Labels& labels);

}  // namespace pharos::alert
