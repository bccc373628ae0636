// Tempo's and Jaeger's faces over the same spans.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/jaeger/jaeger_api.h"
#include "api/tempo/span_filter.h"
#include "api/tempo/tempo_api.h"
#include "api/testing/call.h"
#include "query/logql/testing/memory_events.h"
#include "wire/otlp_events.h"
#include "wire/otlp_json.h"

namespace pharos::api {
namespace {

using testing::Call;
using testing::Encode;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class TraceApiTest : public ::testing::Test {
 protected:
  TraceApiTest() {
    spans::Deps deps;
    deps.events = &events_;
    deps.clock = &clock_;
    tempo::RegisterTempoApi(tempo_, "", deps, true);
    jaeger::RegisterJaegerApi(jaeger_, "/jaeger", deps);
  }

  void AddOtlp(const std::string& json) {
    const auto protobuf = wire::OtlpJsonToProtobuf(wire::kTracesMessage, json);
    ASSERT_TRUE(protobuf) << protobuf.error().message;
    const auto decoded = wire::DecodeOtlpTraces(std::make_shared<const std::string>(*protobuf),
                                                wire::SpanStream, kNow);
    ASSERT_TRUE(decoded) << decoded.error().message;
    for (const auto& run : decoded->batch.streams) {
      for (const auto& event : run.events) events_.Add(run.stream, event);
    }
  }

  /// Two services: shop calls stock; stock fails.
  void AddShop() {
    AddOtlp(R"({"resourceSpans":[
      {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host","value":{"stringValue":"h1"}}]},
       "scopeSpans":[{"scope":{"name":"lib","version":"1.0"},"spans":[{"traceId":"000000000000000000000000000000ab","spanId":"0000000000000001",
         "name":"GET /checkout","kind":2,"startTimeUnixNano":"1699999990000000000","endTimeUnixNano":"1699999992000000000",
         "attributes":[{"key":"http.status_code","value":{"intValue":"500"}},{"key":"big","value":{"intValue":"9007199254740993"}}]}]}]},
      {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"stock"}}]},
       "scopeSpans":[{"spans":[{"traceId":"000000000000000000000000000000ab","spanId":"0000000000000002","parentSpanId":"0000000000000001",
         "name":"reserve","kind":3,"startTimeUnixNano":"1699999990500000000","endTimeUnixNano":"1699999991000000000",
         "status":{"code":2,"message":"sold out"},
         "events":[{"timeUnixNano":"1699999990600000000","name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]}],
         "links":[{"traceId":"000000000000000000000000000000cd","spanId":"0000000000000009"}]}]}]}]})");
  }

  net::Response Tempo(const std::string& target,
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    return Call(tempo_, "GET", target, "", std::move(headers));
  }
  net::Response Jaeger(const std::string& target) {
    return Call(jaeger_, "GET", "/jaeger" + target);
  }

  query::logql::testing::MemoryEvents events_;
  base::FakeClock clock_{kNow};
  net::Router tempo_;
  net::Router jaeger_;
};

TEST_F(TraceApiTest, JaegerShowsATraceInItsOwnModel) {
  AddShop();
  const auto response = Jaeger("/api/traces/ab");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"data":[{"traceID":"00000000000000ab","spans":[)"
      R"({"traceID":"00000000000000ab","spanID":"0000000000000001","operationName":"GET /checkout","references":[],"startTime":1699999990000000,"duration":2000000,)"
      R"("tags":[{"key":"otel.scope.name","type":"string","value":"lib"},{"key":"otel.scope.version","type":"string","value":"1.0"},)"
      R"({"key":"http.status_code","type":"int64","value":500},{"key":"big","type":"int64","value":"9007199254740993"},{"key":"span.kind","type":"string","value":"server"}],)"
      R"("logs":[],"processID":"p1","warnings":null},)"
      R"({"traceID":"00000000000000ab","spanID":"0000000000000002","operationName":"reserve","references":[{"refType":"CHILD_OF","traceID":"00000000000000ab","spanID":"0000000000000001"},)"
      R"({"refType":"FOLLOWS_FROM","traceID":"00000000000000cd","spanID":"0000000000000009"}],"startTime":1699999990500000,"duration":500000,)"
      R"("tags":[{"key":"span.kind","type":"string","value":"client"},{"key":"otel.status_code","type":"string","value":"ERROR"},{"key":"error","type":"bool","value":true},{"key":"otel.status_description","type":"string","value":"sold out"}],)"
      R"("logs":[{"timestamp":1699999990600000,"fields":[{"key":"event","type":"string","value":"exception"},{"key":"exception.type","type":"string","value":"E"}]}],"processID":"p2","warnings":null}],)"
      R"("processes":{"p1":{"serviceName":"shop","tags":[{"key":"host","type":"string","value":"h1"}]},"p2":{"serviceName":"stock","tags":[]}},"warnings":null}],)"
      R"("total":0,"limit":0,"offset":0,"errors":null})");
  const auto missing = Jaeger("/api/traces/ff");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(
      missing.body,
      R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]})");
  EXPECT_EQ(Jaeger("/api/traces/xyz").status, 400);
}

