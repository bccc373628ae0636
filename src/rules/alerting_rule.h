// An alerting rule: label sets of its expression's answer become alerts that are pending, then
// fire, then are resolved.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "model/alert.h"
#include "rules/alert_template.h"
#include "rules/rule.h"

namespace pharos::rules {

enum class AlertState : uint8_t { kUnknown, kInactive, kPending, kFiring };
/// "unknown", "inactive", "pending", "firing".
std::string_view StateName(AlertState state);

/// One instance of an alert. Times in milliseconds since 1970.
struct ActiveAlert {
  AlertState state = AlertState::kPending;
  model::Labels labels, annotations;
  double value = 0;  ///< of the expression, at the last evaluation that had one
  int64_t active_at_ms = 0;
  int64_t fired_at_ms = 0;
  std::optional<int64_t> resolved_at_ms;
  std::optional<int64_t> last_sent_ms;
  int64_t valid_until_ms = 0;
  std::optional<int64_t> keep_firing_since_ms;
};

/// Owns: its alerts and their texts. Threads: as Rule; alerts are looked at under a lock. Errors:
/// as Rule; a template's fault is written into the label or annotation. Cost: a query, and a
/// template run a text and sample.
class AlertingRule final : public Rule {
 public:
  AlertingRule(const conf::Rule& rule, std::string expression, model::Labels labels,
               const RuleSetting& setting);

  /// ALERTS and ALERTS_FOR_STATE; nothing until restored.
  base::Result<Vector> Evaluate(const Moment& moment) override;
  bool alerting() const override { return true; }
  std::string Definition() const override;

  /// Alerts that are to be sent now: not for resend_delay, or resolved since. They count as sent.
  std::vector<model::Alert> TakeDue(int64_t time_ms, int64_t resend_delay_ms, int64_t interval_ms);
  /// Nobody took what TakeDue gave out at `time_ms`: it is due again.
  void Unsend(int64_t time_ms);

  /// The highest state of its alerts; unknown before the first evaluation.
  AlertState State() const;
  /// Pending and firing ones, by labels.
  std::vector<ActiveAlert> Active() const;
  /// Takes over the alerts of its predecessor.
  void CopyAlerts(const AlertingRule& from);
  /// Calls back for every alert, the resolved ones included.
  void ForEach(const std::function<void(ActiveAlert&)>& visit);
  void SetRestored() { restored_ = true; }

  int64_t for_ms() const { return for_ms_; }
  int64_t keep_firing_for_ms() const { return keep_firing_for_ms_; }
  /// As the file has them, templates not expanded.
  const model::Labels& annotations() const { return annotations_; }

 private:
  using Alerts = std::map<model::Labels, ActiveAlert>;
  base::Result<Alerts> AlertsOf(const Vector& vector, int64_t time_ms) const;
  /// Moves `alert` on in its life. False: it is over (`erase`: for good) and not written.
  bool Advance(ActiveAlert& alert, bool present, int64_t time_ms, bool* erase) const;
  void AddSamples(const ActiveAlert& alert, Vector* out) const;

  const int64_t for_ms_, keep_firing_for_ms_;
  const model::Labels annotations_;
  AlertTexts texts_;
  std::vector<std::pair<std::string, AlertText>> label_texts_, annotation_texts_;
  const std::string generator_url_;
  std::atomic<bool> restored_;
  mutable std::mutex mutex_;
  Alerts active_;  // mutex_
};

}  // namespace pharos::rules
