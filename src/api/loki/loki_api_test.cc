#include "api/loki/loki_api.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "api/loki/encode.h"
#include "api/loki/limits.h"
#include "api/testing/call.h"
#include "query/logql/testing/memory_events.h"

namespace pharos::api::loki {
namespace {

using api::testing::Call;
using api::testing::Encode;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

/// Keeps what it is told, as an engine would.
class FakeDeletes final : public store::EventDeletes {
 public:
  base::Result<std::string> AddDeletion(std::string_view, store::EventDeletion one) override {
    one.id = "id" + std::to_string(all.size());
    one.created_ns = kNow;
    all.push_back(std::move(one));
    return all.back().id;
  }
  std::vector<store::EventDeletion> Deletions(std::string_view) override { return all; }
  base::Result<void> CancelDeletion(std::string_view, std::string_view id) override {
    if (id != "id0") return base::Fail(base::ErrorKind::kNotFound, "not found");
    all.clear();
    return {};
  }
  std::vector<store::EventDeletion> all;
};

class LokiApiTest : public ::testing::Test {
 protected:
  LokiApiTest() {
    deps_.events = &events_;
    deps_.deletes = &deletes_;
    deps_.clock = &clock_;
    RegisterLokiApi(router_, "", deps_, true);
    events_.AddLine({{"app", "a"}, {"env", "dev"}}, kNow - 10 * kSecond, "first",
                    {{"trace_id", model::Value::String("t1")}});
    events_.AddLine({{"app", "b"}}, kNow - 5 * kSecond, R"({"n":5})");
    events_.AddLine({{"app", "a"}, {"env", "dev"}}, kNow - 1 * kSecond, "second \"quoted\"");
  }
  net::Response Get(const std::string& target) { return Call(router_, "GET", target); }
  /// The answer without its statistics, which hold times.
  std::string Data(const std::string& target) {
    std::string body = Get(target).body;
    if (const size_t stats = body.find(",\"stats\""); stats != std::string::npos)
      body.resize(stats);
    return body;
  }

  query::logql::testing::MemoryEvents events_;
  FakeDeletes deletes_;
  base::FakeClock clock_{kNow};
  Deps deps_;
  net::Router router_;
};

TEST_F(LokiApiTest, QueryRangeGivesStreamsNewestFirst) {
  EXPECT_EQ(
      Data("/loki/api/v1/query_range?query=" + Encode(R"({app="a"})")),
      R"({"status":"success","data":{"resultType":"streams","result":[)"
      R"({"stream":{"app":"a","env":"dev"},"values":[["1699999999000000000","second \"quoted\""]]},)"
      R"({"stream":{"app":"a","env":"dev","trace_id":"t1"},"values":[["1699999990000000000","first"]]}])");
  const std::string forward =
      Data("/loki/api/v1/query_range?limit=1&direction=forward&query=" + Encode(R"({app=~".+"})"));
  EXPECT_NE(forward.find("first"), std::string::npos);
  EXPECT_EQ(forward.find("second"), std::string::npos);
}

TEST_F(LokiApiTest, CategorizedLabelsStandWithTheirEntries) {
  const auto response =
      Call(router_, "GET",
           "/loki/api/v1/query_range?query=" + Encode(R"({app=~".+"} | json n="n" | __error__="")"),
           "", {{"X-Loki-Response-Encoding-Flags", "categorize-labels"}});
  EXPECT_NE(
      response.body.find(
          R"("encodingFlags":["categorize-labels"],"result":[{"stream":{"app":"b"},"values":[["1699999995000000000","{\"n\":5}",{"parsed":{"n":"5"}}]]}])"),
      std::string::npos)
      << response.body;
}

