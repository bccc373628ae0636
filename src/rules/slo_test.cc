#include "rules/slo.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "conf/prometheus_config.h"
#include "rules/slo_status.h"
#include "rules/world_test.h"
#include "text/duration.h"

namespace pharos::rules {
namespace {

const std::string kSlo = "../shared/data/slo/";
constexpr int64_t kDay = 24 * 60 * kMinute;

conf::SloConfig Shop(std::optional<double> latency = 0.3) {
  return {.name = "shop", .service = "shop", .objective = 0.995, .latency_seconds = latency};
}

/// A service whose histogram is scraped, and rules that measure it, minute by minute.
struct ShopWorld : World {
  explicit ShopWorld(conf::SloConfig slo = Shop(), const char* le = "0.3") : bound(le) {
    book.Set({slo});
    RuleSet set;
    set.defaults = Defaults();
    set.groups.push_back({std::string(kSloFile), SloGroup(slo)});
    const auto applied = manager->Apply(set);
    EXPECT_TRUE(applied) << applied.error().message;
    // The `for` state is taken up in the second evaluation.
    for (int i = 0; i < 2; ++i) Minute(0, 0, 0);
  }
  /// A minute in which so many requests were fast, slow, and fast errors.
  void Minute(double fast, double slow, double errors) {
    clock.Advance(std::chrono::minutes(1));
    ok += fast + slow;
    ok_fast += fast;
    failed += errors;
    const auto put = [&](const char* name, const char* le, const char* status, double value) {
      Put(model::Labels{{"__name__", name}, {"job", "shop"}, {"status", status}, {"le", le}},
          value);
    };
    put("http_request_duration_seconds_bucket", bound, "200", ok_fast);
    put("http_request_duration_seconds_bucket", "+Inf", "200", ok);
    put("http_request_duration_seconds_count", "", "200", ok);
    put("http_request_duration_seconds_bucket", bound, "500", failed);
    put("http_request_duration_seconds_bucket", "+Inf", "500", failed);
    put("http_request_duration_seconds_count", "", "500", failed);
    manager->EvaluateAt(now());
  }
  void Minutes(int count, double fast, double slow, double errors) {
    for (int i = 0; i < count; ++i) Minute(fast, slow, errors);
  }
  SloStatus Status() { return book.Status(manager->Status()).at(0); }
  std::string Firing() {
    std::string out;
    for (const SloAlertStatus& one : Status().alerts) {
      if (one.state == AlertState::kFiring) out += one.alert.name + " ";
    }
    return out;
  }
  double ok = 0, ok_fast = 0, failed = 0;
  const char* bound;
  SloBook book{EngineQuery({.source = &store.source(), .clock = &clock}), &store.source(), &clock};
};

double Burn(const SloStatus& status, const std::string& window) {
  for (const auto& [name, rate] : status.burn_rates) {
    if (name == window && rate) return *rate;
  }
  return -1;
}

TEST(Slo, BadEventsCountOnce) {
  ShopWorld world;
  // 1% slow, 1% errors that are fast: 2% bad, and not more although errors are in the bucket.
  world.Minutes(30, 980, 10, 10);
  const SloStatus status = world.Status();
  EXPECT_EQ(status.error, "");
  EXPECT_NEAR(Burn(status, "5m"), 0.02 / 0.005, 1e-9);
  EXPECT_NEAR(*status.sli, 0.98, 1e-9);
  EXPECT_NEAR(*status.budget_remaining, 1 - 4.0, 1e-9);
  EXPECT_EQ(world.Ask("abs(slo:period_error_budget_remaining:ratio + 3) < bool 1e-9"),
            "{service=\"shop\", slo=\"shop\", sloth_id=\"shop-shop\", sloth_service=\"shop\", "
            "sloth_slo=\"shop\"}=1");
}

TEST(Slo, LongWindowsAreWeightedByTraffic) {
  ShopWorld world;
  world.Minutes(60, 100, 0, 0);
  world.Minutes(60, 0, 0, 0);      // nobody came: neither good nor bad
  world.Minutes(60, 900, 0, 100);  // 10% of ten times the traffic
  EXPECT_NEAR(Burn(world.Status(), "1d") * 0.005, 100.0 / 1100, 0.002);
  EXPECT_NEAR(Burn(world.Status(), "6h") * 0.005, 100.0 / 1100, 0.002);
}

TEST(Slo, RealBurnPagesAndASpikeDoesNot) {
  ShopWorld world;
  world.Minutes(8 * 60, 1000, 0, 0);
  world.Minute(0, 0, 1000);  // all of a minute: 2.5 times the hour's budget, not 14.4
  world.Minutes(5, 1000, 0, 0);
  EXPECT_EQ(world.Firing(), "");
  world.Minutes(40, 800, 0, 200);
  EXPECT_NE(world.Firing().find("ErrorBudgetBurn1h "), std::string::npos) << world.Firing();
  const auto page = std::ranges::find_if(world.box.received, [](const model::Alert& one) {
    return one.labels.Get("alertname") == "ErrorBudgetBurn1h";
  });
  ASSERT_NE(page, world.box.received.end());
  const model::Alert alert = *page;
  EXPECT_EQ(alert.labels.Get("severity"), "page");
  EXPECT_EQ(alert.labels.Get("slo"), "shop");
  EXPECT_NE(alert.annotations.Get("summary").find("The error budget of shop burns 1"),
            std::string::npos)
      << alert.annotations.Get("summary");
  // Over: the short window ends the page although the hour is still bad.
  world.Minutes(10, 1000, 0, 0);
  EXPECT_EQ(world.Firing().find("ErrorBudgetBurn1h "), std::string::npos);
}

TEST(Slo, AllRequestsBadIsFullBurn) {
  ShopWorld world(Shop(std::nullopt));
  world.Minutes(20, 100, 0, 0);
  world.Minutes(10, 0, 0, 100);
  EXPECT_NEAR(Burn(world.Status(), "5m"), 200, 1e-9);
}

TEST(Slo, WithoutABucketItIsRefusedAndSilent) {
  ShopWorld world(Shop(), "0.5");
  world.Minutes(20, 100, 900, 0);
  EXPECT_EQ(world.Ask("{__name__=~\"slo:sli_error.*\"}"), "") << "no guess, no alert";
  EXPECT_EQ(world.Firing(), "");
  EXPECT_EQ(world.Status().error.substr(0, 127),
            "the histogram http_request_duration_seconds of service \"shop\" has no bucket at the "
            "latency (le=\"0.3\"); there are 0.5, +Inf: giv");
}

TEST(Slo, ErrorsAreSentences) {
  World world;
  SloBook book(EngineQuery({.source = &world.store.source(), .clock = &world.clock}),
               &world.store.source(), &world.clock);
  book.Set({Shop()});
  const auto error = [&] { return book.Status({}).at(0).error; };
  EXPECT_EQ(error(),
            "there is no series http_request_duration_seconds_bucket of service \"shop\"; check "
            "metric and service, or that the service is scraped");
  const auto put = [&](const char* le, const char* code) {
    world.Put(model::Labels{{"__name__", "http_request_duration_seconds_bucket"},
                            {"service", "shop"},
                            {"code", code},
                            {"le", le}},
              1);
  };
  put("0.25", "200");
  EXPECT_EQ(error(),
            "no series http_request_duration_seconds_bucket of service \"shop\" has the label "
            "status, so errors cannot be told; set errors, as in code=~\"5..\"");
  conf::SloConfig slo = Shop();
  slo.errors = "code=~\"5..\"";
  book.Set({slo});
  put("+Inf", "200");
  EXPECT_EQ(error(),
            "the histogram http_request_duration_seconds of service \"shop\" has no bucket at the "
            "latency (le=\"0.3\"); there are 0.25, +Inf: give one of these as latency, or add the "
            "bucket to the histogram");
  put("0.3", "200");
  EXPECT_EQ(error(), "");
  put("0.25", "201");
  EXPECT_EQ(
      error().substr(0, 97),
      "http_request_duration_seconds_bucket{code=\"201\", service=\"shop\"} has no bucket at the "
      "latency (le");
}

TEST(Slo, MatchersAreChecked) {
  conf::SloConfig slo = Shop();
  EXPECT_EQ(CheckSlo(slo), "");
  slo.errors = "status=~\"5..\",x=\"y\"";
  EXPECT_EQ(
      CheckSlo(slo),
      "SLO \"shop\": errors must be one matcher, as in status=~\"5..\"; the rest belongs into "
      "selector");
  slo.errors = "5xx";
  EXPECT_NE(CheckSlo(slo).find("errors must be one matcher"), std::string::npos);
  slo = Shop();
  slo.selector = "job=";
  EXPECT_NE(CheckSlo(slo).find("selector must be matchers"), std::string::npos);
  EXPECT_EQ(SloWarning(Shop()), "");
  slo.objective = 0.9;
  EXPECT_EQ(
      SloWarning(slo),
      "SLO \"shop\": with an objective of 90% the budget never burns faster than 10 times, so "
      "these alerts cannot fire: ErrorBudgetBurn1h (14.4)");
}

TEST(Slo, BucketsInTheMetricsUnit) {
  conf::SloConfig slo = Shop(1);
  EXPECT_EQ(SloBuckets(slo), (std::vector<std::string>{"1", "1.0"}));
  slo.metric = "http_server_duration_milliseconds";
  EXPECT_EQ(SloBuckets(slo), (std::vector<std::string>{"1000", "1000.0"}));
  slo.latency_seconds = 0.3;
  EXPECT_EQ(SloBuckets(slo), (std::vector<std::string>{"300", "300.0"}));
  EXPECT_NE(SloErrorRatio(slo, 300'000).find("le=~\"300|300\\\\.0\""), std::string::npos);
}

TEST(Slo, WorkbookTable) {
  const std::string file = kSlo + "google_sre_workbook_multiwindow.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(file);
  const auto alerts = SloAlerts(30 * kDay);
  const auto ms = [](simdjson::dom::element text) {
    return *text::ParsePrometheusDuration(std::string_view(text));
  };
  size_t i = 0;
  for (auto row : root["common_four_window_variant"]) {
    ASSERT_LT(i, alerts.size());
    EXPECT_EQ(alerts[i].long_ms, ms(row["long"]));
    EXPECT_EQ(alerts[i].short_ms, ms(row["short"]));
    EXPECT_NEAR(alerts[i].factor, double{row["factor"]}, 1e-9);
    ++i;
  }
  EXPECT_EQ(i, 4u);
  for (auto row : root["rows"]) {
    const auto found = std::find_if(alerts.begin(), alerts.end(), [&](const SloAlert& alert) {
      return alert.long_ms == ms(row["long_window"]);
    });
    ASSERT_NE(found, alerts.end());
    EXPECT_EQ(found->severity, std::string_view(row["severity"]));
    EXPECT_EQ(found->short_ms, ms(row["short_window"]));
    EXPECT_NEAR(found->factor, double{row["burn_rate"]}, 1e-9);
  }
}

/// Windows, and factors by the workbook's formula from the percentages, as Sloth ships them.
TEST(Slo, SlothWindows) {
  const std::string folder = kSlo + "sloth/internal_data/alert/windows/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  for (const char* name : {"google-28d.yaml", "google-30d.yaml"}) {
    const auto root = conf::ParseYaml(*conf::ReadTextFile(folder + name), name).value();
    const conf::Node& spec = *root.Find("spec");
    const auto ms = [](const conf::Node& map, const char* key) {
      return *text::ParsePrometheusDuration(map.Find(key)->scalar);
    };
    const int64_t period = ms(spec, "sloPeriod");
    const auto alerts = SloAlerts(period);
    size_t i = 0;
    for (const char* severity : {"page", "ticket"}) {
      for (const char* speed : {"quick", "slow"}) {
        const conf::Node& row = *spec.Find(severity)->Find(speed);
        EXPECT_EQ(alerts[i].severity, severity);
        EXPECT_EQ(alerts[i].long_ms, ms(row, "longWindow"));
        EXPECT_EQ(alerts[i].short_ms, ms(row, "shortWindow"));
        const double share = std::stod(row.Find("errorBudgetPercent")->scalar) / 100;
        EXPECT_NEAR(alerts[i].factor,
                    share * static_cast<double>(period) / static_cast<double>(alerts[i].long_ms),
                    1e-9);
        ++i;
      }
    }
  }
  EXPECT_EQ(SloAlerts(7 * kDay)[3].factor, 1) << "a burn rate of 1 keeps the objective";
  EXPECT_NEAR(SloAlerts(7 * kDay)[0].factor, 3.36, 1e-9);
}

/// Sloth's generated error ratio of an availability SLO and ours say the same of the same data.
TEST(Slo, AgreesWithSlothsRules) {
  const std::string file = kSlo + "sloth/examples/_gen/getting-started.yml";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto text = conf::ReadTextFile(file);
  const auto groups =
      conf::ParseRuleFile(text->substr(text->find("groups:")), file, CheckExpression);
  ASSERT_TRUE(groups) << groups.error().message;
  World world;
  for (int minute = 0; minute <= 7 * 60; ++minute) {
    for (const char* code : {"200", "404", "429", "500"}) {
      world.Put(model::Labels{{"__name__", "http_request_duration_seconds_count"},
                              {"job", "myservice"},
                              {"code", code}},
                minute * (code[0] == '2'   ? 97.0
                          : code[0] == '5' ? 2.0
                                           : 1.0));
    }
    world.clock.Advance(std::chrono::minutes(1));
  }
  conf::SloConfig slo{.name = "requests-availability", .service = "myservice", .objective = 0.999};
  slo.errors = "code=~\"(5..|429)\"";
  int compared = 0;
  for (const conf::Rule& rule : (*groups)[0].rules) {
    const auto window = text::ParsePrometheusDuration(rule.labels.at("sloth_window"));
    if (*window > kDay / 4) continue;
    const auto query = EngineQuery({.source = &world.store.source(), .clock = &world.clock});
    const auto theirs = query(rule.expr, world.now());
    const auto ours = query(SloErrorRatio(slo, *window), world.now());
    ASSERT_TRUE(theirs && ours && theirs->size() == 1 && ours->size() == 1) << rule.expr;
    EXPECT_NEAR((*theirs)[0].value, 3.0 / 101, 1e-12);
    EXPECT_NEAR((*theirs)[0].value, (*ours)[0].value, 1e-12);
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

}  // namespace
}  // namespace pharos::rules
