// Processors and the graph, on requests written as OTLP/JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "ingest/process/attribute_actions.h"
#include "ingest/process/batch.h"
#include "ingest/process/pipeline.h"
#include "ingest/process/processors.h"
#include "ingest/process/rewrite.h"
#include "wire/otlp_json.h"

namespace pharos::ingest::process {
namespace {

using receive::OtlpRequest;
using receive::OtlpTaken;
using testing::HasSubstr;

const wire::PbMessage& MessageOf(OtlpSignal signal) {
  if (signal == OtlpSignal::kTraces) return wire::kTracesMessage;
  return signal == OtlpSignal::kLogs ? wire::kLogsMessage : wire::kMetricsMessage;
}
std::string FromJson(OtlpSignal signal, std::string_view json) {
  auto bytes = wire::OtlpJsonToProtobuf(MessageOf(signal), json);
  EXPECT_TRUE(bytes) << bytes.error().message;
  return *bytes;
}
std::string ToJson(OtlpSignal signal, std::string_view bytes) {
  std::string out;
  EXPECT_TRUE(wire::OtlpProtobufToJson(MessageOf(signal), bytes, {}, out));
  return out;
}
OtlpRequest Request(OtlpSignal signal, std::string_view json) {
  return {signal, std::make_shared<const std::string>(FromJson(signal, json)), {}};
}

/// Keeps what it is given; answers at once, or when told to.
class Kept final : public receive::OtlpSink {
 public:
  void Take(OtlpRequest request, receive::OtlpDone done) override {
    requests.push_back(std::move(request));
    if (hold) {
      held.push_back(std::move(done));
    } else if (error) {
      done(std::unexpected(*error));
    } else {
      done(OtlpTaken{});
    }
  }
  std::string Json(size_t i) const { return ToJson(requests.at(i).signal, *requests.at(i).body); }
  std::vector<OtlpRequest> requests;
  std::vector<receive::OtlpDone> held;
  bool hold = false;
  std::optional<base::Error> error;
};

/// Takes and gives the answer, or "open" when there is none yet.
std::string Answer(receive::OtlpSink& sink, OtlpRequest request) {
  auto answer = std::make_shared<std::string>("open");
  sink.Take(std::move(request), [answer](const base::Result<OtlpTaken>& taken) {
    EXPECT_EQ(*answer, "open") << "answered twice";
    *answer = taken ? "ok" : taken.error().message;
  });
  return *answer;
}

std::string Spans(int n, std::string_view service = "a") {
  std::string spans;
  for (int i = 0; i < n; ++i) {
    if (i > 0) spans += ',';
    spans += R"({"name":"s)" + std::to_string(i) + R"("})";
  }
  return R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" +
         std::string(service) + R"("}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[)" + spans +
         "]}]}]}";
}
constexpr std::string_view kMetrics =
    R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"g","unit":"s","gauge":{"dataPoints":[{"asInt":"1"},{"asInt":"2"},{"asInt":"3"}]}},
    {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"4","min":1,"max":9}]}}]}]}]})";

struct Bench {
  Telemetry telemetry;
  HeldBytes held;
  base::FakeClock clock{1'000'000'000'000};
  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
  ProcessorDeps deps() { return {&telemetry, &held}; }
  double Value(const std::string& name) {
    for (const auto& [family, read] : telemetry.Read()) {
      if (family == name) return read.rows.at(0).value;
    }
    return -1;
  }
};

conf::Node Scalar(std::string text, bool quoted = false) {
  return {.kind = conf::Node::Kind::kScalar, .quoted = quoted, .scalar = std::move(text)};
}
conf::OtelcolAction Set(conf::OtelcolAction::Kind kind, std::string key, std::string value) {
  conf::OtelcolAction action{.kind = kind, .key = std::move(key)};
  action.value = Scalar(std::move(value));
  return action;
}
using Kind = conf::OtelcolAction::Kind;

TEST(Rewrite, KeepsWhatItDoesNotKnow) {
  std::string body = FromJson(OtlpSignal::kTraces, Spans(2));
  body += "\xf8\x06\x01";  // field 111, varint: of tomorrow
  const auto same = RewriteResources(body, [](AttributeList&, base::Arena&) {});
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, body);
  EXPECT_EQ(*CountItems(OtlpSignal::kTraces, body), 2u);
  EXPECT_FALSE(CountItems(OtlpSignal::kTraces, "\x0a\x05zz"));
  EXPECT_FALSE(RewriteResources("\x0a\x05zz", [](AttributeList&, base::Arena&) {}));
  EXPECT_EQ(*CountItems(OtlpSignal::kMetrics, FromJson(OtlpSignal::kMetrics, kMetrics)), 4u);
}