TEST_F(LokiApiTest, MetricsAreVectorsAndMatrices) {
  EXPECT_EQ(
      Data("/loki/api/v1/query?query=" +
           Encode(R"(sum by (app) (count_over_time({app=~".+"}[1m])))")),
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"app":"a"},"value":[1700000000,"2"]},{"metric":{"app":"b"},"value":[1700000000,"1"]}])");
  EXPECT_EQ(
      Data("/loki/api/v1/query_range?start=1699999990&end=1700000000&step=5&query=" +
           Encode(R"(sum(rate({app="a"}[10s])))")),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1699999990,"0.1"],[1699999995,"0.1"],[1700000000,"0.1"]]}])");
  EXPECT_EQ(Data("/loki/api/v1/query?query=1%2B1"),
            R"({"status":"success","data":{"resultType":"scalar","result":[1700000000,"2"])");
  EXPECT_NE(Get("/loki/api/v1/query?query=1").body.find("\"totalLinesProcessed\":0"),
            std::string::npos);
}

TEST_F(LokiApiTest, ErrorsAreTextWithLokisWords) {
  const auto bad = Get("/loki/api/v1/query_range?query=" + Encode(R"({app="a")"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body,
            "parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,\n");
  EXPECT_EQ(Get("/loki/api/v1/query?query=" + Encode(R"({app="a"})")).status, 400);
  EXPECT_EQ(Get("/loki/api/v1/query_range?direction=up&query=1").body, "invalid direction 'up'\n");
  EXPECT_EQ(
      Get("/loki/api/v1/query_range?limit=6000&query=1").body,
      "max entries limit per query exceeded, limit > max_entries_limit_per_query (6000 > 5000)\n");
  EXPECT_EQ(Get("/loki/api/v1/query_range?start=2&end=1&query=1").body,
            "end timestamp must not be before or equal to start time\n");
  EXPECT_EQ(Get("/loki/api/v1/query_range?start=x&query=1").status, 400);
  EXPECT_EQ(Get("/loki/api/v1/query_range?step=-1&query=1").status, 400);
  EXPECT_EQ(Get("/loki/api/v1/query_range?start=0&step=1&query=1").status, 400);
}

TEST_F(LokiApiTest, TimesBeyondAllYearsAreTheFirstAndTheLast) {
  const std::string query = "&query=" + Encode(R"({app="a"})");
  const std::string all = Data("/loki/api/v1/query_range?start=0" + query);
  for (const char* range : {"start=-9223372036854775808&end=9223372036854775807",
                            "start=-9999999999&end=9999999999", "start=0&end=9383998000"}) {
    EXPECT_EQ(Data("/loki/api/v1/query_range?" + std::string(range) + query), all) << range;
  }
  EXPECT_EQ(Get("/loki/api/v1/index/volume_range?start=-9383998000" + query).status, 200);
  EXPECT_EQ(Get("/loki/api/v1/index/volume_range?start=9383998000" + query).status, 400);
}

TEST_F(LokiApiTest, LabelsValuesSeries) {
  EXPECT_EQ(Get("/loki/api/v1/labels").body, R"({"status":"success","data":["app","env"]})");
  EXPECT_EQ(Get("/loki/api/v1/label/app/values").body, R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(Get("/loki/api/v1/label/app/values?query=" + Encode(R"({env="dev"})")).body,
            R"({"status":"success","data":["a"]})");
  EXPECT_EQ(Call(router_, "POST", "/loki/api/v1/series", "match[]=" + Encode(R"({app="b"})")).body,
            R"({"status":"success","data":[{"app":"b"}]})");
  EXPECT_EQ(Get("/loki/api/v1/series?match=%7B").status, 400);
  EXPECT_EQ(Get("/loki/api/v1/labels?start=1&end=2").body, R"({"status":"success","data":[]})");
}

TEST_F(LokiApiTest, VolumeStatsDetected) {
  EXPECT_EQ(Get("/loki/api/v1/index/stats?query=" + Encode(R"({app="a"})")).body,
            R"({"streams":1,"chunks":1,"bytes":20,"entries":2})");
  EXPECT_EQ(
      Data("/loki/api/v1/index/volume?query=" + Encode(R"({app=~".+"})")),
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"app":"a"},"value":[1700000000,"20"]},{"metric":{"app":"b"},"value":[1700000000,"7"]}])");
  EXPECT_EQ(
      Get("/loki/api/v1/detected_fields?query=" + Encode(R"({app="b"})")).body,
      R"({"fields":[{"label":"n","type":"int","cardinality":1,"parsers":["json"]}],"limit":1000})");
  EXPECT_NE(Get("/loki/api/v1/detected_labels").body.find(R"({"label":"app","cardinality":2})"),
            std::string::npos);
}

