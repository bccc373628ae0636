#include "conf/alertmanager_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kData = "../shared/data/alertmanager/";

std::string Fault(const std::string& text) {
  const auto parsed = ParseAlertmanagerConfig(text, "am.yml");
  return parsed ? "" : parsed.error().message;
}

std::string WithRoute(const std::string& rest) {
  return "route:\n  receiver: r\n" + rest + "receivers:\n- name: r\n";
}

simdjson::dom::element Load(simdjson::dom::parser& parser, const std::string& file) {
  return parser.load(kData + file);
}

std::string Text(simdjson::dom::element element, const char* key) {
  std::string_view text;
  return element[key].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

/// Go's source has \" where the message has ".
std::string Unescaped(std::string text) {
  for (size_t at = 0; (at = text.find("\\\"", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

TEST(AlertmanagerConfig, LoadTableOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  size_t checked = 0;
  for (const auto item : Load(parser, "unit/config_load_errors.json")["cases"].get_array()) {
    std::string yaml = Text(item, "yaml");
    std::string name = Text(item, "test");
    for (const auto file : item["files"].get_array()) {
      const std::string path(file.get_string().value());
      yaml = ReadTextFile(kData + "config/" + path.substr(path.rfind('/') + 1)).value();
      name += " " + path;
    }
    SCOPED_TRACE(name);
    const bool must_fail = item["must_fail"].get_bool().value();
    const std::string fault = Fault(yaml);
    // Receivers that Pharos does not have, and proxies, are refused by name.
    const bool refused = fault.find(" is not supported yet") != std::string::npos;
    if (must_fail) {
      // The originals' unit tests run with classic names only; its servers take UTF-8.
      if (Text(item, "expected_error").find("-invalid-") != std::string::npos) continue;
      EXPECT_NE(fault, "");
      if (!refused) {
        EXPECT_THAT(fault, HasSubstr(Unescaped(Text(item, "expected_error"))));
      }
    } else if (!refused) {
      EXPECT_EQ(fault, "");
    }
    ++checked;
  }
  EXPECT_EQ(checked, 58u);
}

TEST(AlertmanagerConfig, FaultsInTheWordsOfTheOriginal) {
  EXPECT_THAT(Fault(""), HasSubstr("no route provided in config"));
  EXPECT_THAT(Fault(WithRoute("  foo: 1\n")), HasSubstr("am.yml:3: field foo not found in type"));
  const auto receiver = [](const std::string& config) {
    return Fault("route:\n  receiver: r\nreceivers:\n- name: r\n  " + config);
  };
  EXPECT_THAT(receiver("webhook_configs:\n  -\n"), HasSubstr("missing webhook config"));
  EXPECT_THAT(receiver("webhook_configs:\n  - max_alerts: 1\n"),
              HasSubstr("one of url or url_file must be configured"));
  EXPECT_THAT(receiver("webhook_configs:\n  - url: ftp://x/\n"),
              HasSubstr("invalid URL: unsupported scheme \"ftp\" for URL"));
  EXPECT_EQ(receiver("webhook_configs:\n  - url: 'http://x/{{ .Status }}'\n"), "");
  EXPECT_THAT(receiver("email_configs:\n  -\n"), HasSubstr("missing email config"));
  EXPECT_THAT(receiver("email_configs:\n  - to: a@b\n"), HasSubstr("no global SMTP smarthost set"));
  EXPECT_THAT(receiver("slack_configs:\n  - channel: x\n"),
              HasSubstr("no Slack API URL nor App token set either inline or in a file"));
  EXPECT_THAT(receiver("pagerduty_configs:\n  - severity: x\n"),
              HasSubstr("missing service or routing key in PagerDuty config"));
  EXPECT_THAT(receiver("opsgenie_configs:\n  - api_key: x\n"),
              HasSubstr("field opsgenie_configs of config.plain is not supported yet"));
  EXPECT_THAT(Fault(WithRoute("  matchers: ['a=b']\n")),
              HasSubstr("root route must not have any matchers"));
  EXPECT_THAT(Fault(WithRoute("  routes:\n  - matchers: ['a!b']\n")),
              HasSubstr("bad matcher format: a!b"));
}

TEST(AlertmanagerConfig, ValuesAreFilledIn) {
  const auto config = ParseAlertmanagerConfig(R"(
global:
  smtp_smarthost: 'localhost:25'
  smtp_from: am@x.org
  smtp_auth_password: hush
  slack_api_url: https://hooks.slack.com/x
route:
  receiver: r
  group_by: [alertname]
  routes:
  - match: {b: c}
    match_re: {a: x|y}
    matchers: ['c!=d', '{e=~"f"}']
    group_by: ['...']
    group_wait: 1m30s
receivers:
- name: r
  email_configs: [{to: a@b, headers: {subject: s}}]
  slack_configs: [{channel: '#c'}]
  pagerduty_configs: [{routing_key: k, timeout: 1m5s}]
  webhook_configs: [{url: 'http://h/', http_config: {bearer_token: t}}]
time_intervals:
- name: out
  time_intervals:
  - times: [{start_time: '17:00', end_time: '24:00'}]
    weekdays: ['monday:friday', Saturday]
    days_of_month: ['-3:-1']
    months: ['march:may', '12']
    years: ['2024:2026']
    location: Europe/Berlin
)",
                                              "am.yml");
  ASSERT_TRUE(config) << config.error().message;
  const AlertRoute& child = config->route.routes[0];
  EXPECT_EQ(ToString(child.all_matchers), "{a=~\"x|y\",b=\"c\",c!=\"d\",e=~\"f\"}");
  EXPECT_TRUE(child.group_by_all);
  EXPECT_EQ(child.group_wait_ms, 90'000);
  const AlertReceiver& receiver = config->receivers[0];
  EXPECT_EQ(receiver.emails[0].auth_password, "hush");
  EXPECT_EQ(receiver.emails[0].headers.at("Subject"), "s");
  EXPECT_EQ(receiver.slacks[0].api_url, "https://hooks.slack.com/x");
  EXPECT_EQ(receiver.pagerduties[0].timeout_ms, 65'000);
  EXPECT_EQ(receiver.webhooks[0].http.credentials, "t");

  const std::string printed = ToYaml(*config);
  EXPECT_THAT(printed, Not(HasSubstr("hush")));
  EXPECT_THAT(printed, Not(HasSubstr("hooks.slack.com")));
  EXPECT_THAT(printed, HasSubstr("  smtp_auth_password: <secret>\n"));
  EXPECT_THAT(printed, HasSubstr("    - \"-3:-1\"\n"));
  EXPECT_THAT(printed, HasSubstr("    - start_time: \"17:00\"\n"));
  // What is printed says the same again, but for the secrets.
  const auto again = ParseAlertmanagerConfig(printed, "am.yml");
  ASSERT_TRUE(again) << again.error().message << printed;
  EXPECT_EQ(ToYaml(*again), printed);
}

TEST(TimeInterval, Contains) {
  Faults faults("f");
  const auto interval = [&](const std::string& yaml) {
    const auto node = ParseYaml("name: n\ntime_intervals:\n- " + yaml, "f");
    return ReadNamedIntervals(*node, false, faults).intervals.at(0);
  };
  constexpr int64_t kHour = 3'600'000'000'000;
  constexpr int64_t kDay = 24 * kHour;
  constexpr int64_t kMay31 = 19'874 * kDay;  // 2024-05-31, a Friday
  const auto nights = interval("times: [{start_time: '22:00', end_time: '24:00'}]");
  EXPECT_FALSE(nights.Contains(kMay31 + 22 * kHour - 1));
  EXPECT_TRUE(nights.Contains(kMay31 + 22 * kHour));
  EXPECT_TRUE(nights.Contains(kMay31 + kDay - 1));
  EXPECT_TRUE(interval("weekdays: ['friday']").Contains(kMay31));
  EXPECT_FALSE(interval("weekdays: ['saturday', 'sunday:thursday']").Contains(kMay31));
  EXPECT_TRUE(interval("days_of_month: ['-1']").Contains(kMay31));
  EXPECT_FALSE(interval("days_of_month: ['-1']").Contains(kMay31 - kDay));
  EXPECT_TRUE(interval("{months: ['may'], years: ['2024']}").Contains(kMay31));
  EXPECT_FALSE(interval("{months: ['may'], years: ['2025']}").Contains(kMay31));
  // 23:30 in London's summer is 00:30 in Berlin, the next day.
  EXPECT_TRUE(interval("{weekdays: [saturday], location: Europe/Berlin}")
                  .Contains(kMay31 + 22 * kHour + kHour / 2));
  EXPECT_TRUE(faults.empty()) << faults.Text();
  for (const auto& [yaml, fault] :
       {std::pair{"weekdays: ['friday:monday']", "start day cannot be before end day"},
        {"weekdays: ['friyay']", "friyay is not a valid weekday"},
        {"days_of_month: ['0']", "0 is not a valid day of the month: out of range"},
        {"days_of_month: ['20:-15']", "end day -15 is always before start day 20"},
        {"months: ['may:april']", "end month april is before start month may"},
        {"times: [{start_time: '9:00', end_time: '10:00'}]",
         "couldn't parse timestamp 9:00, invalid format"},
        {"location: Mars/Base", "unknown time zone Mars/Base"}}) {
    Faults bad("f");
    const auto node = ParseYaml(std::string("name: n\ntime_intervals:\n- ") + yaml, "f");
    ReadNamedIntervals(*node, false, bad);
    EXPECT_THAT(bad.Text(), HasSubstr(fault));
  }
}

model::MatchOp Op(std::string_view text) {
  return text == "="    ? model::MatchOp::kEqual
         : text == "!=" ? model::MatchOp::kNotEqual
         : text == "=~" ? model::MatchOp::kRegex
                        : model::MatchOp::kNotRegex;
}

AlertMatcher Expected(simdjson::dom::element item) {
  const auto parts = item["matcher"].get_array().value();
  return *AlertMatcher::Make(Op(parts.at(1).get_string().value()),
                             std::string(parts.at(0).get_string().value()),
                             std::string(parts.at(2).get_string().value()));
}

AlertMatchers ExpectedList(simdjson::dom::element item) {
  AlertMatchers out;
  simdjson::dom::array list;
  if (item["expected"].get(list) == simdjson::SUCCESS) {
    for (const auto one : list) out.push_back(Expected(one));
  }
  simdjson::dom::object single;
  if (item["expected"].get(single) == simdjson::SUCCESS) out.push_back(Expected(item["expected"]));
  return out;
}

TEST(AlertMatcher, ParserTablesOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  size_t checked = 0;
  for (const auto table : Load(parser, "unit/matcher_parse.json")["tables"].get_array()) {
    for (const auto item : table["cases"].get_array()) {
      SCOPED_TRACE(Text(item, "name"));
      const auto parsed = ParseUtf8Matchers(Text(item, "input"));
      const std::string error = Text(item, "error");
      if (error.empty()) {
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(*parsed, ExpectedList(item));
      } else if (parsed) {
        EXPECT_NE(parsed->size(), 1u) << error;  // refused only where one is wanted
      } else {
        EXPECT_EQ(parsed.error().message, error);
      }
      ++checked;
    }
  }
  EXPECT_EQ(checked, 76u);
  for (const auto table : Load(parser, "unit/matcher_compat_parse.json")["tables"].get_array()) {
    const std::string test = Text(table, "test");
    if (test.find("Fallback") == std::string::npos) continue;
    for (const auto item : table["cases"].get_array()) {
      SCOPED_TRACE(test + " " + Text(item, "name"));
      const std::string input = Text(item, "input");
      base::Result<AlertMatchers> parsed = ParseAlertMatchers(input);
      if (test == "TestFallbackMatcherParser") {
        const auto one = ParseAlertMatcher(input);
        if (one) {
          parsed = AlertMatchers{*one};
        } else {
          parsed = std::unexpected(one.error());
        }
      }
      const std::string error = Text(item, "err");
      EXPECT_EQ(parsed ? "" : parsed.error().message, error);
      if (error.empty() && parsed) {
        EXPECT_EQ(*parsed, ExpectedList(item));
      }
    }
  }
}

TEST(AlertMatcher, MatchAndPrintTables) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  for (const auto table : Load(parser, "unit/matcher_match.json")["tables"].get_array()) {
    const std::string test = Text(table, "test");
    for (const auto item : table["cases"].get_array()) {
      if (test == "TestMatcher") {
        const auto parts = item["matcher"]["matcher"].get_array().value();
        const auto matcher = AlertMatcher::Make(Op(parts.at(0).get_string().value()), "t",
                                                std::string(parts.at(2).get_string().value()));
        EXPECT_EQ(matcher->Matches(Text(item, "value")), item["match"].get_bool().value());
      } else if (test == "TestMatcherString") {
        const auto matcher =
            AlertMatcher::Make(Op(Text(item, "op")), Text(item, "name"), Text(item, "value"));
        EXPECT_EQ(matcher->ToString(), Text(item, "want"));
      }
    }
  }
}

TEST(AlertMatcher, Own) {
  EXPECT_THAT(ParseAlertMatcher("{a=b}").error().message,
              HasSubstr("unexpected open or close brace"));
  EXPECT_THAT(ParseAlertMatchers("{\"x y\"=b,a=~\"[\"}").error().message, HasSubstr("bad matcher"));
  EXPECT_EQ(ToString(*ParseAlertMatchers("{\"x y\"=b, a!=\"c,d\"}")), "{\"x y\"=\"b\",a!=\"c,d\"}");
}

}  // namespace
}  // namespace pharos::conf
