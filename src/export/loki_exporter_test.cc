#include "export/loki_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "ingest/receive/fake_sinks.h"
#include "wire/otlp_json.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpRequest;
using ingest::receive::OtlpSignal;
using ingest::receive::OtlpTaken;
using simdjson::dom::element;

const std::string kTable =
    "../shared/data/otelcol_contrib/unit/pkg_translator_loki_logs_to_loki.json";

std::string Value(element value);
std::string Attributes(simdjson::dom::object object) {
  std::string out;
  for (const auto& [key, value] : object) {
    if (!out.empty()) out += ",";
    out += R"({"key":")" + std::string(key) + R"(","value":)" + Value(value) + "}";
  }
  return out;
}
/// A value of the tables as OTLP/JSON.
std::string Value(element value) {
  using Type = simdjson::dom::element_type;
  switch (value.type()) {
    case Type::STRING:
      return R"({"stringValue":")" + std::string(value.get_string().value()) + "\"}";
    case Type::INT64: return R"({"intValue":")" + std::to_string(value.get_int64().value()) + "\"}";
    case Type::ARRAY: {
      std::string out;
      for (element item : value.get_array()) out += (out.empty() ? "" : ",") + Value(item);
      return R"({"arrayValue":{"values":[)" + out + "]}}";
    }
    case Type::OBJECT:
      return R"({"kvlistValue":{"values":[)" + Attributes(value.get_object()) + "]}}";
    default: return "{}";
  }
}

std::string Request(std::string_view resource, std::string_view scope, std::string_view record) {
  return R"({"resourceLogs":[{"resource":{"attributes":[)" + std::string(resource) +
         R"(]},"scopeLogs":[{"scope":)" + std::string(scope) + R"(,"logRecords":[{)" +
         std::string(record) + "}]}]}]}";
}
std::shared_ptr<const std::string> Bytes(const std::string& json) {
  auto bytes = wire::OtlpJsonToProtobuf(wire::kLogsMessage, json);
  EXPECT_TRUE(bytes) << json;
  return std::make_shared<const std::string>(*bytes);
}
LokiPushes Pushes(const std::string& json, const conf::OtelcolLokiExporter& settings = {}) {
  return MakeLokiPushes(Bytes(json), settings, 1'600'000'000'000'000'000).value();
}
/// "labels line" of the only record, or why there is none.
std::string One(const std::string& json, const conf::OtelcolLokiExporter& settings = {}) {
  const LokiPushes pushes = Pushes(json, settings);
  if (pushes.pushes.empty()) return pushes.reason;
  const auto& stream = pushes.pushes.at(0).streams.at(0);
  return stream.first + " " + stream.second.at(0).line;
}

std::string TestHint(std::string_view name) {
  if (name == "hintAttributes") return "loki.attribute.labels";
  if (name == "hintResources") return "loki.resource.labels";
  if (name == "hintFormat") return "loki.format";
  return std::string(name);
}

/// One row of the tables as OTLP/JSON. False where the row needs what is not in it.
bool RowRequest(simdjson::dom::object row, std::string* json, bool trace_id) {
  std::string record, attributes, resource, scope = "{}";
  simdjson::dom::object object;
  if (row["attrs"].get(object) == simdjson::SUCCESS) attributes = Attributes(object);
  if (row["res"].get(object) == simdjson::SUCCESS) resource = Attributes(object);
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!attributes.empty()) attributes += ",";
    attributes += R"({"key":")" + std::string(key) + R"(","value":)" + value + "}";
  };
  if (row["hints"].get(object) == simdjson::SUCCESS) {
    for (const auto& [key, value] : object) {
      if (value.is_object()) {
        add(TestHint(key), R"({"stringValue":"logfmt"})");
      } else {
        add(TestHint(key), Value(value));
      }
    }
  }
  std::string_view text;
  if (row["levelAttribute"].get(text) == simdjson::SUCCESS) {
    add("level", R"({"stringValue":")" + std::string(text) + "\"}");
  }
  if (row["severity"].get(text) == simdjson::SUCCESS) {
    EXPECT_EQ(text, "SeverityNumberDebug4");
    record = R"("severityNumber":8,)";
  }
  if (row["instrumentationScope"].get(object) == simdjson::SUCCESS) {
    scope = R"({"name":")" + std::string(object["Name"].get_string().value()) + R"(","version":")" +
            std::string(object["Version"].get_string().value()) + "\"";
    simdjson::dom::object inner;
    if (object["Attributes"].get(inner) == simdjson::SUCCESS) {
      scope += R"(,"attributes":[)" + Attributes(inner) + "]";
    }
    scope += "}";
  }
  if (trace_id) record += R"("traceId":"01000000000000000000000000000000",)";
  *json = Request(resource, scope, record + R"("attributes":[)" + attributes + "]");
  return true;
}

