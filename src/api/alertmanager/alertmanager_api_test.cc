#include "api/alertmanager/alertmanager_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/limits.h"
#include "alert/world_test.h"

namespace pharos::api::alertmanager {
namespace {

using alert::kSecond;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char* const kYaml = R"(
route:
  receiver: hook
  group_by: [alertname]
receivers:
- name: hook
  labels: {owner: us}
  webhook_configs: [{url: 'http://h/x'}]
- name: other
inhibit_rules:
- source_matchers: [severity="critical"]
  target_matchers: [severity="warning"]
  equal: [job]
)";

struct Face {
  Face() { RegisterAlertmanagerApi(router, "", {.alertmanager = world.am.get()}, true); }
  net::Response Call(const std::string& method, const std::string& target,
                     const std::string& body = "", const std::string& type = "application/json") {
    net::Request request;
    request.method = method;
    request.raw_path = request.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) request.query = target.substr(target.find('?') + 1);
    request.body = body;
    if (!type.empty()) request.headers.Add("Content-Type", type);
    const auto match = router.Find(method, request.raw_path);
    if (match.found != net::Router::Found::kRoute) return net::Response::Text(599, "no route");
    request.path_params = match.params;
    return match.route->sync(request);
  }
  std::string Say(const std::string& method, const std::string& target,
                  const std::string& body = "", const std::string& type = "application/json") {
    const net::Response r = Call(method, target, body, type);
    return std::to_string(r.status) + " " + r.body;
  }
  alert::World world{kYaml};
  net::Router router;
};

/// Recorded from the original (0.25), whose words stayed.
TEST(AlertmanagerApi, RefusalsAreTheOriginals) {
  Face face;
  const auto post = [&](const std::string& body) {
    return face.Say("POST", "/api/v2/alerts", body);
  };
  EXPECT_EQ(post("[{}]"), R"(422 {"code":602,"message":"0.labels in body is required"})");
  EXPECT_EQ(post(R"([{"labels":{}}])"), "400 \"at least one label pair required\"\n");
  EXPECT_EQ(post(""), R"(422 {"code":602,"message":"alerts in body is required"})");
  EXPECT_EQ(post("{}"),
            R"(400 {"code":400,"message":"parsing alerts body from \"\" failed, because json: )"
            R"(cannot unmarshal object into Go value of type models.PostableAlerts"})");
  EXPECT_THAT(post("{"),
              StartsWith(R"(400 {"code":400,"message":"parsing alerts body from \"\" failed)"));
  EXPECT_THAT(post(R"([{"labels":{"a":"b"},"startsAt":"x"}])"), HasSubstr(R"(parsing time \"x\")"));
  EXPECT_EQ(post(R"([{"labels":{"a":"b"},"generatorURL":"x y"}])"),
            R"(422 {"code":601,"message":"0.generatorURL in body must be of type uri: \"x y\""})");
  EXPECT_EQ(post(R"([{"labels":{"a":"b"},"endsAt":"2020-01-01T00:00:00Z",)"
                 R"("startsAt":"2021-01-01T00:00:00Z"}])"),
            "400 \"start time must be before end time\"\n");
  EXPECT_EQ(face.Say("POST", "/api/v2/alerts", "[]", "text/plain"),
            R"(415 {"code":415,"message":"unsupported media type \"text/plain\", only )"
            R"([application/json] are allowed"})");
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts?filter=foo"), "400 \"bad matcher format: foo\"\n");
  EXPECT_THAT(face.Say("GET", "/api/v2/alerts?receiver=%5B"),
              StartsWith("400 \"failed to parse receiver param: "));
  EXPECT_EQ(face.Say("GET", "/api/v2/foo"),
            R"(404 {"code":404,"message":"path /api/v2/foo was not found"})");
  EXPECT_EQ(face.Say("PUT", "/api/v2/alerts"),
            R"(405 {"code":405,"message":"method PUT is not allowed, but [GET,POST] are"})");
}