TEST_F(LokiApiTest, StatusPagesAndTenants) {
  EXPECT_EQ(Get("/ready").body, "ready\n");
  EXPECT_EQ(Get("/loki/api/v1/status/buildinfo").status, 200);
  EXPECT_EQ(Get("/loki/api/v1/format_query?query=" + Encode(R"({a="b"}|="x")")).body,
            R"({"status":"success","data":"{a=\"b\"} |= \"x\""})");
  net::Router tenants;
  deps_.multi_tenant = true;
  RegisterLokiApi(tenants, "/p", deps_);
  EXPECT_EQ(Call(tenants, "GET", "/p/loki/api/v1/labels").status, 401);
  EXPECT_EQ(Call(tenants, "GET", "/p/loki/api/v1/labels", "", {{"X-Scope-OrgID", "x"}}).status,
            200);
}

/// A socket that keeps what was sent.
class FakeSocket final : public net::WebSocket {
 public:
  bool Send(std::string message) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back(std::move(message));
    changed_.notify_all();
    return true;
  }
  void Close(uint16_t code, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    closed_ = std::to_string(code) + " " + std::string(reason);
    changed_.notify_all();
  }
  void OnClose(std::function<void()> callback) override { on_close_ = std::move(callback); }
  std::string Sent(size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return sent_.size() > index; });
    return sent_.size() > index ? sent_[index] : "nothing";
  }
  std::string closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  void Leave() { std::exchange(on_close_, nullptr)(); }  // once, as the real one

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> sent_;
  std::string closed_;
  std::function<void()> on_close_;
};

TEST_F(LokiApiTest, TailSendsWhatWasThereAndThenWhatComes) {
  const auto tail = [&](const std::string& query) {
    auto socket = std::make_shared<FakeSocket>();
    const auto match = router_.Find("GET", "/loki/api/v1/tail");
    EXPECT_EQ(match.found, net::Router::Found::kRoute);
    net::Request request;
    request.query = "query=" + Encode(query);
    match.route->socket(request, socket);
    return socket;
  };
  auto socket = tail(R"({app="b"} |= "n")");
  EXPECT_EQ(
      socket->Sent(0),
      R"({"streams":[{"stream":{"app":"b"},"values":[["1699999995000000000","{\"n\":5}"]]}]})");
  events_.AddLine({{"app", "b"}}, kNow, "no match: x");
  events_.AddLine({{"app", "b"}}, kNow, "dropped");
  events_.AddLine({{"app", "b"}}, kNow + 1, "now");
  EXPECT_EQ(
      socket->Sent(1),
      R"({"streams":[{"stream":{"app":"b"},"values":[["1700000000000000000","no match: x"]]}]})");
  EXPECT_EQ(socket->Sent(2),
            R"({"streams":[{"stream":{"app":"b"},"values":[["1700000000000000001","now"]]}]})");
  socket->Leave();
  EXPECT_NE(tail("{app=")->closed().find("1011 parse error"), std::string::npos);
  std::vector<std::shared_ptr<FakeSocket>> many;
  for (size_t i = 0; i < kMaxTails; ++i) many.push_back(tail(R"({app="b"})"));
  EXPECT_EQ(many.back()->closed(), "");
  EXPECT_NE(tail(R"({app="b"})")->closed().find("max concurrent tail"), std::string::npos);
  for (const auto& one : many) one->Leave();
}

