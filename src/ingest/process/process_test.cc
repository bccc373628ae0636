// Processors and the graph, on requests written as OTLP/JSON; the tables of contrib where they
// are there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <sstream>

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

const std::string kUnit = "../shared/data/otelcol_contrib/unit/";

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
conf::OtelcolAction From(conf::OtelcolAction::Kind kind, std::string key, std::string from) {
  return {.kind = kind, .key = std::move(key), .from_attribute = std::move(from)};
}
using Kind = conf::OtelcolAction::Kind;

/// A JSON object of the tables as attributes.
AttributeList FromTable(simdjson::dom::object object, base::Arena& arena) {
  AttributeList list;
  for (const auto& [key, value] : object) {
    model::Value out;
    if (value.is_string()) out = model::Value::String(arena.Copy(value.get_string().value()));
    if (value.is_bool()) out = model::Value::Bool(value.get_bool().value());
    if (value.is_int64()) out = model::Value::Int(value.get_int64().value());
    if (value.type() == simdjson::dom::element_type::DOUBLE)
      out = model::Value::Double(value.get_double().value());
    list.push_back({arena.Copy(key), out});
  }
  return list;
}
std::string Print(AttributeList list) {
  std::ranges::sort(list, {}, &model::KeyValue::key);
  std::string out;
  for (const auto& pair : list) {
    out += std::string(pair.key) + "=" + model::ValueToString(pair.value) + ";";
  }
  return out;
}

/// Runs the cases of one table of one file through `actions`; false when the file is missing.
void RunTable(const std::string& file, std::string_view test, const char* input,
              const char* expected, std::vector<conf::OtelcolAction> actions, size_t at_least) {
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.load(kUnit + file).value();
  const AttributeActions compiled(actions);
  size_t run = 0;
  for (simdjson::dom::element table : root["tables"].get_array()) {
    if (table["test"].get_string().value() != test) continue;
    for (simdjson::dom::element row : table["cases"].get_array()) {
      simdjson::dom::object in, want;
      if (row[expected].get(want) != simdjson::SUCCESS) continue;
      const bool null = row[input].get(in) != simdjson::SUCCESS;
      if (simdjson::minify(row).find("_src") != std::string::npos ||
          simdjson::minify(row).find("_call") != std::string::npos) {
        continue;
      }
      base::Arena arena;
      AttributeList list = null ? AttributeList{} : FromTable(in, arena);
      compiled.Apply(list, {}, arena);
      EXPECT_EQ(Print(list), Print(FromTable(want, arena))) << simdjson::minify(row);
      ++run;
    }
  }
  EXPECT_GE(run, at_least) << test;
}

TEST(AttributeActions, ContribsTables) {
  if (!std::filesystem::exists(kUnit)) GTEST_SKIP() << kUnit << " is not here";
  const std::string file = "internal_coreinternal_attraction_attraction.json";
  const auto run = [&](std::string_view test, std::vector<conf::OtelcolAction> actions, size_t n) {
    RunTable(file, test, "inputAttributes", "expectedAttributes", std::move(actions), n);
  };
  run("TestAttributes_InsertValue", {Set(Kind::kInsert, "attribute1", "123")}, 3);
  run("TestAttributes_InsertFromAttribute", {From(Kind::kInsert, "string key", "anotherkey")}, 4);
  run("TestAttributes_UpdateValue", {Set(Kind::kUpdate, "db.secret", "redacted")}, 3);
  run("TestAttributes_UpdateFromAttribute", {From(Kind::kUpdate, "boo", "foo")}, 4);
  run("TestAttributes_UpsertValue", {Set(Kind::kUpsert, "region", "planet-earth")}, 3);
  run("TestAttributes_UpsertFromAttribute", {From(Kind::kUpsert, "new_user_key", "user_key")}, 4);
  conf::OtelcolAction extract{.kind = Kind::kExtract, .key = "user_key"};
  extract.pattern = R"(^\/api\/v1\/document\/(?P<new_user_key>.*)\/update\/(?P<version>.*)$)";
  run("TestAttributes_Extract", {extract}, 8);
  conf::OtelcolAction remove{.kind = Kind::kDelete, .key = "duplicate_key"};
  remove.pattern = "^duplicate_key_[a-z]$";
  run("TestAttributes_Delete", {remove}, 4);
  remove.key.clear();
  remove.pattern = "^duplicate.*";
  run("TestAttributes_Delete_Regexp", {remove}, 3);
  run("TestAttributes_Ordering",
      {Set(Kind::kInsert, "operation", "default"),
       From(Kind::kUpsert, "svc.operation", "operation"),
       {.kind = Kind::kDelete, .key = "operation"}},
      4);
}

