#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ingest/receive/fake_sinks.h"
#include "ingest/scrape/page.h"
#include "ingest/scrape/scraper.h"
#include "ingest/scrape/target.h"

namespace pharos::ingest::scrape {
namespace {

using receive::FakeSamples;
constexpr auto kText = wire::ExpositionFormat::kPrometheusText;

class PageTest : public testing::Test {
 protected:
  PageWriter& Writer() {
    if (!writer_) writer_.emplace(job_, model::Labels{{"instance", "h:1"}, {"job", "j"}});
    return *writer_;
  }
  std::string Write(std::string_view page, int64_t time_ms) {
    report_ = {};
    const auto appender = samples_.Begin("default");
    const auto written = Writer().Write(page, kText, time_ms, *appender, &report_);
    return written ? "" : written.error().message;
  }
  const std::vector<model::Sample>& Of(const std::string& series) {
    static const std::vector<model::Sample> kNone;
    const auto* found = samples_.Find(series);
    EXPECT_NE(found, nullptr) << series << " is not among "
                              << testing::PrintToString(samples_.Names());
    return found != nullptr ? found->samples : kNone;
  }
  void AddRule(std::string action, std::vector<std::string> source, std::string regex) {
    conf::RelabelRule rule;
    rule.action = action == "drop" ? conf::RelabelAction::kDrop : conf::RelabelAction::kLabelDrop;
    rule.source_labels = std::move(source);
    rule.regex = std::move(regex);
    job_.metric_relabel.push_back(rule);
  }