TEST_F(LokiApiTest, LinesAreDeletedOnRequest) {
  const std::string path = "/loki/api/v1/delete";
  const auto post = [&](const std::string& query) {
    return Call(router_, "POST", path + "?" + query);
  };
  const std::string query = "query=" + Encode(R"({app="a"} |= "x" != "y")");
  EXPECT_EQ(post(query + "&start=1699999000&end=2023-11-14T22:13:10.5Z").status, 204);
  ASSERT_EQ(deletes_.all.size(), 1U);
  EXPECT_EQ(deletes_.all[0].start_ns, 1'699'999'000 * kSecond);
  EXPECT_EQ(deletes_.all[0].end_ns, 1'699'999'990 * kSecond + kSecond / 2);
  EXPECT_EQ(deletes_.all[0].predicate.children.size(), 2U);
  deletes_.all.push_back(deletes_.all[0]);
  deletes_.all[1].done = true;
  EXPECT_EQ(Get(path).body,
            R"([{"request_id":"id0","start_time":1699999000,"end_time":1699999990.5,"query":)"
            R"("{app=\"a\"} |= \"x\" != \"y\"","status":"received","created_at":1700000000},)"
            R"({"request_id":"id0","start_time":1699999000,"end_time":1699999990.5,"query":)"
            R"("{app=\"a\"} |= \"x\" != \"y\"","status":"processed","created_at":1700000000}])"
            "\n");
  EXPECT_EQ(Call(router_, "DELETE", path + "?request_id=nope").status, 404);
  EXPECT_EQ(Call(router_, "DELETE", path + "?request_id=id0").status, 204);
  EXPECT_EQ(Get(path).body, "[]\n");
}

TEST_F(LokiApiTest, SpansAreDeletedByServiceAndTime) {
  RegisterDeletes(router_, "/spans/delete", model::EventKind::kSpan, deps_);
  const std::string query = "query=" + Encode(R"({service_name="a"})") + "&start=1699999000";
  EXPECT_EQ(Call(router_, "POST", "/spans/delete?" + query).status, 204);
  ASSERT_EQ(deletes_.all.size(), 1U);
  EXPECT_EQ(deletes_.all[0].kind, model::EventKind::kSpan);
  EXPECT_EQ(Get("/loki/api/v1/delete").body, "[]\n");
  EXPECT_NE(Get("/spans/delete").body, "[]\n");
  const std::string line = "query=" + Encode(R"({service_name="a"} |= "x")") + "&start=1699999000";
  EXPECT_EQ(Call(router_, "POST", "/spans/delete?" + line).status, 400);
}

TEST_F(LokiApiTest, DeleteRequestsThatCannotBe) {
  const auto body = [&](const std::string& query) {
    const auto response = Call(router_, "PUT", "/loki/api/v1/delete?" + query);
    EXPECT_EQ(response.status, 400);
    return response.body;
  };
  const std::string all = "query=" + Encode(R"({app="a"})");
  EXPECT_EQ(body("start=1699999000"), "query not set\n");
  EXPECT_EQ(body("query=app&start=1699999000"), "invalid query expression\n");
  EXPECT_EQ(body("query=" + Encode(R"(rate({app="a"}[1m]))") + "&start=1699999000"),
            "invalid query expression\n");
  EXPECT_EQ(body("query=" + Encode(R"({app="a"} | json | x="1")") + "&start=1699999000")
                .find("unsupported query expression"),
            0U);
  EXPECT_EQ(body(all), "start time not set\n");
  EXPECT_EQ(body(all + "&start=1699999000000"),
            "invalid start time: require unix seconds or RFC3339 format\n");
  EXPECT_EQ(body(all + "&start=1699999000&end=soon"),
            "invalid end time: require unix seconds or RFC3339 format\n");
  EXPECT_EQ(body(all + "&start=1699999000&end=1700000001"),
            "deletes in the future are not allowed\n");
  EXPECT_EQ(body(all + "&start=1699999000&end=1699998000"),
            "start time can't be greater than end time\n");
  EXPECT_TRUE(deletes_.all.empty());
  net::Router closed;
  deps_.deletes = nullptr;
  RegisterLokiApi(closed, "", deps_);
  EXPECT_EQ(Call(closed, "POST", "/loki/api/v1/delete?" + all).status, 403);
}

}  // namespace
}  // namespace pharos::api::loki