TEST(AttributeActions, ContribsTablesOfHashConvertAndResource) {
  if (!std::filesystem::exists(kUnit)) GTEST_SKIP() << kUnit << " is not here";
  std::vector<conf::OtelcolAction> hash, convert;
  for (const char* key : {"user.email", "user.id", "user.balance", "user.authenticated"}) {
    hash.push_back({.kind = Kind::kHash, .key = key});
  }
  for (const std::string type : {"int", "double", "string"}) {
    convert.push_back({.kind = Kind::kConvert, .key = "to." + type});
    convert.back().converted_type = type;
  }
  RunTable("processor_attributesprocessor_attributes_trace.json", "TestAttributes_Hash",
           "inputAttributes", "expectedAttributes", hash, 4);
  RunTable("processor_attributesprocessor_attributes_trace.json", "TestAttributes_Convert",
           "inputAttributes", "expectedAttributes", convert, 9);
  RunTable("processor_attributesprocessor_attributes_log.json", "TestLogAttributes_Convert",
           "inputAttributes", "expectedAttributes", convert, 6);
  // The rows with the shared configuration hold "_src"; their content is this.
  const AttributeActions resource(
      std::vector<conf::OtelcolAction>{Set(Kind::kUpsert, "cloud.availability_zone", "zone-1"),
                                       From(Kind::kInsert, "k8s.cluster.name", "k8s-cluster"),
                                       {.kind = Kind::kDelete, .key = "redundant-attribute"}});
  base::Arena arena;
  AttributeList list = {{"cloud.availability_zone", model::Value::String("to-be-replaced")},
                        {"k8s-cluster", model::Value::String("test-cluster")},
                        {"redundant-attribute", model::Value::String("to-be-removed")}};
  resource.Apply(list, {}, arena);
  EXPECT_EQ(Print(list),
            "cloud.availability_zone=zone-1;k8s-cluster=test-cluster;k8s.cluster.name=test-"
            "cluster;");
}

TEST(AttributeActions, TypesAndContext) {
  base::Arena arena;
  EXPECT_EQ(ValueOf(Scalar("123"), arena).type, model::Value::Type::kInt);
  EXPECT_EQ(ValueOf(Scalar("123", true), arena).type, model::Value::Type::kString);
  EXPECT_EQ(ValueOf(Scalar("1.5"), arena).type, model::Value::Type::kDouble);
  EXPECT_EQ(ValueOf(Scalar("true"), arena).type, model::Value::Type::kBool);
  EXPECT_EQ(ValueOf(Scalar("e"), arena).type, model::Value::Type::kString);
  net::Headers headers;
  headers.Add("X-Origin", "first");
  headers.Add("x-origin", "second");
  receive::OtlpSender sender{.remote = "192.168.1.1:55",
                             .metadata = std::make_shared<const net::Headers>(headers)};
  std::vector<conf::OtelcolAction> actions;
  for (const std::string from : {"metadata.x-origin", "client.address", "auth.subject"}) {
    actions.push_back({.kind = Kind::kInsert, .key = from, .from_context = from});
  }
  AttributeList list;
  AttributeActions(actions).Apply(list, sender, arena);
  EXPECT_EQ(Print(list), "client.address=192.168.1.1;metadata.x-origin=first;second;");
}

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
  batch.Flush();
  EXPECT_EQ(bench.kept->requests.size(), 4u);
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
  batch.Flush();
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
  graph.exporters["debug"]->held.at(0)(OtlpTaken{});
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