TEST(AlertmanagerApi, AlertsAndGroups) {
  Face face;
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts"), "200 []\n");
  EXPECT_EQ(
      face.Say("POST", "/api/v2/alerts",
               R"([{"labels":{"alertname":"b","empty":""},"annotations":{"x":"<&>"},)"
               R"("startsAt":"0001-01-01T00:00:00.000Z","generatorURL":"http://g/?a=1&b=2"}])"),
      "200 ");
  const std::string alert =
      R"({"annotations":{"x":"\u003c\u0026\u003e"},"endsAt":"2023-11-14T22:18:20.000Z",)"
      R"("fingerprint":"d256efc389800170","receivers":[{"name":"hook"}],)"
      R"("startsAt":"2023-11-14T22:13:20.000Z","status":{"inhibitedBy":[],"mutedBy":[],)"
      R"("silencedBy":[],"state":"active"},"updatedAt":"2023-11-14T22:13:20.000Z",)"
      R"("generatorURL":"http://g/?a=1\u0026b=2","labels":{"alertname":"b"}})";
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts"), "200 [" + alert + "]\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts/groups"),
            "200 [{\"alerts\":[" + alert +
                "],\"labels\":{\"alertname\":\"b\"},\"receiver\":{\"name\":\"hook\"},"
                "\"routeLabels\":{}}]\n");
  for (const char* none : {"active=false", "filter=alertname%3Dx", "receiver=oth",
                           "receiver_matchers=owner%3Dthem", "filter=empty!%3D%22%22"}) {
    EXPECT_EQ(face.Say("GET", std::string("/api/v2/alerts?") + none), "200 []\n") << none;
    EXPECT_EQ(face.Say("GET", std::string("/api/v2/alerts/groups?") + none), "200 []\n") << none;
  }
  EXPECT_THAT(face.Say("GET", "/api/v2/alerts?receiver=ho.%2B&filter=alertname%3D~%22b%7Cc%22"),
              HasSubstr("d256efc389800170"));
  face.world.Run(301 * kSecond, kSecond);
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts"), "200 []\n");
}

TEST(AlertmanagerApi, InhibitedAndSilenced) {
  Face face;
  ASSERT_TRUE(face.world.Push({{"alertname", "a"}, {"severity", "critical"}, {"job", "j"}}));
  ASSERT_TRUE(face.world.Push({{"alertname", "b"}, {"severity", "warning"}, {"job", "j"}}));
  EXPECT_THAT(face.Say("GET", "/api/v2/alerts?active=false"), HasSubstr("\"alertname\":\"b\""));
  EXPECT_THAT(face.Say("GET", "/api/v2/alerts?inhibited=false"),
              ::testing::Not(HasSubstr("\"alertname\":\"b\"")));
  const std::string made = face.Say(
      "POST", "/api/v2/silences",
      R"({"matchers":[{"name":"alertname","value":"a","isRegex":false}],"comment":"c",)"
      R"("startsAt":"2023-11-14T22:00:00Z","endsAt":"2023-11-14T23:00:00Z","createdBy":"me"})");
  ASSERT_THAT(made, StartsWith("200 {\"silenceID\":\""));
  const std::string id = made.substr(18, 36);
  EXPECT_THAT(face.Say("GET", "/api/v2/alerts?inhibited=false"),
              HasSubstr("\"silencedBy\":[\"" + id + "\"],\"state\":\"suppressed\""));
  EXPECT_EQ(face.Say("GET", "/api/v2/alerts?silenced=false&inhibited=no"), "200 []\n");
}

