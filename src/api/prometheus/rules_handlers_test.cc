#include <gtest/gtest.h>

#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "query/promql/memory_source.h"

namespace pharos::api::prometheus {
namespace {

using testing::Call;
using testing::Encode;

rules::GroupStatus GroupOf(const std::string& file, const std::string& name) {
  rules::RuleStatus alert{.alerting = true,
                          .name = "High",
                          .expression = "x > 1",
                          .labels = model::Labels{{"severity", "page"}},
                          .for_ms = 90'500,
                          .annotations = model::Labels{{"s", "{{ $value }}"}},
                          .state = rules::AlertState::kFiring};
  alert.record = {.health = rules::Health::kGood,
                  .duration_seconds = 0.00025,
                  .evaluated_at_ms = 1'700'000'000'123};
  alert.alerts.push_back({.state = rules::AlertState::kFiring,
                          .labels = model::Labels{{"alertname", "High"}, {"severity", "page"}},
                          .annotations = model::Labels{{"s", "2"}},
                          .value = 2,
                          .active_at_ms = 1'700'000'000'000,
                          .keep_firing_since_ms = 1'700'000'001'000});
  rules::RuleStatus record{.name = "a:b", .expression = "count"};
  record.record = {.health = rules::Health::kBad, .last_error = "no <x>"};
  return {.file = file,
          .name = name,
          .interval_ms = 15'000,
          .limit = 3,
          .evaluated_at_ms = 1'700'000'000'000,
          .duration_seconds = 0.5,
          .rules = {alert, record}};
}

class RulesApiTest : public ::testing::Test {
 protected:
  RulesApiTest() {
    PrometheusApiDeps deps;
    deps.source = &source_;
    deps.rule_groups = [this] { return groups_; };
    deps.alertmanagers = [] { return rules::AlertmanagerUrls{{"http://a/api/v2/alerts"}, {}}; };
    RegisterPrometheusApi(router_, "", std::move(deps));
  }
  std::string Get(const std::string& target) {
    return Call(router_, "GET", "/api/v1" + target).body;
  }
  size_t Count(const std::string& target, const std::string& what) {
    const std::string body = Get(target);
    size_t count = 0;
    for (size_t at = 0; (at = body.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  query::promql::MemorySource source_;
  net::Router router_;
  std::vector<rules::GroupStatus> groups_{GroupOf("f", "g")};
};

TEST_F(RulesApiTest, AsPrometheusWritesThem) {
  const std::string expected =
      R"({"status":"success","data":{"groups":[{"name":"g","file":"f","rules":[)"
      R"({"state":"firing","name":"High","query":"x \u003e 1","duration":90.5,"keepFiringFor":0,)"
      R"("labels":{"severity":"page"},"annotations":{"s":"{{ $value }}"},"alerts":[)"
      R"({"labels":{"alertname":"High","severity":"page"},"annotations":{"s":"2"},"state":"firing",)"
      R"("activeAt":"2023-11-14T22:13:20Z","keepFiringSince":"2023-11-14T22:13:21Z","value":"2e+00"}],)"
      R"("health":"ok","evaluationTime":0.00025,"lastEvaluation":"2023-11-14T22:13:20.123Z","type":"alerting"},)"
      R"({"name":"a:b","query":"count","labels":{},"health":"err","lastError":"no \u003cx\u003e",)"
      R"("evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}],)"
      R"("interval":15,"limit":3,"evaluationTime":0.5,"lastEvaluation":"2023-11-14T22:13:20Z"}]}})";
  EXPECT_EQ(Get("/rules"), expected);
  EXPECT_EQ(
      Get("/alerts"),
      R"({"status":"success","data":{"alerts":[{"labels":{"alertname":"High","severity":"page"},)"
      R"("annotations":{"s":"2"},"state":"firing","activeAt":"2023-11-14T22:13:20Z",)"
      R"("keepFiringSince":"2023-11-14T22:13:21Z","value":"2e+00"}]}})");
  EXPECT_EQ(
      Get("/alertmanagers"),
      R"({"status":"success","data":{"activeAlertmanagers":[{"url":"http://a/api/v2/alerts"}],)"
      R"("droppedAlertmanagers":[]}})");
}

TEST_F(RulesApiTest, Filters) {
  groups_.push_back(GroupOf("f2", "h"));
  EXPECT_EQ(Count("/rules?type=alert", "\"type\":"), 2u);
  EXPECT_EQ(Count("/rules?type=record&rule_group[]=h", "\"type\":\"recording\""), 1u);
  EXPECT_EQ(Count("/rules?rule_name[]=High&file[]=f2", "\"type\":"), 1u);
  EXPECT_EQ(Count("/rules?match[]=" + Encode("{severity=\"page\"}"), "\"type\":"), 2u);
  EXPECT_EQ(Count("/rules?match[]=" + Encode("{severity=\"no\"}"), "\"name\":"), 0u)
      << "groups without a wanted rule are left out";
  EXPECT_EQ(Count("/rules?exclude_alerts=true", "\"alerts\":null"), 2u);
}

TEST_F(RulesApiTest, Pages) {
  groups_.push_back(GroupOf("f2", "h"));
  groups_.push_back(GroupOf("f3", "i"));
  const std::string first = Get("/rules?group_limit=2");
  const size_t at = first.find("\"groupNextToken\":\"");
  ASSERT_NE(at, std::string::npos);
  const std::string token = first.substr(at + 18, 64);
  const std::string rest = Get("/rules?group_limit=2&group_next_token=" + token);
  EXPECT_NE(rest.find("\"name\":\"i\""), std::string::npos);
  EXPECT_EQ(rest.find("groupNextToken"), std::string::npos);
  EXPECT_EQ(rest.find("\"name\":\"h\""), std::string::npos);
}

TEST_F(RulesApiTest, Faults) {
  const auto error = [&](const std::string& target) {
    const std::string body = Get(target);
    return body.substr(body.find("\"error\":") + 8);
  };
  EXPECT_EQ(error("/rules?type=x"), R"("invalid parameter \"type\": not supported value \"x\""})");
  EXPECT_EQ(error("/rules?group_limit=0"),
            R"("invalid parameter \"group_limit\": group_limit needs to be greater than 0"})");
  EXPECT_EQ(
      error("/rules?group_next_token=a"),
      R"("invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups"})");
  EXPECT_EQ(
      error("/rules?group_limit=1&group_next_token=a"),
      R"("invalid parameter \"group_next_token\": invalid group_next_token 'a'. were rule groups changed?"})");
  EXPECT_EQ(
      error("/rules?exclude_alerts=x"),
      R"("invalid parameter \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool: parsing \"x\": invalid syntax"})");
}

}  // namespace
}  // namespace pharos::api::prometheus
