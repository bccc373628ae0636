// Every limit of alert/, with its unit and the reason for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::alert {

/// Alerts kept at once; a flood of posted alerts ends here. At 1 KiB each: 100 MB.
inline constexpr size_t kMaxAlerts = 100'000;
/// Bytes of one alert's labels, annotations and URL; pagers cut at less.
inline constexpr size_t kMaxAlertBytes = 64 << 10;
/// Aggregation groups at once: group_by ['...'] makes one an alert and route.
inline constexpr size_t kMaxGroups = 200'000;
/// Silences, expired ones within the retention too; each is matched with each alert.
inline constexpr size_t kMaxSilences = 10'000;
/// Bytes of one silence as stored.
inline constexpr size_t kMaxSilenceBytes = 64 << 10;
/// Bytes of one of the files of this folder; they are read whole at the start.
inline constexpr size_t kMaxLogBytes = 1u << 30;
/// A log is rewritten when it has at least this many bytes and kLogGrowth times the live ones.
inline constexpr size_t kMinRewriteBytes = 1 << 20;
inline constexpr size_t kLogGrowth = 4;
/// Bytes of a receiver's answer that are looked at.
inline constexpr size_t kMaxAnswerBytes = 1 << 20;
/// Notifications sent at once; a slow receiver holds one thread each.
inline constexpr int kSenderThreads = 8;

inline constexpr int64_t kMillisecond = 1'000'000;  ///< in nanoseconds, as those below
inline constexpr int64_t kSecond = 1'000 * kMillisecond;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
/// A flush may take the group's interval, but always this long (as Alertmanager has it).
inline constexpr int64_t kMinFlushTimeout = 10 * kSecond;
/// Waits between attempts: the first, and the longest; each is 1.5 times the one before.
inline constexpr int64_t kFirstBackoff = 500 * kMillisecond;
inline constexpr int64_t kLongestBackoff = kMinute;
/// How often resolved alerts, expired silences and old log entries are dropped.
inline constexpr int64_t kAlertGcInterval = 30 * kMinute;
inline constexpr int64_t kMaintenanceInterval = 15 * kMinute;
/// How long ended silences and log entries are kept (`--data.retention`).
inline constexpr int64_t kRetention = 120 * kHour;

}  // namespace pharos::alert
