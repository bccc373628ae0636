// The traps: the lab's, exactly; and for each a small case where it is so and one where it is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/check/kinds.h"
#include "server/check/report.h"

namespace pharos::server::check {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "pharos_check_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Folder& Add(const std::string& name, const std::string& text) {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return *this;
  }
  Report Check() const { return CheckPaths({path_.string()}); }
  /// "file:line trap", without the folder.
  std::vector<std::string> Found() const { return Places(Check(), path_.string() + "/"); }

  static std::vector<std::string> Places(const Report& report, const std::string& folder) {
    std::vector<std::string> out;
    for (const Finding& finding : report.findings) {
      out.push_back(finding.file.substr(folder.size()) + ":" + std::to_string(finding.line) + " " +
                    finding.trap);
    }
    return out;
  }

 private:
  fs::path path_;
};

std::string Rules(const std::string& body) { return "groups:\n- name: g\n  rules:\n" + body; }

const char* const kCollector =
    "receivers: {otlp: {protocols: {grpc: }}}\n"
    "exporters:\n"
    "  prometheus:\n"
    "    endpoint: 0.0.0.0:8889\n"
    "    namespace: app\n"
    "service: {pipelines: {metrics: {receivers: [otlp], exporters: [prometheus]}}}\n";

TEST(Lab, FindingsExactly) {
  if (!fs::exists("../shared/lab")) GTEST_SKIP() << "no ../shared/lab";
  const Report report = CheckPaths({"../shared/lab"});
  EXPECT_THAT(
      Folder::Places(report, "../shared/lab/"),
      ElementsAre(
          "checkout-prometheus.yml:3 lost-indentation", "config/alerts.yml:17 empty-label",
          "config/alerts.yml:23 default-buckets", "config/alerts.yml:36 up-and-absence",
          "config/alerts.yml:36 up-watches-collector", "config/prometheus.yml:6 nobody-told",
          "config/promtail-config.yaml:20 docker-name",
          "config/recording_rules.yml:1 never-evaluated",
          "dashboards/sample-app-red.json:34 default-buckets",
          "docker-compose.yml:21 rules-not-mounted", "queries.json:4 renamed-metric",
          "queries.json:5 renamed-metric", "queries.json:9 default-buckets",
          "queries.json:20 foreign-label", "queries.json:20 foreign-label",
          "queries.json:22 two-label-names", "record-store-prometheus.yaml:40 dead-relabel",
          "slo/burn_rate_multiwindow.yml:1 fragment", "slo/burn_rate_single.yml:1 fragment"));
  const std::string text = ReportText(report, false);
  for (const char* what : {"container=\"/sample-app\" and {container=\"sample-app\"} finds nothing",
                           "lines 61, 62, 63, 64, 65 and 12 more",
                           "makes http_requests_total into "
                           "app_http_requests_total",
                           "p50 reads 2.5 s",
                           "reads 4.95 s whatever the latency is, and "
                           "the alert always fires",
                           "{{ $labels.job }} is always empty", "kminion calls it group_id",
                           "kminion calls it topic_name", "'.*:.*\\/(.*)' would match"})
    EXPECT_THAT(text, HasSubstr(what));
}

TEST(Lab, OnlyTheBrokenFileIsRefusedByWhatIsReadHere) {
  if (!fs::exists("../shared/lab")) GTEST_SKIP() << "no ../shared/lab";
  const Report report = CheckPaths({"../shared/lab"});
  EXPECT_TRUE(report.HasFaults());
  for (const FileReport& file : report.files) {
    EXPECT_NE(file.kind, "") << file.path;
    const KindRow* otelcol = RowOf(Kind::kOtelcol);
    if (file.kind == otelcol->name) continue;  // its fragments wait for their processor
    if (!file.path.ends_with("checkout-prometheus.yml")) {
      EXPECT_THAT(file.faults, IsEmpty());
      continue;
    }
    EXPECT_THAT(file.faults,
                ElementsAre(HasSubstr(":3: field scrape_interval not found in type config.plain"),
                            HasSubstr(":4: field static_configs not found in type config.plain")));
  }
}

