// A group: rules that are evaluated one after the other at the group's interval, each seeing what
// those before it wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "conf/rule_file.h"
#include "rules/limits.h"
#include "rules/query.h"
#include "rules/rule.h"
#include "rules/status.h"
#include "store/alerts.h"
#include "store/samples.h"

namespace pharos::rules {

/// What all groups work with. Everything is borrowed.
struct Environment {
  QueryFunc query;
  GroupQueryFunc group_query;             ///< null: `query` for all groups
  store::SampleSource* source = nullptr;  ///< for the `for` state after a restart
  store::SampleSink* sink = nullptr;
  std::vector<store::AlertSink*> alerts;
  const base::Clock* clock = &base::Clock::System();
  std::string tenant{store::kDefaultTenant};
  int64_t resend_delay_ms = kResendDelayMs;
  int64_t outage_tolerance_ms = kOutageToleranceMs;
  int64_t for_grace_period_ms = kForGracePeriodMs;
};

/// A group of a file. `file` and the group's name together are its key.
struct GroupSpec {
  std::string file;
  conf::RuleGroup group;
};

/// What the global configuration adds to every group.
struct GroupDefaults {
  int64_t interval_ms = 60'000;
  int64_t query_offset_ms = 0;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
};

/// Owns: its rules and the series they wrote last. Threads: Evaluate, Restore, CopyState and
/// WriteStale one at a time; Status at any time. Errors: those of a rule are its health; nothing
/// else stops. Cost: the queries, one after the other, on the caller's thread.
class Group {
 public:
  static base::Result<std::unique_ptr<Group>> Make(const GroupSpec& spec,
                                                   const GroupDefaults& defaults, bool restore,
                                                   const Environment& environment);

  /// One iteration; rules see `time_ms` (less the query offset).
  void Evaluate(int64_t time_ms);
  /// Takes up since when alerts are active from ALERTS_FOR_STATE (restore.cc).
  void Restore(int64_t now_ms);
  /// Alerts and series of rules that stayed; series of the others will go stale.
  void CopyState(const Group& from);
  /// The group is gone: stale markers for all it wrote, at `time_ms`.
  void WriteStale(int64_t time_ms);
  void CountMissed(uint64_t missed);

  /// The last moment at or before `now_ms` that is this group's turn: groups are spread over the
  /// interval by a hash of what they are called.
  int64_t SlotBefore(int64_t now_ms) const;
  bool Equals(const Group& other) const;

  const std::string& file() const { return file_; }
  const std::string& name() const { return name_; }
  int64_t interval_ms() const { return interval_ms_; }
  GroupStatus Status() const;

 private:
  using WrittenSeries = std::unordered_map<model::Labels, store::SeriesHandle, model::LabelsHasher>;

  Group(const GroupSpec& spec, const GroupDefaults& defaults, const Environment& environment);
  void EvaluateRule(size_t index, const Moment& moment);
  void SendAlerts(Rule& rule, int64_t time_ms);
  void Write(size_t index, const Vector& vector, int64_t time_ms);
  void WriteStaleSeries(int64_t time_ms);
  void RestoreRule(AlertingRule& rule, int64_t now_ms);
  void Fail(Rule& rule, const std::string& error);

  const Environment& environment_;
  const std::string file_, name_;
  const QueryFunc query_;
  const int64_t interval_ms_, limit_, query_offset_ms_;
  std::string setting_;  ///< what of the global configuration is in the rules
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<WrittenSeries> previous_;  ///< one a rule
  std::vector<model::Labels> stale_;     ///< of rules that are gone
  mutable std::mutex status_mutex_;
  GroupStatus status_;  // status_mutex_; without rules
};

}  // namespace pharos::rules
