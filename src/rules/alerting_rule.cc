#include "rules/alerting_rule.h"

#include <algorithm>
#include <utility>

#include "rules/limits.h"
#include "text/url.h"

namespace pharos::rules {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

model::Labels LabelsOf(const std::map<std::string, std::string>& map) {
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : map) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

}  // namespace

std::string_view StateName(AlertState state) {
  constexpr std::string_view kNames[] = {"unknown", "inactive", "pending", "firing"};
  return kNames[static_cast<size_t>(state)];
}

AlertingRule::AlertingRule(const conf::Rule& rule, std::string expression, model::Labels labels,
                           const RuleSetting& setting)
    : Rule(rule.alert, std::move(expression), std::move(labels)),
      for_ms_(rule.for_ms),
      keep_firing_for_ms_(rule.keep_firing_for_ms),
      annotations_(LabelsOf(rule.annotations)),
      texts_(rule.alert, setting.external_labels, setting.external_url),
      generator_url_(setting.external_url +
                     "/graph?g0.expr=" + text::QueryEscape(this->expression()) + "&g0.tab=1"),
      restored_(setting.restored) {
  for (const model::LabelView label : this->labels())
    label_texts_.emplace_back(label.name, texts_.Compile(std::string(label.value)));
  for (const model::LabelView label : annotations_)
    annotation_texts_.emplace_back(label.name, texts_.Compile(std::string(label.value)));
}

std::string AlertingRule::Definition() const {
  return "alert " + Rule::Definition() + std::to_string(for_ms_) + "\n" +
         std::to_string(keep_firing_for_ms_) + "\n" + annotations_.bytes();
}

Result<AlertingRule::Alerts> AlertingRule::AlertsOf(const Vector& vector, int64_t time_ms) const {
  Alerts alerts;
  for (const VectorSample& sample : vector) {
    const tmpl::Value dot = texts_.DotOf(sample);
    std::vector<std::string> written;  // what the builders below look at
    written.reserve(label_texts_.size() + annotation_texts_.size());
    model::LabelsBuilder builder(sample.labels);
    builder.Delete(model::kMetricName);
    for (const auto& [name, text] : label_texts_)
      builder.Set(name, written.emplace_back(texts_.Expand(text, dot)));
    builder.Set("alertname", name());
    std::vector<model::LabelView> annotations;
    for (const auto& [name, text] : annotation_texts_)
      annotations.push_back({name, written.emplace_back(texts_.Expand(text, dot))});

    ActiveAlert alert{.labels = builder.Build(),
                      .annotations = model::Labels::FromPairs(std::move(annotations)),
                      .value = sample.value,
                      .active_at_ms = time_ms};
    model::Labels key = alert.labels;
    if (!alerts.emplace(std::move(key), std::move(alert)).second) {
      return Fail(ErrorKind::kUnprocessable,
                  "vector contains metrics with the same labelset after applying alert labels");
    }
  }
  return alerts;
}

bool AlertingRule::Advance(ActiveAlert& alert, bool present, int64_t time_ms, bool* erase) const {
  if (present) {
    alert.keep_firing_since_ms.reset();
  } else {
    bool keep = false;
    if (alert.state == AlertState::kFiring && keep_firing_for_ms_ > 0) {
      if (!alert.keep_firing_since_ms) alert.keep_firing_since_ms = time_ms;
      keep = time_ms - *alert.keep_firing_since_ms < keep_firing_for_ms_;
    }
    *erase = alert.state == AlertState::kPending ||
             (alert.resolved_at_ms && time_ms - *alert.resolved_at_ms > kResolvedRetentionMs);
    if (alert.state != AlertState::kInactive && !keep) {
      alert.state = AlertState::kInactive;
      alert.resolved_at_ms = time_ms;
    }
    if (!keep) return false;
  }
  const bool long_enough = time_ms - alert.active_at_ms >= for_ms_;
  if (alert.state == AlertState::kPending && long_enough) {
    alert.state = AlertState::kFiring;
    alert.fired_at_ms = time_ms;
  } else if (alert.state == AlertState::kFiring && !long_enough) {  // a reload made `for` longer
    alert.state = AlertState::kPending;
    alert.fired_at_ms = 0;
    alert.last_sent_ms.reset();
    alert.keep_firing_since_ms.reset();
  }
  return true;
}