TEST_F(TraceApiTest, JaegerConvertsItsOwnFixture) {
  const std::string folder = "../shared/data/jaeger/jaegerquery_internal_fixture/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  AddOtlp(ReadFile(folder + "otlp2jaeger-in.json"));
  const std::string want = ReadFile(folder + "otlp2jaeger-out.json");
  std::string small(want.size() + simdjson::SIMDJSON_PADDING, '\0');
  size_t length = 0;
  ASSERT_EQ(simdjson::minify(want.data(), want.size(), small.data(), length), simdjson::SUCCESS);
  small.resize(length);
  EXPECT_EQ(Jaeger("/api/traces/83a9efd15c1c98a977e0711cc93ee28b").body, small);
}

TEST_F(TraceApiTest, JaegerSearchesAndLists) {
  AddShop();
  EXPECT_EQ(Jaeger("/api/services").body,
            R"({"data":["shop","stock"],"total":2,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(Jaeger("/api/services/shop/operations").body,
            R"({"data":["GET /checkout"],"total":1,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(
      Jaeger("/api/operations?service=stock&spanKind=client").body,
      R"({"data":[{"name":"reserve","spanKind":"client"}],"total":1,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(
      Jaeger("/api/dependencies?endTs=1700000000000&lookback=86400000").body,
      R"({"data":[{"parent":"shop","child":"stock","callCount":1}],"total":0,"limit":0,"offset":0,"errors":null})");
  const auto found = [&](const std::string& query) {
    return Jaeger("/api/traces?" + query).body.find("\"traceID\"") != std::string::npos;
  };
  EXPECT_TRUE(found("service=shop&operation=GET%20%2Fcheckout&minDuration=1s&limit=5"));
  EXPECT_FALSE(found("service=shop&minDuration=3s"));
  EXPECT_TRUE(found("service=stock&tags=" + Encode(R"({"error":"true"})")));
  EXPECT_FALSE(found("service=shop&tags=" + Encode(R"({"error":"true"})")));
  EXPECT_TRUE(found("service=shop&tags=" + Encode(R"({"http.status_code":"500","host":"h1"})")));
  EXPECT_TRUE(found("service=shop&start=1699999989000000&end=1699999991000000"));
  EXPECT_FALSE(found("service=shop&start=1699999991000000&end=1699999992000000"));
  EXPECT_TRUE(found("traceID=ab"));
  EXPECT_EQ(
      Jaeger("/api/traces").body,
      R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400,"msg":"parameter 'service' is required"}]})");
  EXPECT_EQ(Jaeger("/api/traces?service=x&limit=y").status, 400);
  EXPECT_EQ(Jaeger("/api/traces?service=x&tags=%7B").status, 400);
  EXPECT_EQ(Jaeger("/api/v3/services").body, R"({"services":["shop","stock"]})");
  EXPECT_TRUE(Jaeger("/api/v3/traces/ab").body.starts_with(R"({"result":{"resourceSpans":[)"));
}