TEST(Kinds, ByContentNotByName) {
  const std::pair<const char*, Kind> cases[] = {
      {"scrape_configs: []", Kind::kPrometheus},
      {"global: {scrape_interval: 1s}", Kind::kPrometheus},
      {"groups: []", Kind::kRules},
      {"- alert: A\n  expr: up", Kind::kRuleFragment},
      {"auth_enabled: false\nschema_config: {}", Kind::kLoki},
      {"server: {}\ncommon: {}", Kind::kLoki},
      {"distributor: {receivers: {otlp: }}", Kind::kTempo},
      {"storage: {trace: {backend: local}}", Kind::kTempo},
      {"clients: []\nscrape_configs: []", Kind::kPromtail},
      {"processors: {batch: }", Kind::kOtelcol},
      {"receivers: {otlp: }\nservice: {}", Kind::kOtelcol},
      {"route: {receiver: a}\nreceivers: [{name: a}]", Kind::kAlertmanager},
      {"global: {}\nroute: {receiver: a}\nreceivers: [{name: a}]", Kind::kAlertmanager},
      {"services: {a: {image: b}}", Kind::kCompose},
      {"title: T\npanels: []", Kind::kDashboard},
      {"promql: [up]", Kind::kQueryList},
      {"apiVersion: 1\ngroups: []", Kind::kUnknown},
      {"hello: world", Kind::kUnknown},
      {"just text", Kind::kUnknown},
  };
  for (const auto& [text, kind] : cases) {
    const auto root = conf::ParseYaml(text, "f");
    ASSERT_TRUE(root);
    EXPECT_EQ(Recognise(*root), kind) << text;
  }
}

TEST(Report, KeysWithTheirWholePathAndUnknownFiles) {
  Folder folder;
  folder.Add("p.yml", "scrape_configs:\n- job_name: a\n  metrics_path: /m\n")
      .Add("x.yaml", "hello: world\n")
      .Add(".hidden.yml", "hello: world\n")
      .Add("notes.txt", "hello\n");
  const Report report = folder.Check();
  ASSERT_EQ(report.files.size(), 2u);
  EXPECT_TRUE(report.HasFaults());
  const std::string all = ReportText(report, true);
  EXPECT_THAT(all, HasSubstr("p.yml:3: scrape_configs[0].metrics_path: honoured\n"));
  EXPECT_THAT(all, HasSubstr("x.yaml:1: not a file that Pharos knows"));
  EXPECT_THAT(ReportText(report, false), testing::Not(HasSubstr("metrics_path")));
  EXPECT_TRUE(CheckPaths({"/nowhere/at/all.yml"}).HasFaults());
}

TEST(Report, RuleFilesThatPrometheusNamesComeAlongOnce) {
  Folder folder;
  folder.Add("p.yml", "rule_files: [r/*.yml, r/a.yml]\n")
      .Add("r/a.yml", Rules("  - {record: a, expr: b}\n"));
  EXPECT_EQ(folder.Check().files.size(), 2u);
}

TEST(Report, AFragmentsFaultsHaveItsOwnLines) {
  Folder folder;
  folder.Add("f.yml", "- alert: A\n  expr: sum(\n");
  const Report report = folder.Check();
  ASSERT_EQ(report.files.size(), 1u);
  EXPECT_THAT(report.files[0].faults, ElementsAre(HasSubstr("/f.yml:2: ")));
}