TEST(AlertmanagerApi, Silences) {
  Face face;
  const auto post = [&](const std::string& body) {
    return face.Say("POST", "/api/v2/silences", body);
  };
  const auto silence = [](const std::string& value, const std::string& from,
                          const std::string& to) {
    return R"({"matchers":[{"name":"a","value":")" + value + R"(","isRegex":false}],"startsAt":")" +
           from + R"(","endsAt":")" + to + R"(","createdBy":"x","comment":"c"})";
  };
  EXPECT_EQ(post("{}"), R"(422 {"code":602,"message":"comment in body is required"})");
  EXPECT_EQ(post(R"({"matchers":[],"startsAt":"2030-01-01T00:00:00Z","createdBy":"x",)"
                 R"("endsAt":"2031-01-01T00:00:00Z","comment":"c"})"),
            R"(422 {"code":612,"message":"matchers in body should have at least 1 items"})");
  EXPECT_EQ(post(silence("", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z")),
            "400 \"invalid silence: at least one matcher must not match the empty string\"\n");
  EXPECT_EQ(post(silence("b", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")),
            "400 \"Failed to create silence: end time can't be in the past\"\n");
  EXPECT_EQ(post(silence("b", "2032-01-01T00:00:00Z", "2031-01-01T00:00:00Z")),
            "400 \"Failed to create silence: start time must be before end time\"\n");
  const std::string unknown = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  std::string with_id = silence("b", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z");
  EXPECT_EQ(post(with_id.insert(1, "\"id\":\"" + unknown + "\",")), "404 \"silence not found\"\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/silence/x"),
            R"(422 {"code":601,"message":"silenceID in path must be of type uuid: \"x\""})");
  EXPECT_EQ(face.Say("GET", "/api/v2/silence/" + unknown), "404 ");
  EXPECT_EQ(face.Say("DELETE", "/api/v2/silence/" + unknown), "404 ");

  const std::string made = post(silence("b", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"));
  const std::string id = made.substr(18, 36);
  const std::string shown =
      R"({"id":")" + id +
      R"(","status":{"state":"pending"},"updatedAt":"2023-11-14T22:13:20.000Z","annotations":{},)"
      R"("comment":"c","createdBy":"x","endsAt":"2031-01-01T00:00:00.000Z",)"
      R"("matchers":[{"isEqual":true,"isRegex":false,"name":"a","value":"b"}],)"
      R"("startsAt":"2030-01-01T00:00:00.000Z"})";
  EXPECT_EQ(face.Say("GET", "/api/v2/silences"), "200 [" + shown + "]\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/silence/" + id), "200 " + shown + "\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/silences?filter=a%3Db"), "200 [" + shown + "]\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/silences?filter=a%3D~b"), "200 []\n");
  EXPECT_EQ(face.Say("GET", "/api/v2/silences?pending=false"), "200 []\n");

  post(silence("now", "2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"));
  EXPECT_EQ(face.Say("DELETE", "/api/v2/silence/" + id), "200 ");
  const std::string all = face.Say("GET", "/api/v2/silences");
  EXPECT_LT(all.find("\"active\""), all.find("\"expired\""));
}

TEST(AlertmanagerApi, StatusReceiversAndOwnPort) {
  Face face;
  EXPECT_EQ(face.Say("GET", "/api/v2/receivers"),
            "200 [{\"labels\":{\"name\":\"hook\",\"owner\":\"us\"},\"name\":\"hook\"},"
            "{\"labels\":{\"name\":\"other\"},\"name\":\"other\"}]\n");
  EXPECT_THAT(face.Say("GET", "/api/v2/receivers?receiver_matchers=owner%3D~%22u.%22"),
              ::testing::Not(HasSubstr("other")));
  const std::string status = face.Say("GET", "/api/v2/status");
  EXPECT_THAT(status, StartsWith(R"(200 {"cluster":{"peers":[],"status":"disabled"},"config":{)"
                                 R"("original":"global:\n  resolve_timeout: 5m\n)"));
  EXPECT_THAT(status, HasSubstr(R"(url: \u003csecret\u003e\n)"));
  EXPECT_THAT(status, HasSubstr(R"("uptime":"2023-11-14T22:13:20.000Z")"));
  EXPECT_EQ(face.Say("GET", "/-/healthy"), "200 OK");
  EXPECT_EQ(face.Say("GET", "/-/ready"), "200 OK");
  EXPECT_EQ(face.Call("GET", "/api/v2/status").headers.Get("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace pharos::api::alertmanager