TEST(LokiLine, ContribsTables) {
  if (!std::filesystem::exists(kTable)) GTEST_SKIP() << kTable << " is not here";
  simdjson::dom::parser parser;
  element root = parser.load(kTable).value();
  size_t run = 0;
  for (element table : root["tables"].get_array()) {
    const std::string_view test = table["test"].get_string().value();
    const bool whole = test == "TestLogsToLokiRequestWithoutTenant";
    if (!whole && test != "TestLogToLokiEntry") continue;
    for (element row : table["cases"].get_array()) {
      std::string json;
      ASSERT_TRUE(RowRequest(row.get_object(), &json, whole));
      conf::OtelcolLokiExporter settings;
      if (row["defaultLebelsEnabled"].error() == simdjson::SUCCESS) settings.label_level = false;
      std::string expected;
      if (whole) {
        expected = std::string(row["expectedLabel"].get_string().value()) + " " +
                   std::string(row["expectedLines"].at(0).get_string().value());
      } else if (row["expected"].is_null()) {
        expected = "invalid format my-format. Expected one of: json, logfmt, raw";
      } else {
        for (const auto& [name, value] : row["expected"]["Labels"].get_object()) {
          expected += (expected.empty() ? "{" : ", ") + std::string(name) + "=\"" +
                      std::string(value.get_string().value()) + "\"";
        }
        expected += "} " + std::string(row["expected"]["Entry"]["Line"].get_string().value());
      }
      EXPECT_EQ(One(json, settings), expected) << json;
      ++run;
    }
  }
  EXPECT_EQ(run, 19u);
}

TEST(LokiLine, JobInstanceAndTheLabsSettings) {
  const std::string resource =
      R"({"key":"service.name","value":{"stringValue":"sample-app"}},
         {"key":"service.instance.id","value":{"stringValue":"i"}},
         {"key":"deployment.environment","value":{"stringValue":"dev"}},
         {"key":"loki.resource.labels","value":{"stringValue":"service.name, deployment.environment"}})";
  const std::string json = Request(
      resource, "{}", R"("severityNumber":9,"severityText":"INFO","body":{"stringValue":"a <b>"})");
  EXPECT_EQ(
      One(json, {.label_exporter = false}),
      R"({deployment_environment="dev", instance="i", job="sample-app", level="INFO", )"
      R"(service_name="sample-app"} )"
      R"({"body":"a \u003cb\u003e","severity":"INFO","resources":{"service.instance.id":"i"}})");
  EXPECT_EQ(One(Request("", "{}", ""), {.label_exporter = false}), "{} {}");
}

