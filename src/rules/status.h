// What is known of groups, rules and alerts at one moment: for the API and the pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/labels.h"
#include "rules/alerting_rule.h"
#include "rules/rule.h"

namespace pharos::rules {

struct RuleStatus {
  bool alerting = false;
  std::string name, expression;
  model::Labels labels;
  RuleRecord record;
  // Of alerting rules:
  int64_t for_ms = 0, keep_firing_for_ms = 0;
  model::Labels annotations;
  AlertState state = AlertState::kUnknown;
  std::vector<ActiveAlert> alerts;  ///< pending and firing, by labels
};

struct GroupStatus {
  std::string file, name;
  int64_t interval_ms = 0;
  int64_t limit = 0;
  std::optional<int64_t> evaluated_at_ms;  ///< wall time at which the last evaluation began
  double duration_seconds = 0;
  uint64_t iterations = 0;  ///< scheduled, the missed ones included
  uint64_t missed = 0;
  uint64_t evaluations = 0;  ///< of rules
  uint64_t failures = 0;
  uint64_t last_samples = 0;
  std::vector<RuleStatus> rules;  ///< in the order of the file
};

}  // namespace pharos::rules