TEST(TrapDockerName, CopiedWithItsSlash) {
  const std::string head =
      "clients: [{url: http://loki:3100/loki/api/v1/push}]\nscrape_configs:\n- job_name: d\n"
      "  docker_sd_configs: [{host: unix:///var/run/docker.sock}]\n  relabel_configs:\n";
  Folder bad;
  bad.Add("promtail.yml", head +
                              "  - source_labels: [__meta_docker_container_name]\n"
                              "    target_label: name\n")
      .Add("q.json",
           "{\"logql\": [\"{name=\\\"shop\\\"}\",\n\"{name=~\\\".*shop\\\"}\",\n"
           "\"sum(rate({name=\\\"shop\\\"}[1m]))\"]}");
  EXPECT_THAT(bad.Found(), ElementsAre("promtail.yml:6 docker-name"));
  EXPECT_THAT(bad.Check().findings[0].text, HasSubstr("q.json lines 1 and 3)"));
  Folder good;
  good.Add("promtail.yml", head +
                               "  - source_labels: [__meta_docker_container_name]\n"
                               "    regex: '/(.*)'\n    target_label: name\n");
  EXPECT_THAT(good.Found(), IsEmpty());
  Folder later;  // a second rule strips it
  later.Add("promtail.yml", head +
                                "  - source_labels: [__meta_docker_container_name]\n"
                                "    target_label: name\n"
                                "  - source_labels: [name]\n    regex: '/(.*)'\n"
                                "    target_label: name\n");
  EXPECT_THAT(later.Found(), IsEmpty());
}

TEST(TrapRenamedMetric, BothNamesAreAskedFor) {
  Folder bad;
  bad.Add("c.yml", kCollector)
      .Add("q.json", "{\"promql\": [\"rate(app_x_total[5m])\",\n\"x_total\"]}");
  EXPECT_THAT(bad.Found(), ElementsAre("q.json:2 renamed-metric"));
  Folder other;  // never asked for with the prefix: it may well be scraped directly
  other.Add("c.yml", kCollector).Add("q.json", "{\"promql\": [\"app_y_total\", \"x_total\"]}");
  EXPECT_THAT(other.Found(), IsEmpty());
  Folder unfed;  // OTLP does not reach the exporter
  std::string collector = kCollector;
  collector.replace(collector.find("receivers: [otlp]"), 17, "receivers: [statsd]");
  unfed.Add("c.yml", collector).Add("q.json", "{\"promql\": [\"app_x_total\", \"x_total\"]}");
  EXPECT_THAT(unfed.Found(), IsEmpty());
}

TEST(TrapDefaultBuckets, ThresholdsAboveAndBelow) {
  const auto rule = [](const std::string& expr) {
    Folder folder;
    folder.Add("c.yml", kCollector).Add("r.yml", Rules("  - {alert: A, expr: '" + expr + "'}\n"));
    const Report report = folder.Check();
    return report.findings.empty() ? std::string() : report.findings[0].text;
  };
  EXPECT_THAT(rule("histogram_quantile(0.5, rate(app_d_seconds_bucket[5m])) > 2"),
              HasSubstr("reads 2.5 s whatever the latency is, and the alert always fires"));
  EXPECT_THAT(rule("3 < (histogram_quantile(0.5, rate(app_d_seconds_bucket[5m])))"),
              HasSubstr("never fires"));
  EXPECT_EQ(rule("histogram_quantile(0.5, rate(d_seconds_bucket[5m])) > 2"), "")
      << "not known to come by OTLP";
  EXPECT_EQ(rule("histogram_quantile(0.5, rate(app_d_milliseconds_bucket[5m])) > 2"), "");
}

TEST(TrapTemplateLabel, OnlyWhatCanNeverBeThere) {
  const auto found = [](const std::string& expr, const std::string& text) {
    Folder folder;
    folder.Add("r.yml", Rules("  - alert: A\n    expr: " + expr + "\n    annotations: {s: '" +
                              text + "'}\n"));
    return folder.Found();
  };
  EXPECT_THAT(found("sum(x) > 1", "on {{ $labels.job }}"), ElementsAre("r.yml:6 empty-label"));
  EXPECT_THAT(found("sum(x) > 1", "{{ .Labels.job | toUpper }}"), testing::SizeIs(1));
  EXPECT_THAT(found("sum(x) > 1", "{{ index $labels \"job\" }}"), testing::SizeIs(1));
  EXPECT_THAT(found("sum(x) by (job) > 1", "on {{ $labels.job }}"), IsEmpty());
  EXPECT_THAT(found("up == 0", "on {{ $labels.job }}"), IsEmpty());
  EXPECT_THAT(found("sum(x) > 1", "{{ if $labels.job }}a{{ end }} $labels.job"), IsEmpty());
}

