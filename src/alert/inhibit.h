// Inhibition: an alert that fires keeps others quiet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "alert/alert_record.h"
#include "conf/alertmanager_config.h"

namespace pharos::alert {

/// Owns: its index of source alerts. Threads: one at a time. Errors: none. Cost: Mutes looks
/// up one bucket a rule whose target matches.
class Inhibitor {
 public:
  explicit Inhibitor(const std::vector<conf::InhibitRule>& rules);

  /// Every alert that comes in or changes.
  void Update(const AlertPtr& alert);
  /// The fingerprint of an alert that fires at `now_ns` and keeps this one quiet. One that is
  /// both source and target of a rule is not held by others of that kind.
  std::optional<uint64_t> MutedBy(const model::Labels& target, int64_t now_ns) const;
  void Gc(int64_t now_ns);

 private:
  struct Rule {
    conf::AlertMatchers source;
    conf::AlertMatchers target;
    std::vector<std::string> equal;
    /// By the values of the equal labels; then by fingerprint.
    std::map<std::string, std::map<uint64_t, AlertPtr>> sources;
    std::string EqualKey(const model::Labels& labels) const;
  };
  std::vector<Rule> rules_;
};

}  // namespace pharos::alert
