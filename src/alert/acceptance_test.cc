// The timed scenarios of Alertmanager's own acceptance tests, in compressed time.
#include <gmock/gmock.h>
#include <simdjson.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "alert/world_test.h"
#include "text/rfc3339.h"

namespace pharos::alert {
namespace {

using Json = simdjson::dom::element;

int64_t Ns(double seconds) { return static_cast<int64_t>(std::llround(seconds * 1e9)); }

std::string Text(Json item, const char* key) {
  std::string_view text;
  return item[key].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

double Number(Json item, const char* key, double otherwise) {
  double value = otherwise;
  return item[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

model::Labels LabelsOf(Json item, const char* key) {
  std::vector<model::LabelView> labels;
  simdjson::dom::object object;
  if (item[key].get(object) == simdjson::SUCCESS) {
    for (const auto field : object) labels.push_back({field.key, field.value.get_string().value()});
  }
  return model::Labels::FromPairs(std::move(labels));
}

/// One alert as the collector saw or expects it, times in seconds from the start.
struct Seen {
  model::Labels labels;
  model::Labels annotations;
  double starts = NAN;  ///< NAN: any
  double ends = NAN;    ///< NAN: firing
};
struct Delivered {
  double at = 0;
  std::vector<Seen> alerts;
};

bool Near(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

bool Same(const Seen& want, const Seen& got, double tolerance) {
  return want.labels == got.labels && want.annotations == got.annotations &&
         (std::isnan(want.starts) || Near(want.starts, got.starts, tolerance)) &&
         std::isnan(want.ends) == std::isnan(got.ends) &&
         (std::isnan(want.ends) || Near(want.ends, got.ends, tolerance));
}

bool SameSet(const std::vector<Seen>& want, std::vector<Seen> got, double tolerance) {
  if (want.size() != got.size()) return false;
  for (const Seen& one : want) {
    const auto found = std::find_if(got.begin(), got.end(),
                                    [&](const Seen& g) { return Same(one, g, tolerance); });
    if (found == got.end()) return false;
    got.erase(found);
  }
  return true;
}

class Scenario {
 public:
  Scenario(Json item, std::string yaml)
      : item_(item), world_(std::move(yaml)), tolerance_(Tolerance()) {
    world_.transport.answer = [this](const net::ClientRequest& request) { return Answer(request); };
  }

  void Run() {
    std::multimap<double, Json> actions;
    for (const Json action : item_["actions"].get_array())
      actions.emplace(Number(action, "at", 0), action);
    double end = 0;
    for (const Json expect : item_["expect"].get_array())
      end = std::max(end, expect["between"].at(1).get_double().value());
    for (const auto& [at, action] : actions) {
      world_.Run(kStartNs + Ns(at) - world_.clock.NowNs());
      Act(action);
    }
    world_.Run(kStartNs + Ns(end) - world_.clock.NowNs());
    Check();
  }

 private:
  double Tolerance() {
    const std::string text = Text(item_["options"], "Tolerance");
    return text == "150ms" ? 0.15 : std::stod(text);
  }
  double Now() const { return static_cast<double>(world_.clock.NowNs() - kStartNs) / 1e9; }

  void Act(Json action) {
    simdjson::dom::array list;
    if (action["push"].get(list) == simdjson::SUCCESS) {
      std::vector<AlertRecord> alerts;
      for (const Json one : list) alerts.push_back(Alert(one));
      ASSERT_TRUE(world_.am->Post(std::move(alerts)));
    }
    if (action["SetSilence"].get(list) == simdjson::SUCCESS) {
      for (const Json one : list) SetSilence(one);
    }
    if (action["DelSilence"].get(list) == simdjson::SUCCESS) {
      ASSERT_FALSE(silences_.empty());
      ASSERT_TRUE(world_.am->ExpireSilence(silences_.back()));
      silences_.pop_back();
    }
    if (!Text(action, "op").empty()) {
      ASSERT_TRUE(world_.am->Reload(*conf::ParseAlertmanagerConfig(world_.yaml, "am.yml")));
    }
  }

  static AlertRecord Alert(Json one) {
    AlertRecord alert;
    alert.labels = LabelsOf(one, "labels");
    alert.annotations = LabelsOf(one, "annotations");
    const double starts = Number(one, "startsAt", NAN);
    const double ends = Number(one, "endsAt", NAN);
    if (!std::isnan(starts)) alert.starts_at_ns = kStartNs + Ns(starts);
    if (!std::isnan(ends)) alert.ends_at_ns = kStartNs + Ns(ends);
    return alert;
  }

  void SetSilence(Json one) {
    Silence silence;
    silence.starts_at_ns = kStartNs + Ns(Number(one, "startsAt", 0));
    silence.ends_at_ns = kStartNs + Ns(Number(one, "endsAt", 0));
    for (const Json matcher : one["matchers"].get_array()) {
      const std::string name(matcher.at(0).get_string().value());
      const std::string op(matcher.at(1).get_string().value());
      const std::string value(matcher.at(2).get_string().value());
      silence.matchers.push_back(*conf::AlertMatcher::Make(
          op == "=~" ? model::MatchOp::kRegex : model::MatchOp::kEqual, name, value));
    }
    auto id = world_.am->SetSilence(std::move(silence));
    ASSERT_TRUE(id) << id.error().message;
    silences_.push_back(*id);
  }

  base::Result<net::Response> Answer(const net::ClientRequest& request) {
    const std::string name = item_["name"].get_string().value().data();
    const std::string collector = request.url.substr(request.url.rfind('/') + 1);
    if (name == "TestRetry" && collector == "co2" && Now() < 4.5)
      return net::Response::Text(500, "not yet");
    if (name == "TestWebhookTimeout" && Now() < 3) {
      EXPECT_EQ(request.timeout.count(), 500);
      return base::Fail(base::ErrorKind::kTimeout, "no answer within 500 ms");
    }
    Delivered delivered{.at = Now(), .alerts = {}};
    simdjson::dom::parser parser;
    for (const Json one : parser.parse(request.body)["alerts"].get_array()) {
      Seen seen{.labels = LabelsOf(one, "labels"), .annotations = LabelsOf(one, "annotations")};
      seen.starts = Seconds(Text(one, "startsAt"));
      if (Text(one, "endsAt") != "0001-01-01T00:00:00Z") seen.ends = Seconds(Text(one, "endsAt"));
      delivered.alerts.push_back(std::move(seen));
    }
    collected_[collector].push_back(std::move(delivered));
    return net::Response::Text(200, "");
  }

  static double Seconds(const std::string& time) {
    return static_cast<double>(text::ParseRfc3339(time).value() - kStartNs) / 1e9;
  }

  void Check() {
    std::map<std::string, size_t> wanted;
    for (const Json expect : item_["expect"].get_array()) {
      const std::string collector = Text(expect, "collector");
      const double from = expect["between"].at(0).get_double().value();
      const double to = expect["between"].at(1).get_double().value();
      std::vector<Seen> want;
      for (const Json one : expect["alerts"].get_array()) {
        want.push_back({LabelsOf(one, "labels"), LabelsOf(one, "annotations"),
                        Number(one, "startsAt", NAN), Number(one, "endsAt", NAN)});
      }
      bool found = want.empty();  // then nothing comes, which the count below says
      if (!want.empty()) wanted[collector] += 1;
      for (const Delivered& got : collected_[collector]) {
        found |= got.at >= from - tolerance_ && got.at <= to + tolerance_ &&
                 SameSet(want, got.alerts, tolerance_);
      }
      EXPECT_TRUE(found) << collector << " should get " << simdjson::minify(expect);
    }
    for (const auto& [collector, got] : collected_) {
      std::string times;
      for (const Delivered& one : got) times += " " + std::to_string(one.at);
      EXPECT_EQ(got.size(), wanted[collector]) << collector << " at" << times;
    }
  }

  const Json item_;
  World world_;
  const double tolerance_;
  std::map<std::string, std::vector<Delivered>> collected_;
  std::vector<std::string> silences_;
};

TEST(Alertmanager, AcceptanceScenariosOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  size_t run = 0;
  for (const Json item :
       parser.load(std::string(kData) + "acceptance_scenarios.json")["scenarios"].get_array()) {
    const std::string name = Text(item, "name");
    SCOPED_TRACE(name);
    // One needs a start delay that Pharos does not have, one needs three instances.
    if (name == "TestColdStart" || name == "TestClusterDeduplication") continue;
    std::string yaml = Text(item, "config");
    for (size_t at = 0; (at = yaml.find("WEBHOOK_ADDR", at)) != std::string::npos;) {
      const size_t end = yaml.find('\'', at);
      const size_t name_at = yaml.find('_', at + 8);
      const std::string collector = name_at != std::string::npos && name_at < end
                                        ? yaml.substr(name_at + 1, end - name_at - 1)
                                        : "co";
      yaml.replace(at, end - at, "receiver/" + collector);
      at += 9;
    }
    Scenario(item, yaml).Run();
    ++run;
  }
  EXPECT_EQ(run, 13u);
}

}  // namespace
}  // namespace pharos::alert