TEST(TrapUpAlert, WordsAndTargets) {
  const std::string prometheus =
      "scrape_configs:\n- job_name: shop\n  static_configs: [{targets: ['otel-collector:8889']}]\n"
      "- job_name: db\n  static_configs: [{targets: ['db:9187']}]\n";
  const auto found = [&](const std::string& rule) {
    Folder folder;
    folder
        .Add("p.yml", "rule_files: [r.yml]\nalerting: {alertmanagers: [{static_configs: []}]}\n" +
                          prometheus)
        .Add("r.yml", Rules(rule));
    return folder.Found();
  };
  EXPECT_THAT(found("  - {alert: A, expr: 'up{job=\"shop\"} == 0'}\n"),
              ElementsAre("r.yml:4 up-watches-collector"));
  EXPECT_THAT(found("  - {alert: A, expr: 'up{job=\"db\"} == 0'}\n"), IsEmpty());
  EXPECT_THAT(found("  # No data means down\n  - {alert: A, expr: 'up{job=\"db\"} == 0'}\n"),
              ElementsAre("r.yml:5 up-and-absence"));
  EXPECT_THAT(found("  # No data means down\n  - {alert: A, expr: 'up{job=\"db\"} == 0 or "
                    "absent(up{job=\"db\"})'}\n"),
              IsEmpty());
}

TEST(TrapDeadRelabel, AnchorsAndOrder) {
  const auto found = [](const std::string& rules) {
    Folder folder;
    folder.Add("p.yml",
               "scrape_configs:\n- job_name: a\n  static_configs: [{targets: "
               "['http://x:80/health']}]\n  relabel_configs:\n" +
                   rules);
    return folder.Check().findings;
  };
  const std::string copy = "  - {source_labels: [__address__], target_label: url}\n";
  auto findings = found(copy + "  - {source_labels: [url], regex: 'x:80/(.*)', target_label: e}\n");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].line, 6);
  EXPECT_THAT(findings[0].text, HasSubstr("'.*x:80/(.*)' would match"));
  EXPECT_THAT(found(copy + "  - {source_labels: [url], regex: '.*/(.*)', target_label: e}\n"),
              IsEmpty());
  EXPECT_THAT(found("  - {source_labels: [job], regex: b, action: drop}\n"), IsEmpty())
      << "a drop that drops nothing is what one wants";
  findings = found("  - {source_labels: [job], regex: b, action: keep}\n");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].text, HasSubstr("every target of job a is dropped"));
}

TEST(TrapForeignLabel, VocabularyAndTwoNames) {
  const auto found = [](const std::string& queries) {
    Folder folder;
    folder.Add("q.json", "{\"promql\": [" + queries + "]}");
    return folder.Found();
  };
  EXPECT_THAT(found("\"kminion_kafka_consumer_group_topic_lag{consumer_group=\\\"a\\\"}\""),
              ElementsAre("q.json:1 foreign-label"));
  EXPECT_THAT(found("\"sum(kminion_kafka_consumer_group_topic_lag{group_id=\\\"a\\\"}) by "
                    "(topic_name)\""),
              IsEmpty());
  EXPECT_THAT(
      found("\"sql_table_age{table=\\\"e\\\"}\",\n\"sql_table_rows{table_name=\\\"e\\\"}\""),
      ElementsAre("q.json:2 two-label-names"));
  EXPECT_THAT(found("\"sql_table_age{table=\\\"e\\\"}\",\"sql_table_rows{table_name=\\\"f\\\"}\""),
              IsEmpty());
  EXPECT_THAT(found("\"sql_table_age{table=\\\"e\\\"}\",\"sql_view_rows{table_name=\\\"e\\\"}\""),
              IsEmpty());
}