TEST(Rewrite, PointsOfEveryKindGetAttributes) {
  const auto changed = RewriteItems(OtlpSignal::kMetrics, FromJson(OtlpSignal::kMetrics, kMetrics),
                                    [](const ItemContext&, AttributeList& list, base::Arena&) {
                                      list.push_back({"k", model::Value::Int(7)});
                                      return true;
                                    });
  ASSERT_TRUE(changed);
  const std::string json = ToJson(OtlpSignal::kMetrics, *changed);
  size_t found = 0;
  for (size_t at = json.find("\"k\""); at != json.npos; at = json.find("\"k\"", at + 1)) ++found;
  EXPECT_EQ(found, 4u) << json;
  EXPECT_THAT(json, HasSubstr("\"max\":9"));
}

TEST(Rewrite, SplitsInsideAMetric) {
  const std::string body = FromJson(OtlpSignal::kMetrics, kMetrics);
  const auto [first, rest] = SplitItems(OtlpSignal::kMetrics, body, 2);
  EXPECT_EQ(*CountItems(OtlpSignal::kMetrics, first), 2u);
  EXPECT_EQ(*CountItems(OtlpSignal::kMetrics, rest), 2u);
  EXPECT_THAT(ToJson(OtlpSignal::kMetrics, rest), HasSubstr("\"name\":\"g\""));
  EXPECT_THAT(ToJson(OtlpSignal::kMetrics, first), testing::Not(HasSubstr("\"name\":\"h\"")));
}

TEST(Attributes, IncludeAndExcludeAsContribsTables) {
  conf::OtelcolAttributes settings;
  settings.actions = {Set(Kind::kInsert, "attribute1", "123")};
  settings.include.emplace();
  settings.include->regexp = true;
  settings.include->services = {"svcA", "svcB.*"};
  settings.exclude.emplace();
  settings.exclude->attributes = {{"NoModification", Scalar("true")}};
  Bench bench;
  const SinkPtr sink = MakeAttributes(settings, bench.deps(), bench.kept);
  const auto changed = [&](const std::string& service, std::string_view attributes) {
    bench.kept->requests.clear();
    EXPECT_EQ(
        Answer(
            *sink,
            Request(
                OtlpSignal::kTraces,
                R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" +
                    service + R"("}}]},"scopeSpans":[{"spans":[{"name":"x","attributes":[)" +
                    std::string(attributes) + "]}]}]}]}")),
        "ok");
    return bench.kept->Json(0).find("attribute1") != std::string::npos;
  };
  const std::string no = R"({"key":"NoModification","value":{"boolValue":)";
  EXPECT_TRUE(changed("svcB", ""));
  EXPECT_TRUE(changed("svcB", no + "false}}"));
  EXPECT_FALSE(changed("noname", ""));
  EXPECT_FALSE(changed("svcB", no + "true}}"));
}

TEST(Attributes, MatchesNamesKindsBodiesAndSeverity) {
  const auto touched = [](OtlpSignal signal, conf::OtelcolMatch match, std::string_view json) {
    Bench bench;
    conf::OtelcolAttributes settings;
    settings.actions = {Set(Kind::kInsert, "touched", "1")};
    settings.include = std::move(match);
    Answer(*MakeAttributes(settings, bench.deps(), bench.kept), Request(signal, json));
    return bench.kept->Json(0).find("touched") != std::string::npos;
  };
  const auto span = [](const char* inside) {
    return R"({"resourceSpans":[{"scopeSpans":[{"scope":{"name":"lib","version":"0.1.0"},"spans":[{)" +
           std::string(inside) + "}]}]}]}";
  };
  const auto log = [](const char* inside) {
    return R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{)" + std::string(inside) + "}]}]}]}";
  };
  conf::OtelcolMatch names;
  names.span_names = {"apply"};
  EXPECT_TRUE(touched(OtlpSignal::kTraces, names, span(R"("name":"apply")")));
  EXPECT_FALSE(touched(OtlpSignal::kTraces, names, span(R"("name":"apply2")")));
  names.regexp = true;
  EXPECT_TRUE(touched(OtlpSignal::kTraces, names, span(R"("name":"apply2")")));
  conf::OtelcolMatch kinds;
  kinds.span_kinds = {"SPAN_KIND_CLIENT"};
  EXPECT_TRUE(touched(OtlpSignal::kTraces, kinds, span(R"("kind":3)")));
  EXPECT_FALSE(touched(OtlpSignal::kTraces, kinds, span(R"("kind":2)")));
  conf::OtelcolMatch library;
  library.libraries = {{"lib", "0.1.0"}};
  EXPECT_TRUE(touched(OtlpSignal::kTraces, library, span("")));
  library.libraries = {{"lib", "0.2.0"}};
  EXPECT_FALSE(touched(OtlpSignal::kTraces, library, span("")));
  conf::OtelcolMatch bodies;
  bodies.regexp = true;
  bodies.log_bodies = {"AUTH.*"};
  EXPECT_TRUE(touched(OtlpSignal::kLogs, bodies, log(R"("body":{"stringValue":"an AUTH line"})")));
  EXPECT_FALSE(touched(OtlpSignal::kLogs, bodies, log(R"("body":{"intValue":"1"})")));
  conf::OtelcolMatch severity;
  severity.min_severity = 9;
  EXPECT_TRUE(touched(OtlpSignal::kLogs, severity, log(R"("severityNumber":13)")));
  EXPECT_FALSE(touched(OtlpSignal::kLogs, severity, log(R"("severityNumber":5)")));
  EXPECT_FALSE(touched(OtlpSignal::kLogs, severity, log(R"("severityText":"x")")));
  severity.match_undefined_severity = true;
  EXPECT_TRUE(touched(OtlpSignal::kLogs, severity, log(R"("severityText":"x")")));
}

