// Route tree, inhibition and the decision whether there is news, by the originals' tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "alert/notification_log.h"
#include "alert/world_test.h"
#include "text/duration.h"

namespace pharos::alert {
namespace {

using Json = simdjson::dom::element;
using testing::ElementsAre;

model::Labels LabelsOf(simdjson::dom::object object) {
  std::vector<model::LabelView> labels;
  for (const auto field : object) labels.push_back({field.key, field.value.get_string().value()});
  return model::Labels::FromPairs(std::move(labels));
}

std::unique_ptr<const Route> Tree(const std::string& yaml) {
  const auto config = conf::ParseAlertmanagerConfig(yaml, "am.yml");
  EXPECT_TRUE(config) << config.error().message;
  return Route::Make(config->route);
}

TEST(Route, AmtoolTableOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  const Json tables = parser.load(std::string(kData) + "unit/cli_test_routing.json")["tables"];
  size_t checked = 0;
  for (const Json item : tables.at(0)["cases"].get_array()) {
    const std::string file(item["configFile"].get_string().value());
    const auto config = conf::ReadAlertmanagerConfig(std::string(kData) + "cli/" +
                                                     file.substr(file.rfind('/') + 1));
    ASSERT_TRUE(config) << config.error().message;
    std::vector<std::string> got;
    const auto root = Route::Make(config->route);
    for (const Route* route : root->Match(LabelsOf(item["alert"]))) got.push_back(route->receiver);
    std::vector<std::string> want;
    for (const Json name : item["expectedReceivers"].get_array())
      want.emplace_back(name.get_string().value());
    EXPECT_EQ(got, want);
    ++checked;
  }
  EXPECT_EQ(checked, 4u);
}

TEST(Route, InheritsMatchesAndNamesItself) {
  const auto root = Tree(R"(
route:
  receiver: def
  group_by: [alertname]
  group_wait: 1s
  labels: {team: none}
  routes:
  - matchers: [owner="team-A"]
    receiver: A
    group_by: []
    group_interval: 2m
    labels: {team: a}
    routes:
    - matchers: [env="testing"]
      continue: true
      group_by: ['...']
      repeat_interval: 1h
    - match_re: {env: "produ.*"}
      receiver: A-prod
  - match: {owner: "team-A", x: y}
    receiver: never
receivers: [{name: def}, {name: A}, {name: A-prod}, {name: never}]
)");
  const auto receivers = [&](const model::Labels& labels) {
    std::string out;
    for (const Route* route : root->Match(labels))
      out += route->receiver + " " + route->Key() + ";";
    return out;
  };
  EXPECT_EQ(receivers({{"owner", "x"}}), "def {};");
  EXPECT_EQ(receivers({{"owner", "team-A"}, {"x", "y"}}), "A {}/{owner=\"team-A\"};");
  EXPECT_EQ(receivers({{"owner", "team-A"}, {"env", "production"}}),
            "A-prod {}/{owner=\"team-A\"}/{env=~\"produ.*\"};");
  const Route& testing = *root->Match({{"owner", "team-A"}, {"env", "testing"}}).front();
  EXPECT_TRUE(testing.group_by_all);
  EXPECT_EQ(testing.group_wait_ns, kSecond);
  EXPECT_EQ(testing.group_interval_ns, 2 * kMinute);
  EXPECT_EQ(testing.repeat_interval_ns, kHour);
  EXPECT_EQ(testing.labels.at("team"), "a");
  EXPECT_EQ(testing.Id(), "{}/{owner=\"team-A\"}/0/{env=\"testing\"}/0");
  EXPECT_EQ(testing.GroupLabels({{"a", "b"}}), (model::Labels{{"a", "b"}}));
  EXPECT_TRUE(testing.parent->GroupLabels({{"alertname", "b"}}).empty());
  EXPECT_EQ(root->GroupLabels({{"alertname", "b"}, {"c", "d"}}),
            (model::Labels{{"alertname", "b"}}));
}

std::vector<conf::InhibitRule> Rules(const std::string& yaml) {
  const auto config = conf::ParseAlertmanagerConfig(
      "route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules:\n" + yaml, "am.yml");
  EXPECT_TRUE(config) << config.error().message;
  return config->inhibit_rules;
}

AlertPtr Firing(const model::Labels& labels, int64_t ends_at_ns = 0) {
  auto alert = std::make_shared<AlertRecord>();
  alert->labels = labels;
  alert->fingerprint = FingerprintOf(labels);
  alert->starts_at_ns = kStartNs;
  alert->ends_at_ns = ends_at_ns;
  return alert;
}

/// The two rules and the sources of the original's test, with its table of targets.
void RunInhibitTable(const std::string& test, const std::string& rules) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  Inhibitor inhibitor(Rules(rules));
  inhibitor.Update(Firing({{"s1", "1"}, {"t1", "2"}, {"e", "1"}}));
  inhibitor.Update(Firing({{"s2", "1"}, {"t2", "1"}, {"e", "1"}}));
  simdjson::dom::parser parser;
  size_t checked = 0;
  for (const Json table :
       parser.load(std::string(kData) + "unit/inhibit.json")["tables"].get_array()) {
    std::string_view var;
    if (table["test"].get_string().value() != test) continue;
    if (table["var"].get(var) != simdjson::SUCCESS || var != "cases") continue;
    for (const Json item : table["cases"].get_array()) {
      SCOPED_TRACE(simdjson::minify(item));
      EXPECT_EQ(inhibitor.MutedBy(LabelsOf(item["target"]), kStartNs).has_value(),
                item["expected"].get_bool().value());
      ++checked;
    }
  }
  EXPECT_EQ(checked, 8u);
}

TEST(Inhibit, TablesOfTheOriginal) {
  RunInhibitTable("TestInhibitRuleMatches",
                  "- {source_match: {s1: '1'}, target_match: {t1: '1'}, equal: [e]}\n"
                  "- {source_match: {s2: '1'}, target_match: {t2: '1'}, equal: [e]}\n");
  RunInhibitTable("TestInhibitRuleMatchers",
                  "- {source_matchers: ['s1=1'], target_matchers: ['t1!=1'], equal: [e]}\n"
                  "- {source_matchers: ['s2=1'], target_matchers: ['t2=1'], equal: [e]}\n");
}

TEST(Inhibit, EndsWithItsSourceAndNotByItself) {
  Inhibitor inhibitor(Rules("- {source_match: {a: x}, target_match_re: {b: '.+'}, equal: [e]}\n"));
  const model::Labels both{{"a", "x"}, {"b", "y"}};
  inhibitor.Update(Firing(both));
  EXPECT_FALSE(inhibitor.MutedBy(both, kStartNs));
  EXPECT_TRUE(inhibitor.MutedBy({{"b", "z"}}, kStartNs));
  inhibitor.Update(Firing(both, kStartNs + kSecond));
  EXPECT_TRUE(inhibitor.MutedBy({{"b", "z"}}, kStartNs + kSecond - 1));
  EXPECT_FALSE(inhibitor.MutedBy({{"b", "z"}}, kStartNs + kSecond));
  // Another source that fires still does.
  inhibitor.Update(Firing({{"a", "x"}}));
  EXPECT_TRUE(inhibitor.MutedBy(both, kStartNs + kSecond));
  inhibitor.Gc(kStartNs + kSecond);
  EXPECT_TRUE(inhibitor.MutedBy(both, kStartNs + kSecond));
}

std::set<uint64_t> Hashes(Json item, const char* key) {
  std::set<uint64_t> out;
  Json list;
  if (item[key].get(list) != simdjson::SUCCESS) return out;
  for (const Json hash : list["args"].get_array()) out.insert(hash.get_uint64().value());
  return out;
}

TEST(NotificationLog, NeedsUpdateTableOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  const Json table = parser.load(std::string(kData) + "unit/notify.json")["tables"].at(0);
  ASSERT_EQ(table["test"].get_string().value(), "TestDedupStageNeedsUpdate");
  size_t checked = 0;
  for (const Json item : table["cases"].get_array()) {
    SCOPED_TRACE(simdjson::minify(item));
    LogEntry entry;
    Json given;
    const bool has_entry = item["entry"].get(given) == simdjson::SUCCESS && !given.is_null();
    if (has_entry) {
      for (const auto& [key, to] :
           {std::pair{"FiringAlerts", &entry.firing}, {"ResolvedAlerts", &entry.resolved}}) {
        simdjson::dom::array list;
        if (given[key].get(list) != simdjson::SUCCESS) continue;
        for (const Json hash : list) to->push_back(hash.get_uint64().value());
      }
      Json added;
      if (given["Timestamp"]["args"].get(added) == simdjson::SUCCESS) {
        entry.timestamp_ns = kStartNs;
        std::string_view by;
        if (added.at(0)["args"].at(0).get(by) == simdjson::SUCCESS)
          entry.timestamp_ns += text::ParseGoDuration(by).value();
      }
    }
    std::string_view repeat = "0s";
    (void)!item["repeat"].get(repeat);
    bool send_resolved = false;
    (void)!item["resolve"].get(send_resolved);
    const NotifyReason reason = NeedsUpdate(
        has_entry ? &entry : nullptr, Hashes(item, "firingAlerts"), Hashes(item, "resolvedAlerts"),
        send_resolved, text::ParseGoDuration(repeat).value(), kStartNs);
    EXPECT_EQ(reason != NotifyReason::kNone, item["res"].get_bool().value());
    ++checked;
  }
  EXPECT_EQ(checked, 11u);
}

TEST(NotificationLog, Codec) {
  LogEntry entry{.timestamp_ns = 5,
                 .firing = {1, UINT64_MAX},
                 .resolved = {},
                 .expires_at_ns = -1,
                 .data = {{"threadTs", "1.2"}}};
  const auto back = DecodeLogEntry(EncodeLogEntry("key", entry));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->first, "key");
  EXPECT_EQ(back->second.firing, entry.firing);
  EXPECT_EQ(back->second.data, entry.data);
  EXPECT_FALSE(DecodeLogEntry(EncodeLogEntry("key", entry).substr(0, 20)));
  EXPECT_FALSE(DecodeLogEntry("X"));
}

}  // namespace
}  // namespace pharos::alert
