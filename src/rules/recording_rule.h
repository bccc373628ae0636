// A recording rule: the answer of its expression under a new name.
#pragma once

#include <string>

#include "rules/rule.h"

namespace pharos::rules {

/// Threads, Errors: as Rule. Cost: one query; a label set a sample.
class RecordingRule final : public Rule {
 public:
  RecordingRule(std::string name, std::string expression, model::Labels labels)
      : Rule(std::move(name), std::move(expression), std::move(labels)) {}
  base::Result<Vector> Evaluate(const Moment& moment) override;
  bool alerting() const override { return false; }
};

}  // namespace pharos::rules