TEST(MemoryLimiter, RefusesWhileThePipelinesHoldTooMuch) {
  Bench bench;
  const SinkPtr sink =
      MakeMemoryLimiter({.check_interval_ms = 1000, .limit_bytes = 1000, .spike_bytes = 200},
                        "memory_limiter", bench.deps(), bench.kept);
  EXPECT_EQ(Answer(*sink, Request(OtlpSignal::kTraces, Spans(2))), "ok");
  auto held = bench.held.Hold(std::string(801, 'x'));
  EXPECT_EQ(Answer(*sink, Request(OtlpSignal::kTraces, Spans(3))),
            "data refused due to high memory usage");
  held.reset();
  EXPECT_EQ(bench.held.bytes(), 0);
  EXPECT_EQ(Answer(*sink, Request(OtlpSignal::kTraces, Spans(1))), "ok");
  EXPECT_EQ(bench.Value("otelcol_processor_accepted_spans"), 3);
  EXPECT_EQ(bench.Value("otelcol_processor_refused_spans"), 3);
}

TEST(Batch, GathersBySizeAndByTime) {
  Bench bench;
  Batch batch({.timeout_ms = 1000, .send_batch_size = 5, .send_batch_max_size = 5}, "batch",
              Batch::Passing::kGather, bench.deps(), &bench.clock, bench.kept);
  EXPECT_EQ(Answer(batch, Request(OtlpSignal::kTraces, Spans(3, "a"))), "ok");
  EXPECT_TRUE(bench.kept->requests.empty());
  EXPECT_EQ(Answer(batch, Request(OtlpSignal::kTraces, Spans(4, "b"))), "ok");
  ASSERT_EQ(bench.kept->requests.size(), 2u) << "7 spans: 5 and 2";
  EXPECT_EQ(*CountItems(OtlpSignal::kTraces, *bench.kept->requests[0].body), 5u);
  EXPECT_EQ(*CountItems(OtlpSignal::kTraces, *bench.kept->requests[1].body), 2u);
  EXPECT_THAT(bench.kept->Json(1), HasSubstr("\"b\""));
  Answer(batch, Request(OtlpSignal::kTraces, Spans(1)));
  bench.clock.Advance(std::chrono::milliseconds(999));
  batch.Tick();
  EXPECT_EQ(bench.kept->requests.size(), 2u);
  bench.clock.Advance(std::chrono::milliseconds(1));
  batch.Tick();
  EXPECT_EQ(bench.kept->requests.size(), 3u);
  Answer(batch, Request(OtlpSignal::kTraces, Spans(1)));
  batch.Close();
  EXPECT_EQ(bench.kept->requests.size(), 4u);
  bench.kept->error = base::Error{base::ErrorKind::kBusy, "stopped"};
  EXPECT_EQ(Answer(batch, Request(OtlpSignal::kTraces, Spans(1))), "stopped")
      << "not acknowledged any more";
  EXPECT_EQ(bench.Value("otelcol_processor_batch_batch_size_trigger_send"), 2);
  EXPECT_EQ(bench.Value("otelcol_processor_batch_timeout_trigger_send"), 2);
}

