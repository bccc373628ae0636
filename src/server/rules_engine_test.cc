// Rules on the real sample engine, with the disk simulated and hours compressed.
#include <gtest/gtest.h>

#include "conf/rule_file.h"
#include "rules/manager.h"
#include "rules/slo_status.h"
#include "samples/engine_harness.h"

namespace pharos::server {
namespace {

using rules::AlertState;

constexpr int64_t kMinute = 60'000;

struct Box final : store::AlertSink {
  base::Result<void> Send(std::string_view, std::span<const model::Alert> alerts) override {
    received.insert(received.end(), alerts.begin(), alerts.end());
    return {};
  }
  std::vector<model::Alert> received;
};

/// A process with engine and rules; the disk and the clock outlive it.
struct Program {
  Program() { EXPECT_TRUE(disk.Open()); }

  void Start(const std::string& rules, std::vector<conf::SloConfig> slos = {}) {
    rules::Environment environment;
    environment.query = rules::EngineQuery({.source = &disk.engine(), .clock = &disk.clock()});
    environment.source = &disk.engine();
    environment.sink = &disk.engine();
    environment.alerts = {&box};
    environment.clock = &disk.clock();
    book = std::make_unique<rules::SloBook>(environment.query, &disk.engine(), &disk.clock());
    manager = std::make_unique<rules::Manager>(environment);
    rules::RuleSet set;
    set.defaults.interval_ms = kMinute;
    const auto groups = conf::ParseRuleFile(rules, "r.yml", rules::CheckExpression);
    ASSERT_TRUE(groups) << groups.error().message;
    for (const conf::RuleGroup& group : *groups) set.groups.push_back({"r.yml", group});
    for (const conf::SloConfig& slo : slos)
      set.groups.push_back({std::string(rules::kSloFile), rules::SloGroup(slo)});
    book->Set(std::move(slos));
    ASSERT_TRUE(manager->Apply(set));
  }
  /// The process dies; nothing is flushed or said goodbye to.
  void Kill() {
    manager.reset();
    book.reset();
    disk.Close();
    ASSERT_TRUE(disk.Open());
  }
  void Put(const model::Labels& labels, double value) {
    samples::Put(disk.engine(), labels, disk.clock().NowMs(), value);
  }
  void Pass(int64_t minutes, const std::function<void()>& scrape) {
    for (; minutes > 0; --minutes) {
      disk.clock().Advance(std::chrono::minutes(1));
      scrape();
      manager->Tick(disk.clock().NowMs());
    }
  }
  size_t Ask(const std::string& expression) {
    const auto query = rules::EngineQuery({.source = &disk.engine(), .clock = &disk.clock()});
    const auto answer = query(expression, disk.clock().NowMs());
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->size() : 0;
  }
  rules::RuleStatus Rule(size_t i = 0) { return manager->Status().at(0).rules.at(i); }

  samples::Harness disk;
  Box box;
  std::unique_ptr<rules::SloBook> book;
  std::unique_ptr<rules::Manager> manager;
};

const std::string kRules =
    "groups:\n- name: g\n  rules:\n  - {record: twice, expr: x * 2}\n"
    "  - {alert: High, expr: twice > 1, for: 30m}\n";

TEST(RulesOnTheEngine, PendingSurvivesAKill) {
  Program program;
  program.Start(kRules);
  const auto scrape = [&] { program.Put(model::Labels{{"__name__", "x"}}, 1); };
  program.Pass(25, scrape);
  EXPECT_EQ(program.Rule(1).state, AlertState::kPending);
  EXPECT_EQ(program.Ask("ALERTS{alertstate=\"pending\"}"), 1u);
  program.Kill();
  program.Start(kRules);
  // Some ten minutes were left: without the state from before it would take 30.
  program.Pass(16, scrape);
  EXPECT_EQ(program.Rule(1).state, AlertState::kFiring);
  EXPECT_EQ(program.Ask("ALERTS"), 1u) << "the pending series has ended";
  EXPECT_EQ(program.Ask("ALERTS{alertstate=\"firing\"}"), 1u);
  ASSERT_FALSE(program.box.received.empty());
  EXPECT_EQ(program.box.received[0].labels.Get("alertname"), "High");
}

TEST(RulesOnTheEngine, WhatVanishesGoesStaleAndComesBack) {
  Program program;
  program.Start("groups:\n- {name: g, rules: [{record: r, expr: x > 0}]}\n");
  double x = 1;
  const auto scrape = [&] { program.Put(model::Labels{{"__name__", "x"}}, x); };
  program.Pass(3, scrape);
  EXPECT_EQ(program.Ask("r"), 1u);
  // The group's slot lies between two scrapes, so it sees the one before.
  x = 0;
  program.Pass(2, scrape);
  EXPECT_EQ(program.Ask("r"), 0u);
  x = 1;
  program.Pass(2, scrape);
  EXPECT_EQ(program.Ask("r"), 1u);
  EXPECT_EQ(rules::HealthName(program.Rule().record.health), "ok");
}

TEST(RulesOnTheEngine, ABudgetSurvivesAKillAndAFlush) {
  const conf::SloConfig slo{
      .name = "shop", .service = "shop", .objective = 0.99, .latency_seconds = 0.3};
  Program program;
  program.Start("groups: []\n", {slo});
  double good = 0, all = 0, fast_share = 1;
  const auto scrape = [&] {
    good += 100 * fast_share;
    all += 100;
    const auto put = [&](const char* name, const char* le, double value) {
      program.Put(
          model::Labels{{"__name__", name}, {"service", "shop"}, {"status", "200"}, {"le", le}},
          value);
    };
    put("http_request_duration_seconds_bucket", "0.3", good);
    put("http_request_duration_seconds_bucket", "+Inf", all);
    put("http_request_duration_seconds_count", "", all);
  };
  program.Pass(60, scrape);
  fast_share = 0.5;
  program.Pass(60, scrape);
  const auto status = [&] { return program.book->Status(program.manager->Status()).at(0); };
  EXPECT_EQ(status().error, "");
  const double before = *status().budget_remaining;
  EXPECT_NEAR(before, 1 - 25, 1.5) << "half of half of the requests are bad";
  EXPECT_EQ(status().alerts[0].state, AlertState::kFiring);
  ASSERT_TRUE(program.disk.engine().Flush());
  program.Kill();
  program.Start("groups: []\n", {slo});
  fast_share = 1;
  program.Pass(2, scrape);
  EXPECT_NEAR(*status().budget_remaining, before, 1.5);
  conf::SloConfig other = slo;
  other.latency_seconds = 0.25;
  program.book->Set({other});
  EXPECT_NE(status().error.find("has no bucket at the latency (le=\"0.25\"); there are 0.3, +Inf"),
            std::string::npos)
      << status().error;
}

}  // namespace
}  // namespace pharos::server
