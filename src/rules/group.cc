#include "rules/group.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "rules/sample_writer.h"

namespace pharos::rules {

using base::Result;

Group::Group(const GroupSpec& spec, const GroupDefaults& defaults, const Environment& environment)
    : environment_(environment),
      file_(spec.file),
      name_(spec.group.name),
      query_(environment.group_query ? environment.group_query(file_, name_) : environment.query),
      interval_ms_(std::max<int64_t>(
          1, spec.group.interval_ms > 0 ? spec.group.interval_ms : defaults.interval_ms)),
      limit_(spec.group.limit),
      query_offset_ms_(spec.group.query_offset_ms.value_or(defaults.query_offset_ms)) {
  setting_ = defaults.external_url;
  for (const auto& [name, value] : defaults.external_labels)
    setting_.append("\n").append(name).append("=").append(value);
  status_.file = file_;
  status_.name = name_;
  status_.interval_ms = interval_ms_;
  status_.limit = limit_;
}

Result<std::unique_ptr<Group>> Group::Make(const GroupSpec& spec, const GroupDefaults& defaults,
                                           bool restore, const Environment& environment) {
  std::unique_ptr<Group> group(new Group(spec, defaults, environment));
  const RuleSetting setting{.group_labels = spec.group.labels,
                            .external_labels = defaults.external_labels,
                            .external_url = defaults.external_url,
                            .restored = !restore};
  for (const conf::Rule& rule : spec.group.rules) {
    auto made = MakeRule(rule, setting);
    if (!made) return base::Wrap(std::move(made).error(), spec.file + ": group " + spec.group.name);
    group->rules_.push_back(*std::move(made));
  }
  group->previous_.resize(group->rules_.size());
  return group;
}

int64_t Group::SlotBefore(int64_t now_ms) const {
  const uint64_t hash = base::HashBytes64(file_ + ";" + name_);
  const auto offset = static_cast<int64_t>(hash % static_cast<uint64_t>(interval_ms_));
  const int64_t shifted = now_ms - offset;
  int64_t rest = shifted % interval_ms_;
  if (rest < 0) rest += interval_ms_;
  return shifted - rest + offset;
}

bool Group::Equals(const Group& other) const {
  return file_ == other.file_ && name_ == other.name_ && interval_ms_ == other.interval_ms_ &&
         limit_ == other.limit_ && query_offset_ms_ == other.query_offset_ms_ &&
         setting_ == other.setting_ &&
         std::ranges::equal(rules_, other.rules_, [](const auto& a, const auto& b) {
           return a->Definition() == b->Definition();
         });
}

void Group::Fail(Rule& rule, const std::string& error) {
  {
    std::lock_guard lock(status_mutex_);
    ++status_.failures;
  }
  if (rule.log()->Bad(error)) {
    base::Log(base::LogLevel::kWarn, "evaluating a rule failed",
              {{"file", file_}, {"group", name_}, {"rule", rule.name()}, {"error", error}});
  }
}

void Group::Evaluate(int64_t time_ms) {
  const int64_t began_ms = environment_.clock->NowMs();
  const int64_t began_ns = environment_.clock->MonotonicNs();
  {
    std::lock_guard lock(status_mutex_);
    ++status_.iterations;
    status_.last_samples = 0;
  }
  const Moment moment{
      .time_ms = time_ms, .query_offset_ms = query_offset_ms_, .limit = limit_, .query = &query_};
  for (size_t i = 0; i < rules_.size(); ++i) EvaluateRule(i, moment);
  WriteStaleSeries(time_ms - query_offset_ms_);
  std::lock_guard lock(status_mutex_);
  status_.evaluated_at_ms = began_ms;
  status_.duration_seconds =
      static_cast<double>(environment_.clock->MonotonicNs() - began_ns) / 1e9;
}

void Group::EvaluateRule(size_t index, const Moment& moment) {
  Rule& rule = *rules_[index];
  const int64_t began_ms = environment_.clock->NowMs();
  const int64_t began_ns = environment_.clock->MonotonicNs();
  const auto vector = rule.Evaluate(moment);
  {
    std::lock_guard lock(status_mutex_);
    ++status_.evaluations;
    if (vector) status_.last_samples += vector->size();
  }
  if (vector) {
    rule.log()->Good();
    SendAlerts(rule, moment.time_ms);
    Write(index, *vector, moment.query_time_ms());
  } else if (vector.error().kind != base::ErrorKind::kCancelled) {
    Fail(rule, vector.error().message);
  }
  rule.log()->Evaluated(began_ms,
                        static_cast<double>(environment_.clock->MonotonicNs() - began_ns) / 1e9);
}

void Group::SendAlerts(Rule& rule, int64_t time_ms) {
  if (!rule.alerting()) return;
  auto& alerting = static_cast<AlertingRule&>(rule);
  const auto due = alerting.TakeDue(time_ms, environment_.resend_delay_ms, interval_ms_);
  if (due.empty()) return;
  bool busy = false;
  for (store::AlertSink* sink : environment_.alerts) {
    const auto sent = sink->Send(environment_.tenant, due);
    if (sent) continue;
    busy = busy || sent.error().kind == base::ErrorKind::kBusy;
    base::Log(base::LogLevel::kWarn, "alerts were not taken",
              {{"alert", rule.name()}, {"error", sent.error().message}});
  }
  if (busy) alerting.Unsend(time_ms);  // with the next evaluation, not after the resend delay
}

void Group::Write(size_t index, const Vector& vector, int64_t time_ms) {
  Rule& rule = *rules_[index];
  SampleWriter writer(*environment_.sink, environment_.tenant, time_ms);
  WrittenSeries written;
  std::string error;
  for (const VectorSample& sample : vector) {
    const auto known = previous_[index].find(sample.labels);
    const auto series = writer.Add(
        sample, known != previous_[index].end() ? std::optional(known->second) : std::nullopt);
    if (series) {
      written.emplace(sample.labels, *series);
    } else {
      error = series.error().message;
    }
  }
  for (const size_t refused : writer.Flush(&error)) written.erase(vector[refused].labels);
  for (const auto& [labels, series] : previous_[index]) {
    if (!written.contains(labels)) writer.AddStale(labels, series);
  }
  if (!error.empty()) Fail(rule, error);
  previous_[index] = std::move(written);
  writer.Commit([log = rule.log()](const std::string& failure) { log->Bad(failure); });
}

void Group::WriteStaleSeries(int64_t time_ms) {
  if (stale_.empty()) return;
  SampleWriter writer(*environment_.sink, environment_.tenant, time_ms);
  for (const model::Labels& labels : stale_) writer.AddStale(labels, std::nullopt);
  writer.Commit([](const std::string&) {});
  stale_.clear();
}

void Group::WriteStale(int64_t time_ms) {
  for (WrittenSeries& rule : previous_) {
    for (const auto& [labels, series] : rule) stale_.push_back(labels);
    rule.clear();
  }
  WriteStaleSeries(time_ms - query_offset_ms_);
}

void Group::CopyState(const Group& from) {
  // Rules of equal name and labels are matched in order: the first with the first.
  std::map<std::string, std::vector<size_t>> left;
  for (size_t i = from.rules_.size(); i-- > 0;) left[from.rules_[i]->Identity()].push_back(i);
  for (size_t i = 0; i < rules_.size(); ++i) {
    auto& candidates = left[rules_[i]->Identity()];
    if (candidates.empty()) continue;
    const size_t old = candidates.back();
    candidates.pop_back();
    previous_[i] = from.previous_[old];
    if (rules_[i]->alerting() && from.rules_[old]->alerting()) {
      static_cast<AlertingRule&>(*rules_[i])
          .CopyAlerts(static_cast<const AlertingRule&>(*from.rules_[old]));
    }
  }
  stale_ = from.stale_;
  for (const auto& [identity, unmatched] : left) {
    for (const size_t old : unmatched) {
      for (const auto& [labels, series] : from.previous_[old]) stale_.push_back(labels);
    }
  }
  const GroupStatus before = from.Status();
  std::lock_guard lock(status_mutex_);
  status_.evaluated_at_ms = before.evaluated_at_ms;
  status_.duration_seconds = before.duration_seconds;
}

void Group::CountMissed(uint64_t missed) {
  std::lock_guard lock(status_mutex_);
  status_.iterations += missed;
  status_.missed += missed;
}

GroupStatus Group::Status() const {
  GroupStatus status;
  {
    std::lock_guard lock(status_mutex_);
    status = status_;
  }
  for (const auto& rule : rules_) {
    RuleStatus one{.alerting = rule->alerting(),
                   .name = rule->name(),
                   .expression = rule->expression(),
                   .labels = rule->labels(),
                   .record = rule->log()->Get()};
    if (rule->alerting()) {
      const auto& alerting = static_cast<const AlertingRule&>(*rule);
      one.for_ms = alerting.for_ms();
      one.keep_firing_for_ms = alerting.keep_firing_for_ms();
      one.annotations = alerting.annotations();
      one.state = alerting.State();
      one.alerts = alerting.Active();
    }
    status.rules.push_back(std::move(one));
  }
  return status;
}

}  // namespace pharos::rules
