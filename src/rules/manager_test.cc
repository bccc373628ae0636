#include "rules/manager.h"

#include "rules/world_test.h"

namespace pharos::rules {
namespace {

const std::string kRecording =
    "groups:\n- name: g\n  interval: 30s\n  labels: {team: a}\n  rules:\n"
    "  - {record: one, expr: x * 2, labels: {k: v}}\n"
    "  - {record: two, expr: one + 1}\n";

TEST(Manager, RulesOfAGroupSeeWhatThoseBeforeWrote) {
  World world;
  ASSERT_TRUE(world.Load(kRecording));
  world.Put("x", 5);
  world.Pass(kMinute);
  EXPECT_EQ(world.Ask("{__name__=~\"one|two\"}"),
            "one{k=\"v\", team=\"a\"}=10 two{k=\"v\", team=\"a\"}=11");
  EXPECT_EQ(world.Group().iterations, 2u);
  EXPECT_EQ(world.Group().evaluations, 4u);
  EXPECT_EQ(world.Group().last_samples, 2u);
}

TEST(Manager, GroupsHaveTheirSlot) {
  World world;
  ASSERT_TRUE(
      world.Load("groups:\n- {name: a, rules: [{record: r1, expr: time()}]}\n"
                 "- {name: b, rules: [{record: r2, expr: time()}]}\n"));
  world.Pass(3 * kMinute);
  const auto at = [&](const std::string& name) {
    return std::stod(world.Ask(name).substr(name.size() + 1));
  };
  EXPECT_NE(at("r1"), at("r2")) << "spread over the interval";
  const double before = at("r1");
  world.Restart();
  ASSERT_TRUE(world.Load("groups:\n- {name: a, rules: [{record: r1, expr: time()}]}\n"));
  world.Pass(2 * kMinute);
  EXPECT_EQ(std::fmod(at("r1") - before, 60), 0) << "the same slot after a restart";
}

TEST(Manager, MissedIterationsAreCountedAndTheLastSlotIsUsed) {
  World world;
  ASSERT_TRUE(world.Load("groups:\n- {name: a, rules: [{record: r, expr: time()}]}\n"));
  world.Pass(2 * kMinute);
  const uint64_t before = world.Group().iterations;
  world.Pass(10 * kMinute, 10 * kMinute);
  EXPECT_EQ(world.Group().iterations, before + 10);
  EXPECT_EQ(world.Group().missed, 9u);
}

TEST(Manager, VanishedSeriesGoStale) {
  World world;
  ASSERT_TRUE(world.Load("groups:\n- {name: a, rules: [{record: r, expr: x > 0}]}\n"));
  world.Put("x", 1);
  world.Pass(kMinute);
  EXPECT_EQ(world.Ask("r"), "r=1");
  world.Put("x", 0);
  world.Pass(kMinute);
  EXPECT_EQ(world.Ask("r"), "") << "at once, not after the lookback";
}

TEST(Manager, QueryOffsetLooksAndWritesBack) {
  World world;
  GroupDefaults defaults = World::Defaults();
  defaults.query_offset_ms = 30'000;
  ASSERT_TRUE(
      world.Load("groups:\n- {name: a, rules: [{record: r, expr: time()}]}\n"
                 "- {name: b, query_offset: 0s, rules: [{record: s, expr: time()}]}\n",
                 defaults));
  world.manager->EvaluateAt(world.now());
  EXPECT_EQ(world.Ask("r", world.now() - 30'000), "r=" + std::to_string(kStartMs / 1000 - 30));
  EXPECT_EQ(world.Ask("r", world.now() - 30'001), "");
  EXPECT_EQ(world.Ask("s"), "s=" + std::to_string(kStartMs / 1000)) << "a group may say none";
}

TEST(Manager, ErrorsAreTheRulesHealth) {
  World world;
  ASSERT_TRUE(
      world.Load("groups:\n- name: g\n  limit: 1\n  rules:\n"
                 "  - {record: r, expr: x, labels: {i: same}}\n"
                 "  - {record: s, expr: x}\n"
                 "  - {record: t, expr: 'x[5m]'}\n"
                 "  - {record: u, expr: 1}\n"));
  for (const char* i : {"1", "2"}) world.Put(model::Labels{{"__name__", "x"}, {"i", i}}, 1);
  world.manager->EvaluateAt(world.now());
  EXPECT_EQ(world.Rule(0).record.last_error,
            "vector contains metrics with the same labelset after applying rule labels");
  EXPECT_EQ(world.Rule(1).record.last_error, "exceeded limit of 1 with 2 series");
  EXPECT_EQ(world.Rule(2).record.last_error, "rule result is not a vector or scalar");
  EXPECT_EQ(HealthName(world.Rule(3).record.health), "ok");
  EXPECT_EQ(world.Group().failures, 3u);
  EXPECT_EQ(world.Ask("u"), "u=1");
}

TEST(Manager, RefusedSamplesAreTold) {
  World world;
  ASSERT_TRUE(world.Load("groups:\n- {name: g, rules: [{record: r, expr: x}]}\n"));
  world.Put("x", 1);
  world.Put("r", 7);
  world.manager->EvaluateAt(world.now());
  EXPECT_EQ(world.Rule().record.last_error, "duplicate sample for timestamp");
  EXPECT_EQ(HealthName(world.Rule().record.health), "err");
}

TEST(Manager, ABadSetChangesNothing) {
  World world;
  ASSERT_TRUE(world.Load(kRecording));
  RuleSet set;
  set.groups.push_back({"r.yml", {.name = "h", .rules = {{.record = "r", .expr = "sum("}}}});
  EXPECT_FALSE(world.manager->Apply(set));
  EXPECT_EQ(world.Group().name, "g");
}

TEST(Manager, ReloadKeepsStateAndEndsWhatIsGone) {
  World world;
  ASSERT_TRUE(
      world.Load("groups:\n- name: g\n  rules:\n  - {alert: A, expr: x > 0, for: 5m}\n"
                 "  - {record: old, expr: x}\n- {name: h, rules: [{record: rh, expr: x}]}\n"));
  for (int i = 0; i < 4; ++i) {
    world.Put("x", 1);
    world.Pass(kMinute);
  }
  const int64_t since = world.Rule().alerts.at(0).active_at_ms;
  EXPECT_EQ(world.Ask("old") + world.Ask("rh"), "old=1rh=1");
  // The group changes, the alert stays; a rule and a group go.
  ASSERT_TRUE(
      world.Load("groups:\n- name: g\n  rules:\n  - {record: fresh, expr: x}\n"
                 "  - {alert: A, expr: x > 0, for: 5m, annotations: {a: b}}\n"));
  world.Put("x", 1);
  world.Pass(kMinute);
  EXPECT_EQ(world.Rule(1).alerts.at(0).active_at_ms, since);
  EXPECT_EQ(world.Ask("old"), "") << "stale with the next evaluation";
  EXPECT_EQ(world.Ask("rh"), "rh=1") << "a renamed group may take it over";
  world.Pass(2 * kMinute);
  EXPECT_EQ(world.Ask("rh"), "");
  EXPECT_EQ(world.Ask("fresh"), "fresh=1");
}

TEST(Manager, AnEqualGroupIsNotTouched) {
  World world;
  ASSERT_TRUE(world.Load(kRecording));
  world.Put("x", 5);
  world.Pass(kMinute);
  ASSERT_TRUE(world.Load(kRecording));
  EXPECT_EQ(world.Group().iterations, 2u);
}

/// An alert pending for `before`, then nothing for `outage`, then a new process.
int64_t ActiveAfterRestart(World& world, int64_t before_ms, int64_t outage_ms) {
  const std::string rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: x > 0, for: 30m}\n";
  EXPECT_TRUE(world.Load(rules));
  const auto run = [&](int64_t ms) {
    for (; ms > 0; ms -= kMinute) {
      world.Put("x", 1);
      world.Pass(kMinute);
    }
  };
  run(3 * kMinute + before_ms);
  world.manager.reset();
  world.clock.Advance(std::chrono::milliseconds(outage_ms));
  world.Restart();
  EXPECT_TRUE(world.Load(rules));
  run(3 * kMinute);
  return world.Rule().alerts.at(0).active_at_ms;
}

TEST(Restore, TheOutageDoesNotCountAsPending) {
  World world;
  const int64_t active = ActiveAfterRestart(world, 5 * kMinute, 20 * kMinute);
  // Pending for some 8 minutes before, and for the 3 since.
  const int64_t pending = world.now() - active;
  EXPECT_GT(pending, 8 * kMinute);
  EXPECT_LT(pending, 12 * kMinute);
  EXPECT_EQ(world.State(), "pending");
}

TEST(Restore, ShortlyBeforeFiringItWaitsForTheGracePeriod) {
  World world;
  const int64_t active = ActiveAfterRestart(world, 25 * kMinute, 30 * kMinute);
  const int64_t fires_in = active + 30 * kMinute - world.now();
  EXPECT_GT(fires_in, 7 * kMinute);
  EXPECT_LE(fires_in, 10 * kMinute);
}

TEST(Restore, WhatWasFiringFires) {
  World world;
  ActiveAfterRestart(world, 40 * kMinute, 30 * kMinute);
  EXPECT_EQ(world.State(), "firing");
}

TEST(Restore, AfterALongOutageItCountsAnew) {
  World world;
  const int64_t active = ActiveAfterRestart(world, 40 * kMinute, 70 * kMinute);
  EXPECT_LE(world.now() - active, 3 * kMinute);
  EXPECT_EQ(world.State(), "pending");
}

TEST(Restore, AlertsAreWrittenOnlyFromTheThirdEvaluationOn) {
  World world;
  ASSERT_TRUE(world.Load("groups:\n- {name: g, rules: [{alert: A, expr: vector(1)}]}\n"));
  for (int i = 0; i < 2; ++i) {
    world.clock.Advance(std::chrono::minutes(1));
    world.manager->EvaluateAt(world.now());
    EXPECT_EQ(world.Ask("ALERTS"), "");
  }
  world.clock.Advance(std::chrono::minutes(1));
  world.manager->EvaluateAt(world.now());
  EXPECT_EQ(world.Ask("ALERTS"), "ALERTS{alertname=\"A\", alertstate=\"firing\"}=1");
}

TEST(Manager, ThreadsEvaluateOnTheClock) {
  base::FakeClock clock(kStartMs * 1'000'000);
  MemoryStore store;
  std::atomic<int> asked{0};
  Environment environment;
  environment.clock = &clock;
  environment.sink = &store;
  environment.query = [&](std::string_view, int64_t) -> base::Result<Vector> {
    ++asked;
    return Vector();
  };
  Manager manager(std::move(environment));
  RuleSet set;
  set.groups.push_back({"f", {.name = "g", .rules = {{.record = "r", .expr = "x"}}}});
  ASSERT_TRUE(manager.Apply(set));
  manager.Start();
  while (asked < 3) {
    clock.Advance(std::chrono::minutes(1));
    const int before = asked;
    while (asked == before) std::this_thread::yield();
  }
  manager.Stop();
  EXPECT_GE(manager.Status()[0].iterations, 3u);
}

TEST(Manager, ReloadsWhileItRuns) {
  base::FakeClock clock(kStartMs * 1'000'000);
  MemoryStore store;
  std::atomic<int> asked{0};
  Environment environment;
  environment.clock = &clock;
  environment.sink = &store;
  environment.query = [&](std::string_view, int64_t) -> base::Result<Vector> {
    ++asked;
    return base::Fail(base::ErrorKind::kTimeout, "query timed out");
  };
  Manager manager(std::move(environment));
  manager.Start();
  for (int i = 0; i < 50; ++i) {
    RuleSet set;
    set.defaults.interval_ms = 1000;
    for (int g = 0; g < 4; ++g) {
      conf::RuleGroup group{.name = std::to_string(g + i % 2)};
      group.rules = {{.record = "r", .expr = "x"}, {.alert = "A", .expr = "x", .for_ms = i % 3}};
      set.groups.push_back({"f", group});
    }
    ASSERT_TRUE(manager.Apply(set));
    clock.Advance(std::chrono::seconds(1));
    EXPECT_EQ(manager.Status().size(), 4u);
    const int before = asked;
    while (asked == before) {
      clock.Advance(std::chrono::milliseconds(100));
      std::this_thread::yield();
    }
  }
  manager.Stop();
  EXPECT_EQ(manager.Status()[0].rules[0].record.last_error, "query timed out");
}

}  // namespace
}  // namespace pharos::rules
