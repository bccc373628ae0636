// What recording and alerting rules share: name, expression, labels, and how the last evaluation
// went.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "conf/rule_file.h"
#include "model/labels.h"
#include "rules/query.h"

namespace pharos::rules {

enum class Health : uint8_t { kUnknown, kGood, kBad };
/// "unknown", "ok", "err": as the API says it.
std::string_view HealthName(Health health);

/// How the last evaluation went.
struct RuleRecord {
  Health health = Health::kUnknown;
  std::string last_error;
  double duration_seconds = 0;
  std::optional<int64_t> evaluated_at_ms;  ///< wall time at which it began
};

/// Owns: a RuleRecord. Threads: any (a commit that fails tells so from the log's thread).
class RuleLog {
 public:
  RuleRecord Get() const {
    std::lock_guard lock(mutex_);
    return record_;
  }
  void Evaluated(int64_t at_ms, double seconds) {
    std::lock_guard lock(mutex_);
    record_.evaluated_at_ms = at_ms;
    record_.duration_seconds = seconds;
  }
  void Good() {
    std::lock_guard lock(mutex_);
    record_.health = Health::kGood;
    record_.last_error.clear();
  }
  /// False when this error was there before.
  bool Bad(const std::string& error) {
    std::lock_guard lock(mutex_);
    record_.health = Health::kBad;
    return std::exchange(record_.last_error, error) != error;
  }

 private:
  mutable std::mutex mutex_;
  RuleRecord record_;  // mutex_
};

/// One evaluation's circumstances.
struct Moment {
  int64_t time_ms = 0;
  int64_t query_offset_ms = 0;
  int64_t limit = 0;  ///< 0: none
  const QueryFunc* query = nullptr;

  int64_t query_time_ms() const { return time_ms - query_offset_ms; }
};

/// Threads: Evaluate one at a time; the rest from any thread. Errors: Evaluate says what the query
/// said, or that the answer cannot be written.
class Rule {
 public:
  virtual ~Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;

  /// The samples to be written at the moment's query time.
  virtual base::Result<Vector> Evaluate(const Moment& moment) = 0;
  virtual bool alerting() const = 0;
  /// Two rules of equal text need not be told apart (Prometheus compares them as YAML).
  virtual std::string Definition() const;

  const std::string& name() const { return name_; }
  /// As PromQL prints it.
  const std::string& expression() const { return expression_; }
  /// The group's and the rule's.
  const model::Labels& labels() const { return labels_; }
  /// By name and labels a rule takes over the state of its predecessor.
  std::string Identity() const { return name_ + model::ToString(labels_); }
  const std::shared_ptr<RuleLog>& log() const { return log_; }

 protected:
  Rule(std::string name, std::string expression, model::Labels labels)
      : name_(std::move(name)), expression_(std::move(expression)), labels_(std::move(labels)) {}

 private:
  const std::string name_, expression_;
  const model::Labels labels_;
  const std::shared_ptr<RuleLog> log_ = std::make_shared<RuleLog>();
};

/// What a rule needs besides its own text.
struct RuleSetting {
  std::map<std::string, std::string> group_labels;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  bool restored = true;  ///< false: `for` state will be taken up from the store first
};

/// kBadInput when the expression does not parse.
base::Result<std::unique_ptr<Rule>> MakeRule(const conf::Rule& rule, const RuleSetting& setting);

/// "" or what is wrong: for ParseRuleFile.
std::string CheckExpression(std::string_view expression);
std::string CheckTemplate(std::string_view alert, const std::string& text);

}  // namespace pharos::rules