void AlertingRule::AddSamples(const ActiveAlert& alert, Vector* out) const {
  model::LabelsBuilder builder(labels());
  for (const model::LabelView label : alert.labels) builder.Set(label.name, label.value);
  builder.Set("alertname", name());
  builder.Set(model::kMetricName, "ALERTS_FOR_STATE");
  const model::Labels for_state = builder.Build();
  builder.Set(model::kMetricName, "ALERTS");
  builder.Set("alertstate", StateName(alert.state));
  out->push_back({.labels = builder.Build(), .value = 1});
  // Whole seconds, rounded down as Go's Unix() does.
  const int64_t rest = alert.active_at_ms % 1000;
  const int64_t seconds = (alert.active_at_ms - rest) / 1000 - (rest < 0 ? 1 : 0);
  out->push_back({.labels = for_state, .value = static_cast<double>(seconds)});
}

Result<Vector> AlertingRule::Evaluate(const Moment& moment) {
  PHAROS_TRY(const Vector vector, (*moment.query)(expression(), moment.query_time_ms()));
  texts_.SetMoment(moment.query, moment.time_ms);
  PHAROS_TRY(Alerts alerts, AlertsOf(vector, moment.time_ms));

  Vector out;
  std::lock_guard lock(mutex_);
  for (auto& [labels, alert] : alerts) {
    const auto known = active_.find(labels);
    if (known != active_.end() && known->second.state != AlertState::kInactive) {
      known->second.value = alert.value;
      known->second.annotations = alert.annotations;
    } else {
      active_.insert_or_assign(labels, alert);
    }
  }
  size_t alive = 0;
  for (auto at = active_.begin(); at != active_.end();) {
    bool erase = false;
    if (Advance(at->second, alerts.contains(at->first), moment.time_ms, &erase)) {
      ++alive;
      if (restored_) AddSamples(at->second, &out);
    }
    at = erase ? active_.erase(at) : std::next(at);
  }
  if (moment.limit > 0 && alive > static_cast<size_t>(moment.limit)) {
    active_.clear();
    return Fail(ErrorKind::kLimit, "exceeded limit of " + std::to_string(moment.limit) + " with " +
                                       std::to_string(alive) + " alerts");
  }
  return out;
}

std::vector<model::Alert> AlertingRule::TakeDue(int64_t time_ms, int64_t resend_delay_ms,
                                                int64_t interval_ms) {
  std::vector<model::Alert> due;
  std::lock_guard lock(mutex_);
  for (auto& [labels, alert] : active_) {
    if (alert.state == AlertState::kPending) continue;
    const bool resolved_since =
        alert.resolved_at_ms &&
        (!alert.last_sent_ms || *alert.resolved_at_ms > *alert.last_sent_ms);
    const bool again = !alert.last_sent_ms || *alert.last_sent_ms + resend_delay_ms < time_ms;
    if (!resolved_since && !again) continue;
    alert.last_sent_ms = time_ms;
    // Two evaluations, or two requests, may fail before the receiver holds it for resolved.
    alert.valid_until_ms = time_ms + 4 * std::max(interval_ms, resend_delay_ms);
    due.push_back({.labels = alert.labels,
                   .annotations = alert.annotations,
                   .starts_at_ms = alert.fired_at_ms,
                   .ends_at_ms = alert.resolved_at_ms.value_or(alert.valid_until_ms),
                   .generator_url = generator_url_});
  }
  return due;
}

void AlertingRule::Unsend(int64_t time_ms) {
  std::lock_guard lock(mutex_);
  for (auto& [labels, alert] : active_) {
    if (alert.last_sent_ms == time_ms) alert.last_sent_ms.reset();
  }
}

AlertState AlertingRule::State() const {
  if (!log()->Get().evaluated_at_ms) return AlertState::kUnknown;
  AlertState highest = AlertState::kInactive;
  std::lock_guard lock(mutex_);
  for (const auto& [labels, alert] : active_) highest = std::max(highest, alert.state);
  return highest;
}

std::vector<ActiveAlert> AlertingRule::Active() const {
  std::vector<ActiveAlert> out;
  std::lock_guard lock(mutex_);
  for (const auto& [labels, alert] : active_) {
    if (!alert.resolved_at_ms) out.push_back(alert);
  }
  return out;
}

void AlertingRule::CopyAlerts(const AlertingRule& from) {
  std::scoped_lock lock(mutex_, from.mutex_);
  for (const auto& [labels, alert] : from.active_) active_.insert_or_assign(labels, alert);
}

void AlertingRule::ForEach(const std::function<void(ActiveAlert&)>& visit) {
  std::lock_guard lock(mutex_);
  for (auto& [labels, alert] : active_) visit(alert);
}

}  // namespace pharos::rules