  conf::ScrapeJob job_;
  FakeSamples samples_;
  std::optional<PageWriter> writer_;
  ScrapeReport report_;
};

TEST_F(PageTest, WritesSeriesWithTargetLabels) {
  EXPECT_EQ(Write("# TYPE a counter\na{x=\"1\"} 1\nb 2 77\n", 1000), "");
  EXPECT_EQ(Of(R"(a{instance="h:1", job="j", x="1"})")[0].time_ms, 1000);
  EXPECT_EQ(Of(R"(b{instance="h:1", job="j"})")[0].time_ms, 77);
  EXPECT_EQ(samples_.metadata.at("a").type, model::MetricType::kCounter);
  EXPECT_EQ(report_.scraped, 2u);
  EXPECT_EQ(report_.series_added, 2u);
  const size_t resolved = samples_.resolved;
  EXPECT_EQ(Write("a{x=\"1\"} 2\nb 2 78\n", 2000), "");
  EXPECT_EQ(samples_.resolved, resolved) << "known series are found by their bytes";
  EXPECT_EQ(report_.series_added, 0u);
}

TEST_F(PageTest, HonorsLabelsOrRenamesThem) {
  EXPECT_EQ(Write("a{job=\"own\",exported_job=\"x\"} 1\n", 1000), "");
  Of(R"(a{exported_exported_job="own", exported_job="x", instance="h:1", job="j"})");
  job_.honor_labels = true;
  writer_.reset();
  EXPECT_EQ(Write("a{job=\"own\"} 1\n", 1000), "");
  Of(R"(a{instance="h:1", job="own"})");
}

TEST_F(PageTest, SeriesThatVanishGoStale) {
  EXPECT_EQ(Write("a 1\nb 1\nc 1 500\n", 1000), "");
  EXPECT_EQ(Write("b 1\n", 2000), "");
  const auto& a = Of(R"(a{instance="h:1", job="j"})");
  ASSERT_EQ(a.size(), 2u);
  EXPECT_TRUE(model::IsStaleNan(a[1].value));
  EXPECT_EQ(a[1].time_ms, 2000);
  EXPECT_EQ(Of(R"(c{instance="h:1", job="j"})").size(), 1u) << "series with their own times do not";
  EXPECT_EQ(Write("a 3\nb 1\n", 3000), "");
  EXPECT_EQ(report_.series_added, 1u);
  EXPECT_EQ(a.size(), 3u);
}

TEST_F(PageTest, ARefusedPageLeavesNothingAndMarksAllStale) {
  EXPECT_EQ(Write("a 1\n", 1000), "");
  EXPECT_NE(Write("a 2\nnew 1\nbroken{ 1\n", 2000), "");
  const auto& a = Of(R"(a{instance="h:1", job="j"})");
  ASSERT_EQ(a.size(), 2u);
  EXPECT_TRUE(model::IsStaleNan(a[1].value));
  const auto* fresh = samples_.Find(R"(new{instance="h:1", job="j"})");
  EXPECT_TRUE(fresh == nullptr || fresh->samples.empty());
  EXPECT_EQ(Write("a 2\n", 3000), "");
  EXPECT_EQ(a.size(), 3u);
}

TEST_F(PageTest, RelabelsAndLimits) {
  AddRule("drop", {"__name__"}, "secret.*");
  AddRule("labeldrop", {}, "pod");
  job_.sample_limit = 2;
  EXPECT_EQ(Write("secret_a 1\nsecret_b 1\na{pod=\"p\"} 1\nb 1\n", 1000), "");
  Of(R"(a{instance="h:1", job="j"})");
  EXPECT_EQ(report_.scraped, 4u);
  EXPECT_EQ(report_.kept, 2u);
  EXPECT_EQ(samples_.Find(R"(secret_a{instance="h:1", job="j"})"), nullptr);
  EXPECT_EQ(Write("a 1\nb 1\nc 1\n", 2000), "sample limit exceeded");
  job_.label_limit = 3;
  writer_.reset();
  EXPECT_EQ(Write("a{x=\"1\"} 1\n", 3000),
            "label_limit exceeded (metric: a, number of labels: 4, limit: 3)");
  job_.label_limit = 0;
  job_.label_value_length_limit = 3;
  writer_.reset();
  EXPECT_EQ(Write("a{x=\"1234\"} 1\n", 3000),
            "label_value_length_limit exceeded (metric: a, label name: x, value: \"1234\", length: "
            "4, limit: 3)");
  EXPECT_EQ(Write("a{x=\"1\",x=\"2\"} 1\n", 3000),
            "label name \"x\" is not unique: invalid sample");
}

conf::ScrapeJob Job(std::vector<std::string> targets) {
  conf::ScrapeJob job;
  job.name = "j";
  job.interval_ms = 15'000;
  job.static_groups.push_back({std::move(targets), {{"env", "test"}}});
  return job;
}

TEST(Target, IsBuiltAsPrometheusDoes) {
  conf::ScrapeJob job = Job({"h:1"});
  job.metrics_path = "/probe";
  job.params["module"] = {"http 2xx"};
  conf::RelabelRule param;
  param.source_labels = {"__address__"};
  param.target_label = "__param_target";
  conf::RelabelRule address;
  address.target_label = "__address__";
  address.replacement = "blackbox:9115";
  job.relabel = {param, address};
  const auto target = MakeTarget(job, job.static_groups[0], "http://api:8000/health");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->Url(),
            "http://blackbox:9115/probe?module=http+2xx&target=http%3A%2F%2Fapi%3A8000%2Fhealth");
  EXPECT_EQ(model::ToString(target->labels), R"({env="test", instance="blackbox:9115", job="j"})");
  EXPECT_EQ(target->discovered.Get("__address__"), "http://api:8000/health");
  EXPECT_EQ(target->discovered.Get("__scrape_interval__"), "15s");
  EXPECT_FALSE(MakeTarget(Job({}), {}, "http://api:8000/health")) << "a URL is no address";
}

class ScraperTest : public testing::Test {
 protected:
  ScraperOptions Options() {
    return {.sink = &samples_,
            .clock = &clock_,
            .in_process = nullptr,
            .fetch = [this](const net::ClientRequest& request) -> base::Result<net::Response> {
              ++fetched_;
              asked_ = request;
              return answer_;
            }};
  }
  static net::Response Page(std::string body, int status = 200,
                            std::string type = "text/plain; version=0.0.4") {
    net::Response response;
    response.status = status;
    response.headers.Set("Content-Type", type);
    response.body = std::move(body);
    return response;
  }
  double Last(const std::string& series) {
    const auto* found = samples_.Find(series);
    return found != nullptr && !found->samples.empty() ? found->samples.back().value : -1;
  }