TEST(TrapTraceId, Digits) {
  const auto found = [](const std::string& id) {
    Folder folder;
    folder.Add("q.json", "{\"logql\": [\"{a=\\\"b\\\"} | json | trace_id=\\\"" + id + "\\\"\"]}");
    return folder.Found();
  };
  EXPECT_THAT(found(std::string(28, 'a')), ElementsAre("q.json:1 trace-id"));
  EXPECT_THAT(found(std::string(32, 'a')), IsEmpty());
  EXPECT_THAT(found(std::string(16, '1')), IsEmpty());
}

TEST(TrapUnwiredRule, NobodyEvaluatesOrIsTold) {
  const std::string alert = Rules("  - {alert: A, expr: up == 0}\n");
  const std::string told =
      "alerting: {alertmanagers: [{static_configs: [{targets: ['a:9093']}]}]}\n";
  Folder silent;
  silent.Add("p.yml", "rule_files: [r.yml]\n").Add("r.yml", alert);
  EXPECT_THAT(silent.Found(), ElementsAre("p.yml:1 nobody-told"));
  Folder wired;
  wired.Add("p.yml", "rule_files: [r.yml]\n" + told).Add("r.yml", alert);
  EXPECT_THAT(wired.Found(), IsEmpty());
  Folder recording;  // nobody needs to be told of a recording rule
  recording.Add("p.yml", "rule_files: [r.yml]\n").Add("r.yml", Rules("  - {record: a, expr: b}\n"));
  EXPECT_THAT(recording.Found(), IsEmpty());
  Folder lost;
  lost.Add("p.yml", told + "rule_files: ['no*.yml']\n").Add("r.yml", alert);
  EXPECT_THAT(lost.Found(), ElementsAre("p.yml:2 no-rule-file", "r.yml:1 never-evaluated"));
  Folder alone;  // no Prometheus file: nothing to say about who evaluates
  alone.Add("r.yml", alert);
  EXPECT_THAT(alone.Found(), IsEmpty());
}

TEST(TrapUnwiredRule, RulesOfLoki) {
  Folder folder;
  folder.Add("p.yml", "scrape_configs: []\n")
      .Add("r.yml", Rules("  - {alert: A, expr: 'rate({a=\"b\"} |= \"x\" [5m]) > 1'}\n"));
  EXPECT_THAT(folder.Found(), ElementsAre("r.yml:4 loki-rule"));
}

TEST(TrapUnwiredRule, MountsOfCompose) {
  const std::string prometheus =
      "rule_files: [r.yml]\nalerting: {alertmanagers: [{static_configs: []}]}\n";
  const auto found = [&](const std::string& volumes) {
    Folder folder;
    folder.Add("conf/p.yml", prometheus)
        .Add("conf/r.yml", Rules("  - {alert: A, expr: up == 0}\n"))
        .Add("docker-compose.yml",
             "services:\n  prometheus:\n    image: prom/prometheus\n    volumes:\n" + volumes);
    return folder.Found();
  };
  EXPECT_THAT(found("    - ./conf/p.yml:/etc/prometheus/p.yml:ro\n"),
              ElementsAre("docker-compose.yml:5 rules-not-mounted"));
  EXPECT_THAT(found("    - ./conf/p.yml:/etc/prometheus/p.yml\n"
                    "    - ./conf/r.yml:/etc/prometheus/r.yml\n"),
              IsEmpty());
  EXPECT_THAT(found("    - ./conf/:/etc/prometheus/\n"), IsEmpty());
}

}  // namespace
}  // namespace pharos::server::check
