// Targets, scrape pools, features, notifications, own metrics, query cost.
#include <gtest/gtest.h>

#include "api/prometheus/notifications.h"
#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "base/metrics.h"
#include "query/promql/memory_source.h"

namespace pharos::api::prometheus {
namespace {

using testing::Call;
using testing::Encode;

class ServerStatusTest : public ::testing::Test {
 protected:
  ServerStatusTest() {
    for (int i = 0; i <= 20; ++i) {
      source_.Add({{"__name__", "up"}, {"instance", "h:1"}, {"job", "z"}}, i * 15'000, 1);
      source_.Add({{"__name__", "hits_total"}, {"instance", "h:1"}, {"job", "z"}}, i * 15'000, i);
    }
    status_.active = {Target("z", "http://127.0.0.1:1/metrics?a=1&b=2"),
                      Target("b", "http://h:1/")};
    status_.dropped = {{"z", model::Labels{{"__address__", "x:1"}}}};
    status_.dropped_counts = {{"z", 1}};
    conf::ScrapeJob job;
    job.name = "z";
    job.relabel.resize(2);
    job.relabel[0].source_labels = {"a", "b"};
    job.relabel[0].target_label = "c";
    job.relabel[1].action = conf::RelabelAction::kDrop;
    job.relabel[1].source_labels = {"c"};
    job.relabel[1].regex = "x;<y>";
    job.basic_user = "u";
    job.basic_password = "geheim";
    jobs_ = {job};
    jobs_.push_back(job);
    jobs_[1].name = "b";
    PrometheusApiDeps deps;
    deps.source = &source_;
    deps.clock = &clock_;
    deps.scrapes = [this] { return status_; };
    deps.scrape_jobs = [this] { return jobs_; };
    deps.notifications = notifications_;
    deps.last_reload = [] { return ReloadOutcome{false, 2'000'000'000}; };
    RegisterPrometheusApi(router_, "", std::move(deps));
  }

  static ingest::scrape::TargetStatus Target(const std::string& job, const std::string& url) {
    ingest::scrape::TargetStatus target;
    target.job = job;
    target.url = url;
    target.labels = model::Labels{{"instance", "h:1"}, {"job", job}};
    target.interval_ms = 15'000;
    target.timeout_ms = 10'000;
    return target;
  }
  std::string Get(const std::string& target) {
    return Call(router_, "GET", "/api/v1" + target).body;
  }
  std::string Error(const std::string& target) {
    const std::string body = Get(target);
    const size_t at = body.find("\"error\":");
    return at == std::string::npos ? "" : body.substr(at + 8);
  }

  base::FakeClock clock_{300'000'000'000};
  query::promql::MemorySource source_;
  ingest::scrape::ScrapeStatus status_;
  std::vector<conf::ScrapeJob> jobs_;
  std::shared_ptr<Notifications> notifications_ = std::make_shared<Notifications>(&clock_);
  net::Router router_;
};

TEST_F(ServerStatusTest, Targets) {
  const std::string all = Get("/targets");
  EXPECT_LT(all.find(R"("scrapePool":"b")"), all.find(R"("scrapePool":"z")"));
  EXPECT_NE(
      all.find(
          R"("labels":{"instance":"h:1","job":"z"},"scrapePool":"z","scrapeUrl":"http://127.0.0.1:1/metrics?a=1\u0026b=2","globalUrl":"http://localhost:1/metrics?a=1\u0026b=2","lastError":"","lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"unknown","scrapeInterval":"15s","scrapeTimeout":"10s"})"),
      std::string::npos)
      << all;
  EXPECT_NE(
      all.find(
          R"("droppedTargets":[{"discoveredLabels":{"__address__":"x:1"},"scrapePool":"z"}],"droppedTargetCounts":{"b":0,"z":1}})"),
      std::string::npos)
      << all;
  const std::string active = Get("/targets?state=Active&scrapePool=b");
  EXPECT_EQ(active.find("\"z\""), std::string::npos);
  EXPECT_NE(active.find(R"("droppedTargets":[],"droppedTargetCounts":null)"), std::string::npos);
  EXPECT_NE(Get("/targets?state=dropped").find(R"({"activeTargets":[],"droppedTargets":[{)"),
            std::string::npos);
}

TEST_F(ServerStatusTest, TargetMetadata) {
  source_.SetMetadata("hits", {model::MetricType::kCounter, "Hits <all>.", ""});
  source_.SetMetadata("other", {model::MetricType::kGauge, "", ""});
  EXPECT_EQ(
      Get("/targets/metadata"),
      R"({"status":"success","data":[{"target":{"instance":"h:1","job":"z"},"metric":"hits","type":"counter","help":"Hits \u003call\u003e.","unit":""}]})");
  EXPECT_EQ(
      Get("/targets/metadata?metric=hits&match_target=" + Encode("{job=\"z\"}")),
      R"({"status":"success","data":[{"target":{"instance":"h:1","job":"z"},"type":"counter","help":"Hits \u003call\u003e.","unit":""}]})");
  EXPECT_EQ(Get("/targets/metadata?limit=0"), R"({"status":"success","data":[]})");
  EXPECT_EQ(Error("/targets/metadata?limit=x"), "\"limit must be a number\"}");
  EXPECT_NE(
      Error("/targets/metadata?match_target=x(").find("invalid parameter \\\"match_target\\\""),
      std::string::npos);
}

TEST_F(ServerStatusTest, ScrapePools) {
  EXPECT_EQ(Get("/scrape_pools"), R"({"status":"success","data":{"scrapePools":["b","z"]}})");
  const std::string config = Get("/scrape_pools/config?scrapePool=z");
  EXPECT_NE(config.find("job_name: z\\n"), std::string::npos) << config;
  EXPECT_NE(config.find("password: \\u003csecret\\u003e"), std::string::npos) << config;
  EXPECT_EQ(config.find("geheim"), std::string::npos);
  EXPECT_EQ(Error("/scrape_pools/config"), "\"no scrapePool parameter provided\"}");
  EXPECT_EQ(Error("/scrape_pools/config?scrapePool=q"),
            "\"error retrieving scrape config: scrape pool \\\"q\\\" not found\"}");
}

TEST_F(ServerStatusTest, RelabelSteps) {
  EXPECT_EQ(
      Get("/targets/relabel_steps?scrapePool=z&labels=" + Encode(R"({"a":"x","b":"<y>"})")),
      R"x({"status":"success","data":{"steps":[{"rule":{"source_labels":["a","b"],"separator":";","regex":"(.*)","target_label":"c","replacement":"$1","action":"replace"},"output":{"a":"x","b":"<y>","c":"x;<y>"},"keep":true},)x"
      R"x({"rule":{"source_labels":["c"],"separator":";","regex":"x;\u003cy\u003e","replacement":"$1","action":"drop"},"output":{},"keep":false}]}})x");
  EXPECT_EQ(Error("/targets/relabel_steps"), "\"no scrapePool parameter provided\"}");
  EXPECT_EQ(Error("/targets/relabel_steps?scrapePool=z"), "\"no labels parameter provided\"}");
  EXPECT_TRUE(Error("/targets/relabel_steps?scrapePool=z&labels=%7B")
                  .starts_with("\"error parsing labels: "));
}

TEST_F(ServerStatusTest, FeaturesNameFunctions) {
  const std::string features = Get("/features");
  EXPECT_NE(features.find(R"("promql_functions":{"abs":true)"), std::string::npos);
  EXPECT_NE(features.find(R"("remote_write_receiver":true)"), std::string::npos);
  EXPECT_NE(features.find(R"("search":false)"), std::string::npos);
  EXPECT_NE(features.find(R"(">=":true)"), std::string::npos) << "not escaped";
}

/// Remembers what was sent.
struct FakeStream final : net::Responder {
  void Send(net::Response response) override { sent = response.status; }
  void Begin(net::Response head) override { type = head.headers.Get("Content-Type"); }
  bool Write(std::string_view bytes) override {
    text += bytes;
    return open;
  }
  void End() override { open = false; }
  int sent = 0;
  bool open = true;
  std::string type, text;
};

TEST_F(ServerStatusTest, Notifications) {
  EXPECT_EQ(Get("/notifications"), R"({"status":"success","data":[]})");
  notifications_->Add(kReloadFailed);
  const std::string note =
      R"({"text":"Configuration reload has failed.","date":"1970-01-01T00:05:00Z","active":true})";
  EXPECT_EQ(Get("/notifications"), R"({"status":"success","data":[)" + note + "]}");
  auto stream = std::make_shared<FakeStream>();
  const auto live = router_.Find("GET", "/api/v1/notifications/live").route->async;
  live({}, stream);
  EXPECT_EQ(stream->type, "text/event-stream");
  EXPECT_EQ(stream->text, "data: " + note + "\n\n");
  notifications_->Remove(kReloadFailed);
  EXPECT_NE(stream->text.find("\"active\":false"), std::string::npos);
  EXPECT_EQ(Get("/notifications"), R"({"status":"success","data":[]})");
  std::vector<std::shared_ptr<FakeStream>> more;
  for (int i = 0; i < 16; ++i) {
    more.push_back(std::make_shared<FakeStream>());
    live({}, more.back());
  }
  EXPECT_EQ(more.back()->sent, 204) << "enough watch already";
  more[0]->open = false;
  live({}, more.back());
  EXPECT_EQ(more.back()->type, "text/event-stream") << "one has gone";
  notifications_->EndStreams();
  EXPECT_FALSE(stream->open);
}

TEST_F(ServerStatusTest, SelfMetrics) {
  base::GetCounter("api_test_things_total", "Things <seen>.", "kind=\"a\"").Add(3);
  base::GetLatency("api_test_seconds", "Time.").ObserveNs(2'000'000);
  EXPECT_EQ(
      Get("/status/self_metrics?metric_name_pattern=api_test_things.*"),
      R"({"status":"success","data":[{"name":"api_test_things_total","help":"Things \u003cseen\u003e.","type":"COUNTER","metric":[{"label":[{"name":"kind","value":"a"}],"counter":{"value":3}}]}]})");
  const std::string histogram = Get("/status/self_metrics?metric_name_pattern=api_test_seconds");
  EXPECT_NE(
      histogram.find(
          R"("type":"HISTOGRAM","metric":[{"histogram":{"sampleCount":"1","sampleSum":0.002,"bucket":[{"cumulativeCount":"0","upperBound":0.001},{"cumulativeCount":"1","upperBound":0.0025})"),
      std::string::npos)
      << histogram;
  EXPECT_NE(histogram.find(R"({"cumulativeCount":"1","upperBound":"Infinity"}]}})"),
            std::string::npos);
  EXPECT_NE(Error("/status/self_metrics?metric_name_pattern=(").find("invalid metric_name_pattern"),
            std::string::npos);
}

TEST_F(ServerStatusTest, RuntimeInfoTellsOfTheReload) {
  EXPECT_NE(Get("/status/runtimeinfo")
                .find(R"("reloadConfigSuccess":false,"lastConfigTime":"1970-01-01T00:00:02Z")"),
            std::string::npos);
}

TEST_F(ServerStatusTest, QueryCost) {
  const std::string cost =
      Get("/status/query_cost?time=300&query=" + Encode("rate(hits_total[1m] offset 30s) + up"));
  EXPECT_NE(cost.find(R"("data":{"series":2,"blocks":0,"bytes":0,"samples":0,"seconds":)"),
            std::string::npos)
      << cost;
  EXPECT_NE(
      cost.find(
          R"("selectors":[{"selector":"hits_total[1m] offset 30s","start":210.001,"end":270,"series":1,"blocks":0,"bytes":0,"samples":0},)"
          R"({"selector":"up","start":0.001,"end":300,"series":1,"blocks":0,"bytes":0,"samples":0}]}})"),
      std::string::npos)
      << cost;
  const std::string subquery = Get("/status/query_cost?start=200&end=300&step=10&query=" +
                                   Encode("max_over_time(rate(hits_total[1m])[5m:30s] @ 250)"));
  EXPECT_NE(subquery.find(R"("end":250,"series":1)"), std::string::npos) << subquery;
  EXPECT_NE(Error("/status/query_cost?query=up(").find("parse error"), std::string::npos);
  EXPECT_NE(Error("/status/query_cost?query=up&start=1&end=0&step=1").find("end timestamp"),
            std::string::npos);
}

TEST_F(ServerStatusTest, CorsOnEveryAnswer) {
  for (const char* path : {"/status/buildinfo", "/targets", "/features", "/notifications"}) {
    const auto response =
        Call(router_, "GET", std::string("/api/v1") + path, "", {{"Origin", "http://localhost"}});
    EXPECT_EQ(response.headers.Get("Access-Control-Allow-Origin"), "http://localhost") << path;
  }
}

TEST_F(ServerStatusTest, SearchIsOffAsInPrometheus) {
  EXPECT_EQ(Get("/search/metric_names"),
            R"({"status":"error","errorType":"unavailable","error":"search API disabled"})");
}

}  // namespace
}  // namespace pharos::api::prometheus