TEST_F(TraceApiTest, TempoGivesATraceByAnyWritingOfItsId) {
  AddShop();
  for (const char* id : {"ab", "00000000000000ab", "00000000000000000000000000ab",
                         "000000000000000000000000000000AB"}) {
    const auto response = Tempo(std::string("/api/traces/") + id);
    EXPECT_EQ(response.status, 200) << id;
    EXPECT_TRUE(response.body.starts_with(
        R"({"batches":[{"resource":{"attributes":[{"key":"service.name")"))
        << response.body;
    EXPECT_NE(response.body.find(R"("traceId":"AAAAAAAAAAAAAAAAAAAAqw==")"), std::string::npos)
        << response.body;
    EXPECT_NE(response.body.find("SPAN_KIND_SERVER"), std::string::npos);
  }
  const auto protobuf = Tempo("/api/traces/ab", {{"Accept", "application/protobuf"}});
  EXPECT_EQ(protobuf.headers.Get("Content-Type"), "application/protobuf");
  EXPECT_TRUE(wire::DecodeOtlpTraces(std::make_shared<const std::string>(protobuf.body),
                                     wire::SpanStream, kNow));
  EXPECT_TRUE(Tempo("/api/v2/traces/ab").body.starts_with(R"({"trace":{"resourceSpans":[)"));
  EXPECT_EQ(Tempo("/api/traces/ff").status, 404);
  EXPECT_EQ(Tempo("/api/traces/zz").body,
            "trace IDs can only contain hex characters: invalid character 'z' at position 1");
  EXPECT_EQ(Tempo("/api/traces/" + std::string(33, 'a')).status, 400);
}

TEST_F(TraceApiTest, TempoSearchesByTagsAndTraceQl) {
  AddShop();
  const auto hit = [&](const std::string& query) {
    const auto response = Tempo("/api/search?" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body.find("\"traceID\":\"ab\"") != std::string::npos;
  };
  EXPECT_TRUE(hit("tags=" + Encode("service.name=shop http.status_code=500")));
  EXPECT_FALSE(hit("tags=service.name%3Dnone"));
  EXPECT_TRUE(hit("q=" + Encode(R"({ resource.service.name = "shop" && duration > 1s })")));
  EXPECT_FALSE(hit("q=" + Encode(R"({ resource.service.name = "shop" && duration > 5s })")));
  EXPECT_TRUE(hit("q=" + Encode(R"({ status = error || .nope = 1 })")));
  EXPECT_TRUE(hit(
      "q=" + Encode(R"({ span.http.status_code >= 500 && (kind = server) && name =~ "GET.*" })")));
  EXPECT_TRUE(hit("q=%7B%7D&minDuration=1s&maxDuration=3s"));
  EXPECT_FALSE(hit("minDuration=3s"));
  EXPECT_FALSE(hit("start=1&end=2"));
  EXPECT_NE(
      Tempo("/api/search")
          .body.find(
              R"({"traceID":"ab","rootServiceName":"shop","rootTraceName":"GET /checkout","startTimeUnixNano":"1699999990000000000","durationMs":2000,)"),
      std::string::npos);
  EXPECT_EQ(Tempo("/api/search?tags=" + Encode("service.name=foo =error")).body,
            "invalid tags: unexpected '=' at pos 18");
  for (const char* bad : {"{", "{ .a = }", "{ nope = 1 }", "{ .a = 1 } | count() > 1",
                          "{ .a =~ 1 }", "{ .a =~ \"(\" }"}) {
    EXPECT_EQ(Tempo("/api/search?q=" + Encode(bad)).status, 400) << bad;
  }
  EXPECT_FALSE(tempo::SpanFilter::Parse("{" + std::string(10'000, '(')));
}

TEST_F(TraceApiTest, TempoListsTagsAndStatusPages) {
  AddShop();
  EXPECT_EQ(Tempo("/api/search/tags").body,
            R"({"tagNames":["big","host","http.status_code","service.name"]})");
  EXPECT_EQ(Tempo("/api/v2/search/tags?scope=resource").body,
            R"({"scopes":[{"name":"resource","tags":["host","service.name"]}]})");
  EXPECT_EQ(Tempo("/api/search/tag/service.name/values").body, R"({"tagValues":["shop","stock"]})");
  EXPECT_EQ(Tempo("/api/v2/search/tag/span.http.status_code/values").body,
            R"({"tagValues":[{"type":"int","value":"500"}]})");
  EXPECT_EQ(
      Tempo("/api/v2/search/tag/status/values?q=" + Encode(R"({resource.service.name="stock"})"))
          .body,
      R"({"tagValues":[{"type":"keyword","value":"error"}]})");
  EXPECT_EQ(Tempo("/api/echo").body, "echo");
  EXPECT_EQ(Tempo("/ready").body, "ready\n");
  EXPECT_EQ(Tempo("/api/status/buildinfo").status, 200);
}

}  // namespace
}  // namespace pharos::api
