// A clock, a store, a receiver of alerts and the rules between them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conf/rule_file.h"
#include "rules/manager.h"
#include "rules/memory_store.h"
#include "text/go_float.h"

namespace pharos::rules {

/// Keeps what it is sent.
class AlertBox final : public store::AlertSink {
 public:
  base::Result<void> Send(std::string_view, std::span<const model::Alert> alerts) override {
    if (busy) return base::Fail(base::ErrorKind::kBusy, "try again");
    received.insert(received.end(), alerts.begin(), alerts.end());
    return {};
  }
  std::vector<model::Alert> Take() { return std::exchange(received, {}); }
  std::vector<model::Alert> received;
  bool busy = false;
};

inline constexpr int64_t kStartMs = 1'700'000'000'000;
inline constexpr int64_t kMinute = 60'000;

struct World {
  World() { Restart(); }

  /// A new process on the same store.
  void Restart() {
    manager.reset();
    Environment environment;
    environment.query = EngineQuery({.source = &store.source(), .clock = &clock});
    environment.source = &store.source();
    environment.sink = &store;
    environment.alerts = {&box};
    environment.clock = &clock;
    manager = std::make_unique<Manager>(std::move(environment));
  }
  /// Rules as a rule file has them.
  base::Result<void> Load(const std::string& text, const GroupDefaults& defaults = Defaults()) {
    PHAROS_TRY(const auto groups,
               conf::ParseRuleFile(text, "r.yml", CheckExpression, nullptr, CheckTemplate));
    RuleSet set;
    set.defaults = defaults;
    for (const conf::RuleGroup& group : groups) set.groups.push_back({"r.yml", group});
    return manager->Apply(set);
  }
  static GroupDefaults Defaults() {
    GroupDefaults defaults;
    defaults.interval_ms = kMinute;
    defaults.external_url = "http://pharos:3000";
    return defaults;
  }
  int64_t now() const { return clock.NowMs(); }
  void Put(const std::string& name, double value) { Put(model::Labels{{"__name__", name}}, value); }
  void Put(const model::Labels& labels, double value) { store.Add(labels, now(), value); }
  /// Moves time on, second by second of which `every` are looked at.
  void Pass(int64_t ms, int64_t every = 1000) {
    for (int64_t left = ms; left > 0; left -= every) {
      clock.Advance(std::chrono::milliseconds(every));
      manager->Tick(now());
    }
  }
  /// `a=1 b=2`: an instant query's answer, sorted.
  std::string Ask(const std::string& expression, int64_t at_ms = 0) {
    const auto query = EngineQuery({.source = &store.source(), .clock = &clock});
    const auto answer = query(expression, at_ms != 0 ? at_ms : now());
    if (!answer) return answer.error().message;
    std::vector<std::string> lines;
    for (const VectorSample& sample : *answer)
      lines.push_back(model::ToString(sample.labels) + "=" + text::GoFloat(sample.value));
    std::sort(lines.begin(), lines.end());
    std::string out;
    for (const std::string& line : lines) out += (out.empty() ? "" : " ") + line;
    return out;
  }
  GroupStatus Group(size_t i = 0) const { return manager->Status().at(i); }
  RuleStatus Rule(size_t i = 0) const { return Group().rules.at(i); }
  std::string State(size_t rule = 0) const { return std::string(StateName(Rule(rule).state)); }

  base::FakeClock clock{kStartMs * 1'000'000};
  MemoryStore store;
  AlertBox box;
  std::unique_ptr<Manager> manager;
};

}  // namespace pharos::rules
