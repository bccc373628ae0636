#include "observe/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "observe/health.h"
#include "observe/http.h"
#include "observe/log.h"
#include "observe/span.h"

namespace observe {
namespace {

namespace http = boost::beast::http;
using testing::HasSubstr;
using testing::Not;

/// One session for the program; its backend is a closed port, which must harm nobody.
class ObserveTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("OTEL_SERVICE_NAME", "from-environment", 1);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
    session_ = Start({.service_name = "from-code"});
  }
  static void TearDownTestSuite() { session_.reset(); }

  HttpResponse Send(http::verb verb, const std::string& target, const HttpHandler& handler,
                    const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    HttpRequest request{verb, target, 11};
    for (const auto& [name, value] : headers) request.set(name, value);
    return observed_(request, handler);
  }

  static std::unique_ptr<Session> session_;
  const Middleware observed_{{"/hello", "/products/{id}", "/products/{id}/reviews"}};
};
std::unique_ptr<Session> ObserveTest::session_;

HttpResponse Ok(const HttpRequest& request) { return {http::status::ok, request.version()}; }

TEST_F(ObserveTest, RoutesAreNormalised) {
  EXPECT_EQ(observed_.RouteOf("/products/123"), "/products/{id}");
  EXPECT_EQ(observed_.RouteOf("/products/123/reviews"), "/products/{id}/reviews");
  EXPECT_EQ(observed_.RouteOf("/products/"), "unmatched");
  EXPECT_EQ(observed_.RouteOf("/hello/x"), "unmatched");
}

TEST_F(ObserveTest, CountsRateErrorsDuration) {
  Send(http::verb::get, "/products/1?x=2", Ok);
  Send(http::verb::get, "/products/2", Ok);
  Send(http::verb::get, "/products/3",
       [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("broken"); });
  const std::string text = MetricsText();
  EXPECT_THAT(
      text,
      HasSubstr(R"(http_requests_total{method="GET",route="/products/{id}",status="200"} 2)"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(http_requests_total{method="GET",route="/products/{id}",status="500"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(route="/products/{id}",status="200",le="0.3"} 2)"));
  EXPECT_THAT(text, HasSubstr("http_errors_total{"));
  EXPECT_THAT(text, HasSubstr("http_requests_in_progress 0"));
}

TEST_F(ObserveTest, TheScrapeIsNotCountedNorTraced) {
  std::string trace = "unset";
  Send(http::verb::get, "/metrics", [&](const HttpRequest& r) {
    trace = CurrentTraceId();
    return Ok(r);
  });
  EXPECT_EQ(trace, "");
  EXPECT_THAT(MetricsText(), Not(HasSubstr("/metrics")));
}

TEST_F(ObserveTest, RequestIdIsTakenOrMade) {
  const auto with = Send(http::verb::get, "/hello", Ok, {{"X-Request-ID", "abc-123"}});
  EXPECT_EQ(with["X-Request-ID"], "abc-123");
  const auto without = Send(http::verb::get, "/hello", Ok);
  EXPECT_EQ(without["X-Request-ID"].size(), 36u);
  const auto hostile =
      Send(http::verb::get, "/hello", Ok, {{"X-Request-ID", std::string(500, 'x')}});
  EXPECT_EQ(hostile["X-Request-ID"].size(), 36u);
}

TEST_F(ObserveTest, ContextComesInAndGoesOut) {
  std::string trace;
  std::vector<std::pair<std::string, std::string>> out;
  Send(http::verb::get, "/hello",
       [&](const HttpRequest& r) {
         const Span child("child");
         trace = CurrentTraceId();
         out = OutgoingHeaders();
         return Ok(r);
       },
       {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"X-Request-ID", "r1"}});
  EXPECT_EQ(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out[0].first, "traceparent");
  EXPECT_THAT(out[0].second, HasSubstr("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_THAT(out[0].second, Not(HasSubstr("00f067aa0ba902b7")))
      << "the child's id, not the sender's";
  EXPECT_EQ(out.back(), (std::pair<std::string, std::string>{"X-Request-ID", "r1"}));
  EXPECT_EQ(CurrentTraceId(), "");
}

TEST_F(ObserveTest, LogLinesCarryEverything) {
  testing::internal::CaptureStdout();
  Send(http::verb::get, "/hello",
       [](const HttpRequest& r) {
         Log(Level::kWarning, "say \"hi\"", {{"n", 3}, {"x", 1.5}, {"ok", true}, {"s", "a\nb"}});
         Log(Level::kDebug, "dropped");
         return Ok(r);
       },
       {{"X-Request-ID", "r2"},
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  const std::string line = testing::internal::GetCapturedStdout();
  EXPECT_THAT(line, testing::StartsWith("{\"timestamp\":\"2"));
  EXPECT_THAT(
      line, HasSubstr(R"("level":"warning","message":"say \"hi\"","service":"from-environment")"));
  EXPECT_THAT(line, HasSubstr(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":")"));
  EXPECT_THAT(line, HasSubstr(R"("request_id":"r2","n":3,"x":1.5,"ok":true,"s":"a\u000ab"})"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Health, ReadyOnlyWhenAllChecksAre) {
  Health health;
  health.Add("database", [] { return ""; });
  EXPECT_EQ(health.Ready().json, R"({"status":"ready","checks":{"database":"ok"}})");
  health.Add("queue", []() -> std::string { throw std::runtime_error("refused"); });
  EXPECT_EQ(health.Ready().status, 503);
  EXPECT_EQ(health.Ready().json,
            R"({"status":"not_ready","checks":{"database":"ok","queue":"error: refused"}})");
  EXPECT_EQ(health.Live().json, R"({"status":"healthy"})");
}

}  // namespace
}  // namespace observe
