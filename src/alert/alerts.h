// The alerts that are known now: what came in, merged by labels, kept on disk, dropped some
// time after they end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/alert_record.h"
#include "alert/record_log.h"

namespace pharos::alert {

/// Owns: the records and their log. Threads: one at a time (Alertmanager's lock). Errors: Put:
/// kLimit beyond kMaxAlerts, kIo/kFull when nothing could be stored; then nothing changed.
/// Cost: Put is one fdatasync a batch.
class Alerts {
 public:
  static base::Result<std::unique_ptr<Alerts>> Open(io::Fs& fs, const std::string& path,
                                                    int64_t now_ns);

  /// Takes valid alerts (AlertFault is ""); each that overlaps an earlier one of its labels is
  /// merged with it. Gives out what is now known of each, stored durably.
  base::Result<std::vector<AlertPtr>> Put(std::vector<AlertRecord> alerts, int64_t now_ns);
  /// Everybody who had to know has been told that this alert is over: it need not come back
  /// after a restart. Nothing happens when it changed since.
  void Settle(const AlertRecord& alert);
  /// Drops those that ended. Returns how many.
  size_t Gc(int64_t now_ns);

  /// By fingerprint.
  const std::map<uint64_t, AlertPtr>& all() const { return alerts_; }

 private:
  Alerts() = default;
  void MaybeRewrite();

  std::map<uint64_t, AlertPtr> alerts_;
  std::unique_ptr<RecordLog> log_;
};

}  // namespace pharos::alert
