#include "rules/alerting_rule.h"

#include "rules/world_test.h"

namespace pharos::rules {
namespace {

/// One rule, evaluated minute by minute without a schedule.
struct Alone {
  explicit Alone(const std::string& more, const std::string& expression = "x > 0") {
    const auto loaded = world.Load(
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + expression + "\n" + more);
    EXPECT_TRUE(loaded) << loaded.error().message;
    // The second evaluation takes up old state; from the third on ALERTS is written.
    world.Put("x", 0);
    Step();
    Step();
  }
  /// A minute passes, x takes this value (if any), the group is evaluated.
  void Step(std::optional<double> x = 0) {
    world.clock.Advance(std::chrono::minutes(1));
    if (x) world.Put("x", *x);
    world.manager->EvaluateAt(world.now());
  }
  std::string Alerts() { return world.Ask("{__name__=~\"ALERTS.*\"}"); }
  World world;
};

TEST(AlertingRule, PendingThenFiringThenResolved) {
  Alone alone("    for: 2m\n    labels: {severity: page}\n    annotations: {v: '{{ $value }}'}\n");
  EXPECT_EQ(alone.world.State(), "inactive");
  alone.Step(5);
  EXPECT_EQ(alone.world.State(), "pending");
  const std::string since = std::to_string(alone.world.now() / 1000);
  EXPECT_EQ(alone.Alerts(),
            "ALERTS_FOR_STATE{alertname=\"A\", severity=\"page\"}=" + since +
                " ALERTS{alertname=\"A\", alertstate=\"pending\", severity=\"page\"}=1");
  EXPECT_TRUE(alone.world.box.Take().empty());
  alone.Step(6);
  alone.Step(7);
  EXPECT_EQ(alone.world.State(), "firing");
  EXPECT_EQ(alone.Alerts(),
            "ALERTS_FOR_STATE{alertname=\"A\", severity=\"page\"}=" + since +
                " ALERTS{alertname=\"A\", alertstate=\"firing\", severity=\"page\"}=1")
      << "the pending series ended";
  const auto sent = alone.world.box.Take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(model::ToString(sent[0].labels), "{alertname=\"A\", severity=\"page\"}");
  EXPECT_EQ(model::ToString(sent[0].annotations), "{v=\"7\"}");
  EXPECT_EQ(sent[0].starts_at_ms, alone.world.now());
  EXPECT_EQ(sent[0].ends_at_ms, alone.world.now() + 4 * kMinute);
  EXPECT_EQ(sent[0].generator_url, "http://pharos:3000/graph?g0.expr=x+%3E+0&g0.tab=1");

  alone.Step(0);
  EXPECT_EQ(alone.world.State(), "inactive");
  EXPECT_EQ(alone.Alerts(), "");
  const auto resolved = alone.world.box.Take();
  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0].ends_at_ms, alone.world.now());
  EXPECT_TRUE(alone.world.Rule().alerts.empty()) << "resolved ones are not shown";
}

TEST(AlertingRule, ResolvedOnesAreSentForFifteenMinutes) {
  Alone alone("");
  alone.Step(1);
  ASSERT_EQ(alone.world.box.Take().size(), 1u);
  size_t notices = 0;
  for (int i = 0; i < 40; ++i) {
    alone.Step(0);
    notices += alone.world.box.Take().size();
  }
  // At once, then whenever the last time is more than a minute back, until 15 minutes are over.
  EXPECT_EQ(notices, 8u);
}

TEST(AlertingRule, ResendsAfterTheDelayAndAtOnceWhenNobodyTookIt) {
  Alone alone("");
  alone.world.box.busy = true;
  alone.Step(1);
  alone.world.box.busy = false;
  alone.Step(1);
  EXPECT_EQ(alone.world.box.Take().size(), 1u);
  alone.Step(1);
  EXPECT_EQ(alone.world.box.Take().size(), 0u) << "a minute is not more than a minute";
  alone.Step(1);
  EXPECT_EQ(alone.world.box.Take().size(), 1u);
}

TEST(AlertingRule, KeepsFiring) {
  Alone alone("    keep_firing_for: 3m\n");
  alone.Step(1);
  EXPECT_EQ(alone.world.State(), "firing");
  alone.Step(0);
  EXPECT_TRUE(alone.world.Rule().alerts.at(0).keep_firing_since_ms);
  alone.Step(1);
  EXPECT_FALSE(alone.world.Rule().alerts.at(0).keep_firing_since_ms) << "it was not over";
  for (int i = 0; i < 3; ++i) {
    alone.Step(0);
    EXPECT_EQ(alone.world.State(), "firing") << i;
  }
  alone.Step(0);
  EXPECT_EQ(alone.world.State(), "inactive");
}

TEST(AlertingRule, PendingThatEndsIsForgotten) {
  Alone alone("    for: 5m\n");
  alone.Step(1);
  alone.Step(0);
  alone.Step(1);
  EXPECT_EQ(alone.world.Rule().alerts.at(0).active_at_ms, alone.world.now()) << "counts anew";
  EXPECT_TRUE(alone.world.box.Take().empty());
}

TEST(AlertingRule, TemplatesInLabelsAndTheirFaults) {
  Alone alone(
      "    labels: {l: '{{ $labels.nope }}x', empty: '{{ $labels.nope }}'}\n"
      "    annotations:\n"
      "      a: 'q={{ query \"x * 10\" | first | value }} {{ $externalURL }}'\n"
      "      b: '{{ query \"sum(\" }}'\n");
  alone.Step(3);
  const auto alerts = alone.world.Rule().alerts;
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(model::ToString(alerts[0].labels), "{alertname=\"A\", l=\"x\"}");
  EXPECT_EQ(alerts[0].annotations.Get("a"), "q=30 http://pharos:3000");
  EXPECT_EQ(alerts[0].annotations.Get("b").substr(0, 100),
            "<error expanding template: error executing template __alert_A: template: "
            "__alert_A:1:115: executing ");
}

TEST(AlertingRule, RefusesEqualLabelsAndTooMany) {
  Alone twice("",
              "label_replace(x > 0, \"i\", \"1\", \"\", \"\") or label_replace(x > 0, \"i\", "
              "\"2\", \"\", \"\")");
  ASSERT_TRUE(
      twice.world.Load("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: y\n    "
                       "labels: {i: same}\n"));
  for (const char* i : {"1", "2"}) twice.world.Put(model::Labels{{"__name__", "y"}, {"i", i}}, 1);
  twice.world.manager->EvaluateAt(twice.world.now());
  EXPECT_EQ(twice.world.Rule().record.last_error,
            "vector contains metrics with the same labelset after applying alert labels");
  EXPECT_EQ(HealthName(twice.world.Rule().record.health), "err");

  ASSERT_TRUE(
      twice.world.Load("groups:\n- name: g\n  limit: 1\n  rules:\n  - {alert: A, expr: y}\n"));
  twice.world.manager->EvaluateAt(twice.world.now());
  EXPECT_EQ(twice.world.Rule().record.last_error, "exceeded limit of 1 with 2 alerts");
  EXPECT_TRUE(twice.world.Rule().alerts.empty());
}

TEST(AlertingRule, LongerForMakesAFiringAlertPendingAgain) {
  Alone alone("");
  alone.Step(1);
  EXPECT_EQ(alone.world.State(), "firing");
  ASSERT_TRUE(
      alone.world.Load("groups:\n- name: g\n  rules:\n  - {alert: A, expr: x > 0, for: 10m}\n"));
  alone.Step(1);
  EXPECT_EQ(alone.world.State(), "pending");
}

}  // namespace
}  // namespace pharos::rules