  base::FakeClock clock_{1'700'000'000'000'000'000};
  FakeSamples samples_;
  std::atomic<int> fetched_{0};
  net::ClientRequest asked_;
  base::Result<net::Response> answer_ = Page("a 1\n");
};

TEST_F(ScraperTest, WritesUpAndItsSiblings) {
  Scraper scraper(Options());
  scraper.Apply({Job({"h:1"})});
  scraper.ScrapeAllNow();
  const std::string labels = R"({env="test", instance="h:1", job="j"})";
  EXPECT_EQ(Last("up" + labels), 1);
  EXPECT_EQ(Last("a" + labels), 1);
  EXPECT_EQ(Last("scrape_samples_scraped" + labels), 1);
  EXPECT_EQ(Last("scrape_series_added" + labels), 1);
  EXPECT_EQ(asked_.url, "http://h:1/metrics");
  EXPECT_EQ(asked_.headers.Get("X-Prometheus-Scrape-Timeout-Seconds"), "10");
  EXPECT_NE(asked_.headers.Get("Accept").find("application/openmetrics-text;version=1.0.0"),
            std::string_view::npos);
  EXPECT_EQ(scraper.Status().active.at(0).health, "up");
}

TEST_F(ScraperTest, TellsMoreOnRequest) {
  Scraper scraper(Options());
  conf::ScrapeJob job = Job({"h:1"});
  job.extra_scrape_metrics = true;
  job.sample_limit = 7;
  scraper.Apply({job});
  scraper.ScrapeAllNow();
  const std::string labels = R"({env="test", instance="h:1", job="j"})";
  EXPECT_EQ(Last("scrape_timeout_seconds" + labels), 10);
  EXPECT_EQ(Last("scrape_sample_limit" + labels), 7);
  EXPECT_EQ(Last("scrape_body_size_bytes" + labels), 4);
  answer_ = base::Fail(base::ErrorKind::kTooLarge, "too large");
  clock_.Advance(std::chrono::seconds(1));
  scraper.ScrapeAllNow();
  EXPECT_EQ(Last("scrape_body_size_bytes" + labels), -1);
}

TEST_F(ScraperTest, MoreTargetsThanTheLimitAreNotAsked) {
  Scraper scraper(Options());
  conf::ScrapeJob job = Job({"h:1", "h:2"});
  job.target_limit = 1;
  scraper.Apply({job});
  scraper.ScrapeAllNow();
  EXPECT_EQ(fetched_, 0);
  const std::string labels = R"({env="test", instance="h:1", job="j"})";
  EXPECT_EQ(Last("up" + labels), 0);
  EXPECT_EQ(scraper.Status().active.at(1).last_error,
            "target_limit exceeded (number of targets: 2, limit: 1)");
  job.target_limit = 2;
  scraper.Apply({job});
  clock_.Advance(std::chrono::seconds(1));
  scraper.ScrapeAllNow();
  EXPECT_EQ(Last("up" + labels), 1);
}

TEST_F(ScraperTest, FailuresAreUpZeroWithTheReason) {
  Scraper scraper(Options());
  scraper.Apply({Job({"h:1"})});
  scraper.ScrapeAllNow();
  const std::string labels = R"({env="test", instance="h:1", job="j"})";
  const std::pair<base::Result<net::Response>, std::string> cases[] = {
      {base::Fail(base::ErrorKind::kTimeout, "context deadline exceeded"),
       "Get \"http://h:1/metrics\": context deadline exceeded"},
      {Page("", 404), "server returned HTTP status 404 Not Found"},
      {Page("a 1\n", 200, "text/html"),
       "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified "
       "for target"},
      {Page("a{ 1\n"), "expected label name, got \"1\\n\" (\"INVALID\") while parsing: \"a{ 1\""}};
  for (const auto& [answer, error] : cases) {
    clock_.Advance(std::chrono::seconds(1));
    answer_ = answer;
    scraper.ScrapeAllNow();
    EXPECT_EQ(Last("up" + labels), 0);
    EXPECT_EQ(scraper.Status().active[0].health, "down");
    if (error.starts_with("expected")) continue;  // the words are the parser's own test
    EXPECT_EQ(scraper.Status().active[0].last_error, error);
  }
  EXPECT_TRUE(model::IsStaleNan(Last("a" + labels)));
}

TEST_F(ScraperTest, AsksForTheProtocolsOfItsJob) {
  Scraper scraper(Options());
  conf::ScrapeJob job = Job({"h:1"});
  scraper.Apply({job});
  scraper.ScrapeAllNow();
  EXPECT_EQ(asked_.headers.Get("Accept"),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "application/openmetrics-text;version=0.0.1;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
            "*/*;q=0.2");
  job.protocols = {conf::ScrapeProtocol::kPrometheusProto,
                   conf::ScrapeProtocol::kPrometheusText004};
  job.fallback_protocol = conf::ScrapeProtocol::kPrometheusText004;
  scraper.Apply({job});
  clock_.Advance(std::chrono::seconds(1));
  answer_ = Page("b 2\n", 200, "text/html");
  scraper.ScrapeAllNow();
  EXPECT_EQ(asked_.headers.Get("Accept"),
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4");
  EXPECT_EQ(Last(R"(b{env="test", instance="h:1", job="j"})"), 2);
  clock_.Advance(std::chrono::seconds(1));
  answer_ = Page(std::string("\x0d\x0a\x01\x63\x18\x01\x22\x06\x12\x04\x0a\x00\x0a\x00", 14), 200,
                 "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                 "encoding=delimited");
  scraper.ScrapeAllNow();
  EXPECT_EQ(scraper.Status().active.at(0).health, "down") << "a double is not so short";
}

TEST_F(ScraperTest, InProcessTargetsDoNotTouchTheNetwork) {
  ScraperOptions options = Options();
  options.in_process = [](const std::string& address, const std::string& path, const auto&) {
    return address == "prometheus:9090" && path == "/metrics" ? std::optional(Page("self 1\n"))
                                                              : std::nullopt;
  };
  Scraper scraper(std::move(options));
  scraper.Apply({Job({"prometheus:9090"})});
  scraper.ScrapeAllNow();
  EXPECT_EQ(fetched_, 0);
  EXPECT_EQ(Last(R"(self{env="test", instance="prometheus:9090", job="j"})"), 1);
}

TEST_F(ScraperTest, ReloadKeepsWhatStaysAndEndsWhatGoes) {
  Scraper scraper(Options());
  scraper.Apply({Job({"h:1", "h:2"})});
  scraper.ScrapeAllNow();
  clock_.Advance(std::chrono::seconds(5));
  scraper.Apply({Job({"h:1"})});
  EXPECT_EQ(Last(R"(a{env="test", instance="h:1", job="j"})"), 1);
  EXPECT_TRUE(model::IsStaleNan(Last(R"(a{env="test", instance="h:2", job="j"})")));
  EXPECT_TRUE(model::IsStaleNan(Last(R"(up{env="test", instance="h:2", job="j"})")));
  ASSERT_EQ(scraper.Status().active.size(), 1u);
  EXPECT_EQ(scraper.Status().active[0].health, "up") << "its state is kept";
}

TEST_F(ScraperTest, ComesRoundAtItsInterval) {
  Scraper scraper(Options());
  scraper.Apply({Job({"h:1"})});
  for (int i = 0; i < 400 && fetched_ < 3; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(fetched_, 3);
}

TEST_F(ScraperTest, StatusTellsActiveAndDropped) {
  Scraper scraper(Options());
  conf::ScrapeJob dropped = Job({"gone:1"});
  dropped.name = "d";
  conf::RelabelRule rule;
  rule.action = conf::RelabelAction::kDrop;
  rule.source_labels = {"__address__"};
  dropped.relabel = {rule};
  scraper.Apply({Job({"h:1"}), dropped});
  const ScrapeStatus status = scraper.Status();
  ASSERT_EQ(status.active.size(), 1u);
  EXPECT_EQ(status.active[0].url, "http://h:1/metrics");
  EXPECT_EQ(status.active[0].health, "unknown");
  ASSERT_EQ(status.dropped.size(), 1u);
  EXPECT_EQ(status.dropped[0].job, "d");
  EXPECT_EQ(status.dropped_counts.at("d"), 1u);
}

TEST_F(PageTest, TimesOfTheirOwnGoStaleOnRequest) {
  EXPECT_EQ(Write("a 1 500\nb 1\n", 1000), "");
  EXPECT_EQ(Write("b 2\n", 2000), "");
  EXPECT_EQ(Of(R"(a{instance="h:1", job="j"})").size(), 1u);
  job_.track_timestamps_staleness = true;
  writer_.reset();
  EXPECT_EQ(Write("c 1 2500\nb 3\n", 3000), "");
  EXPECT_EQ(Write("b 4\n", 4000), "");
  ASSERT_EQ(Of(R"(c{instance="h:1", job="j"})").size(), 2u);
  EXPECT_TRUE(model::IsStaleNan(Of(R"(c{instance="h:1", job="j"})")[1].value));
}

TEST_F(PageTest, LabelsInAnotherOrderAreNoStaleSeries) {
  EXPECT_EQ(Write("a{x=\"1\",y=\"2\"} 1\n", 1000), "");
  EXPECT_EQ(Write("a{y=\"2\",x=\"1\"} 2\n", 2000), "");
  const auto& samples = Of(R"(a{instance="h:1", job="j", x="1", y="2"})");
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1].value, 2);
}

}  // namespace
}  // namespace pharos::ingest::scrape
