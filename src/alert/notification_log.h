// What each receiver was told last about each group: it decides whether there is news, and
// keeps a restart from telling it again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "alert/record_log.h"

namespace pharos::alert {

struct LogEntry {
  int64_t timestamp_ns = 0;
  std::vector<uint64_t> firing;  ///< fingerprints of the alerts that it was told of
  std::vector<uint64_t> resolved;
  int64_t expires_at_ns = 0;
  std::map<std::string, std::string> data;  ///< what the receiver wants back (Slack's thread)
};

/// Why a notification goes out; also what templates see.
enum class NotifyReason : uint8_t {
  kNone,
  kFirst,
  kNewAlerts,
  kNewResolved,
  kAllResolved,
  kRepeat,
};
std::string_view ReasonText(NotifyReason reason);

/// What is news against `entry` (null: nothing was told yet).
NotifyReason NeedsUpdate(const LogEntry* entry, const std::set<uint64_t>& firing,
                         const std::set<uint64_t>& resolved, bool send_resolved, int64_t repeat_ns,
                         int64_t now_ns);

/// Owns: the entries and their log. Threads: one at a time. Errors: Put: kIo, kFull; the entry
/// is then known in memory, so that this process does not tell twice. Cost: one fdatasync.
class NotificationLog {
 public:
  static base::Result<std::unique_ptr<NotificationLog>> Open(io::Fs& fs, const std::string& path);
  /// Names a receiver's integration in a group.
  static std::string KeyOf(const std::string& group_key, const std::string& receiver,
                           const std::string& integration, int index);

  const LogEntry* Find(const std::string& key) const;
  base::Result<void> Put(const std::string& key, LogEntry entry);
  void Gc(int64_t now_ns);
  size_t size() const { return entries_.size(); }

 private:
  NotificationLog() = default;
  void MaybeRewrite();

  std::map<std::string, LogEntry> entries_;
  std::unique_ptr<RecordLog> log_;
};

std::string EncodeLogEntry(const std::string& key, const LogEntry& entry);
base::Result<std::pair<std::string, LogEntry>> DecodeLogEntry(std::string_view bytes);

}  // namespace pharos::alert
