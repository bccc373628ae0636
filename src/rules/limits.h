// What rules may cost and how long they remember, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::rules {

/// A resolved alert is kept and sent again for so long, so that a notice survives an Alertmanager
/// that was down (Prometheus's resolvedRetention), in milliseconds.
inline constexpr int64_t kResolvedRetentionMs = 15 * 60'000;
/// `for` state older than this is not taken up after a restart (rules.alert.for-outage-tolerance).
inline constexpr int64_t kOutageToleranceMs = 60 * 60'000;
/// An alert restored shortly before it would fire waits at least so long
/// (rules.alert.for-grace-period).
inline constexpr int64_t kForGracePeriodMs = 10 * 60'000;
/// An alert that goes on firing is sent again after so long (rules.alert.resend-delay).
inline constexpr int64_t kResendDelayMs = 60'000;
/// Threads that evaluate groups: a slow group must not hold up the others, and evaluation is bound
/// by processors.
inline constexpr size_t kWorkers = 4;
/// How often workers look at the clock at least, in milliseconds (tests move it).
inline constexpr int64_t kMaxWaitMs = 100;
/// Alerts that wait for one Alertmanager; the oldest are dropped
/// (alertmanager.notification-queue-capacity).
inline constexpr size_t kQueueCapacity = 10'000;
/// Alerts in one request to an Alertmanager (alertmanager.notification-batch-size).
inline constexpr size_t kMaxBatch = 256;
/// Queries of one alert template run: `query` in a loop over series ends here.
inline constexpr size_t kMaxTemplateQueries = 1'000;
/// Series of an SLO's histogram that are looked at to check its buckets.
inline constexpr size_t kMaxSloSeries = 100'000;
/// Evaluations of one unit test of rules: two years minute by minute; more is a slip of the pen.
inline constexpr int64_t kMaxUnitTestSteps = 1'100'000;

}  // namespace pharos::rules