TEST(LokiLine, FormatsBodiesAndValues) {
  const auto line = [](std::string_view format, std::string_view record) {
    return One(Request(R"({"key":"loki.format","value":{"stringValue":")" + std::string(format) +
                           "\"}}",
                       "{}", record),
               {.label_exporter = false})
        .substr(3);
  };
  EXPECT_EQ(line("raw", R"("body":{"stringValue":"as it is"})"), "as it is");
  EXPECT_EQ(line("logfmt", R"("body":{"stringValue":"a=1 b=\"x y\""},"spanId":"0102030405060708")"),
            R"(a=1 b="x y" spanID=0102030405060708)");
  EXPECT_EQ(line("logfmt", R"("body":{"stringValue":"say \"hi"})"), R"(msg="say \"hi")");
  EXPECT_EQ(
      line(
          "logfmt",
          R"("body":{"kvlistValue":{"values":[{"key":"m","value":{"arrayValue":{"values":[{"intValue":"1"},{"boolValue":true}]}}}]}})"),
      "m_0=1 m_1=true");
  EXPECT_EQ(
      line(
          "json",
          R"("body":{"kvlistValue":{"values":[{"key":"b","value":{"doubleValue":1e-9}},{"key":"a","value":{}}]}},"flags":1)"),
      R"({"body":{"a":null,"b":1e-9},"flags":1})");
  EXPECT_THAT(line("json", R"("body":{"doubleValue":"NaN"})"),
              testing::HasSubstr("led to convert"));
}

TEST(LokiPushes, TenantsAndStreams) {
  const std::string json =
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
      {"timeUnixNano":"5","attributes":[{"key":"loki.tenant","value":{"stringValue":"tenant.id"}},{"key":"tenant.id","value":{"stringValue":"1"}}]},
      {"timeUnixNano":"6","attributes":[{"key":"loki.tenant","value":{"stringValue":"tenant.id"}},{"key":"tenant.id","value":{"stringValue":"2"}}]},
      {"timeUnixNano":"7","attributes":[{"key":"loki.tenant","value":{"stringValue":"tenant.id"}},{"key":"tenant.id","value":{"stringValue":"1"}}]}]}]}]})";
  const LokiPushes pushes = Pushes(json);
  ASSERT_EQ(pushes.pushes.size(), 2u);
  EXPECT_EQ(pushes.pushes[0].tenant, "1");
  ASSERT_EQ(pushes.pushes[0].streams.size(), 1u);
  EXPECT_EQ(pushes.pushes[0].streams[0].second.size(), 2u);
  EXPECT_EQ(pushes.pushes[1].streams[0].second[0].line, R"({"attributes":{"tenant.id":"2"}})");
  // The encoded push reads back with the decoder of Loki's own pushes.
  const auto decoded =
      wire::DecodeLokiPush(std::make_shared<const std::string>(EncodeLokiPush(pushes.pushes[0])));
  ASSERT_TRUE(decoded) << decoded.error().message;
  ASSERT_EQ(decoded->streams.size(), 1u);
  EXPECT_EQ(decoded->streams[0].labels, R"({exporter="OTLP"})");
  EXPECT_EQ(decoded->streams[0].events.at(1).time_ns, 7);
  EXPECT_EQ(decoded->streams[0].events.at(1).body.text, R"({"attributes":{"tenant.id":"1"}})");
}

TEST(LokiStoreExporter, StoresAsAPushWouldAndAnswersWhenDurable) {
  ingest::receive::FakeEvents events;
  base::FakeClock clock{1'600'000'000'000'000'000};
  const auto exporter =
      MakeLokiStoreExporter({.label_exporter = false}, {.events = &events, .clock = &clock});
  const auto ask = [&](const std::string& json) {
    std::string out = "open";
    exporter->Take({OtlpSignal::kLogs, Bytes(json), {}}, [&](const base::Result<OtlpTaken>& taken) {
      out = taken ? "ok" + taken->reason : taken.error().message;
    });
    return out;
  };
  const std::string json =
      Request(R"({"key":"service.name","value":{"stringValue":"shop"}})", "{}",
              R"("timeUnixNano":"1599999999000000000","body":{"stringValue":"hi"})");
  EXPECT_EQ(ask(json), "ok");
  ASSERT_EQ(events.streams.size(), 1u);
  EXPECT_EQ(events.streams.begin()->first, R"({job="shop", service_name="shop"})")
      << "service_name is what Loki finds itself";
  EXPECT_EQ(events.streams.begin()->second.at(0).body.text,
            R"({"body":"hi","resources":{"service.name":"shop"}})");
  events.refuse = base::Error{base::ErrorKind::kFull, "disk full"};
  EXPECT_EQ(ask(json), "disk full");
}

}  // namespace
}  // namespace pharos::exporting