TEST(Batch, TenantsNeverShareABatch) {
  Bench bench;
  Batch batch({.timeout_ms = 1000, .send_batch_size = 100}, "batch", Batch::Passing::kGather,
              bench.deps(), &bench.clock, bench.kept);
  OtlpRequest request = Request(OtlpSignal::kTraces, Spans(1));
  Answer(batch, request);
  request.sender.tenant = "other";
  Answer(batch, request);
  batch.Close();
  EXPECT_EQ(bench.kept->requests.size(), 2u);
}

struct Graph {
  Bench bench;
  std::shared_ptr<Telemetry> telemetry = std::make_shared<Telemetry>();
  std::map<std::string, std::shared_ptr<Kept>> exporters;
  std::shared_ptr<Pipelines> pipelines;

  explicit Graph(const std::string& file) {
    const auto config = conf::ParseOtelcolConfig(file, "f");
    EXPECT_TRUE(config) << config.error().message;
    auto made =
        Pipelines::Make(*config, {.telemetry = telemetry,
                                  .held = bench.held,
                                  .clock = &bench.clock,
                                  .exporters = [this](const conf::OtelcolExporter& exporter) {
                                    auto kept = std::make_shared<Kept>();
                                    exporters[exporter.id.text] = kept;
                                    return Exporter{kept, exporter.id.type != "otlp"};
                                  }});
    EXPECT_TRUE(made);
    pipelines = *made;
  }
};

const std::string kTwoWays =
    "receivers: {otlp: {protocols: {grpc: }}}\n"
    "processors: {batch: {timeout: 1s}, resource: {attributes: [{key: k, value: v, action: "
    "insert}]}}\n"
    "exporters: {debug: , otlp/far: {endpoint: 'x:1'}, debug/2: }\n"
    "service:\n  pipelines:\n"
    "    traces: {receivers: [otlp], processors: [batch, resource], exporters: [debug, otlp/far]}\n"
    "    traces/2: {receivers: [otlp], exporters: [debug/2]}\n";

TEST(Pipelines, FanOutAndAcknowledgeWhatStays) {
  Graph graph(kTwoWays);
  const SinkPtr sink = graph.pipelines->SinkOf("otlp");
  graph.exporters["debug"]->hold = true;
  std::string answer = "open";
  sink->Take(Request(OtlpSignal::kTraces, Spans(2)),
             [&](const base::Result<OtlpTaken>& taken) { answer = taken ? "ok" : "failed"; });
  EXPECT_EQ(answer, "open") << "one exporter in this process has not answered";
  EXPECT_TRUE(graph.exporters["otlp/far"]->requests.empty()) << "the batch waits";
  // An answer keeps the pipelines, which keep the exporter: it does not stay there.
  const auto held = std::exchange(graph.exporters["debug"]->held, {});
  held.at(0)(OtlpTaken{});
  EXPECT_EQ(answer, "ok");
  graph.bench.clock.Advance(std::chrono::seconds(1));
  graph.pipelines->Tick();
  EXPECT_THAT(graph.exporters["otlp/far"]->Json(0), HasSubstr("\"k\""));
  EXPECT_THAT(graph.exporters["debug"]->Json(0), HasSubstr("\"k\""));
  EXPECT_THAT(graph.exporters["debug/2"]->Json(0), testing::Not(HasSubstr("\"k\"")));
  const auto families = graph.telemetry->Read();
  EXPECT_EQ(families.at("otelcol_receiver_accepted_spans").rows.at(1).labels,
            R"(receiver="otlp",transport="http")");
  EXPECT_EQ(families.at("otelcol_receiver_accepted_spans").rows.at(1).value, 2);
}

TEST(Pipelines, AnErrorOfOneIsTheAnswer) {
  Graph graph(kTwoWays);
  graph.exporters["debug/2"]->error = base::Error{base::ErrorKind::kFull, "disk full"};
  const SinkPtr sink = graph.pipelines->SinkOf("otlp");
  EXPECT_EQ(Answer(*sink, Request(OtlpSignal::kTraces, Spans(1))), "disk full");
  EXPECT_EQ(Answer(*sink, Request(OtlpSignal::kLogs, "{}")),
            "no pipeline takes log_records from receiver \"otlp\"");
  EXPECT_EQ(Answer(*sink, {OtlpSignal::kTraces, std::make_shared<const std::string>("\x0a"), {}}),
            "unexpected EOF");
}

}  // namespace
}  // namespace pharos::ingest::process
