#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <sstream>

#include "wire/otlp_encode.h"
#include "wire/otlp_events.h"
#include "wire/otlp_json.h"

namespace pharos::wire {
namespace {

using protozero::pbf_writer;

std::shared_ptr<const std::string> FromJson(const PbMessage& message, std::string_view json) {
  auto bytes = OtlpJsonToProtobuf(message, json);
  EXPECT_TRUE(bytes) << bytes.error().message;
  return std::make_shared<const std::string>(bytes.value_or(""));
}

constexpr std::string_view kTrace = R"({"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
  "scopeSpans":[{"scope":{"name":"lib","version":"1"},"spans":[{
    "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
    "parentSpanId":"EEE19B7EC3C1B173","name":"GET /","kind":"SPAN_KIND_SERVER",
    "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
    "unknown":{"a":[1]},
    "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"d","value":{"doubleValue":0}},
      {"key":"l","value":{"arrayValue":{"values":[{"boolValue":true},{"stringValue":"x"}]}}},
      {"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"bytesValue":"AQID"}}]}}},
      {"key":"null","value":{}},{"key":"nulls","value":{"arrayValue":{"values":[{},{}]}}},
      {"key":"empty","value":{"kvlistValue":{"values":[]}}}],
    "events":[{"timeUnixNano":"1544712660500000000","name":"e"}],
    "links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175"}],
    "status":{"code":2,"message":"bad"}},
    {"traceId":"5B8E","spanId":"EEE19B7EC3C1B174","name":"short id"}]}]}]})";

TEST(OtlpTraces, DecodesJsonAndRejectsShortIds) {
  const auto traces = DecodeOtlpTraces(FromJson(kTracesMessage, kTrace), SpanStream, 1);
  ASSERT_TRUE(traces) << traces.error().message;
  EXPECT_EQ(traces->rejected, 1u);
  EXPECT_EQ(traces->reason, "trace ids must be 16 bytes");
  ASSERT_EQ(traces->batch.streams.size(), 1u);
  EXPECT_EQ(traces->batch.streams[0].stream, (model::Labels{{"service_name", "shop"}}));
  ASSERT_EQ(traces->batch.streams[0].events.size(), 1u);
  const model::Event& span = traces->batch.streams[0].events[0];
  EXPECT_EQ(model::ToHex(span.trace_id), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(model::ToHex(span.span->parent_id), "eee19b7ec3c1b173");
  EXPECT_EQ(span.span->kind, 2);
  EXPECT_EQ(span.duration_ns(), 1'000'000'000);
  EXPECT_EQ(span.span->status_code, 2);
  EXPECT_EQ(span.span->events[0].name, "e");
  EXPECT_EQ(span.span->links[0].span_id.bytes[7], 0x75);
  ASSERT_EQ(span.attributes.size(), 7u);
  EXPECT_EQ(span.attributes[0].value.integer, 5);
  EXPECT_EQ(span.attributes[1].value.type, model::Value::Type::kDouble);
  EXPECT_EQ(model::ValueToString(span.attributes[2].value), R"([true,"x"])");
  EXPECT_EQ(span.attributes[3].value.map()[0].value.text, "\x01\x02\x03");
  EXPECT_EQ(span.attributes[4].value.type, model::Value::Type::kNull);
  EXPECT_EQ(model::ValueToString(span.attributes[5].value), "[null,null]");
  EXPECT_EQ(span.attributes[6].value.type, model::Value::Type::kMap);
  EXPECT_EQ(span.origin->scope_name, "lib");
}

TEST(OtlpTraces, EncodingGivesBackWhatCameIn) {
  const auto first = DecodeOtlpTraces(FromJson(kTracesMessage, kTrace), SpanStream, 1);
  ASSERT_TRUE(first);
  const auto again = DecodeOtlpTraces(
      std::make_shared<const std::string>(EncodeOtlpTraces(first->batch)), SpanStream, 1);
  ASSERT_TRUE(again);
  EXPECT_TRUE(
      model::SameEvent(first->batch.streams[0].events[0], again->batch.streams[0].events[0]));
  const std::string json = EncodeOtlpTracesJson(first->batch);
  const auto third = DecodeOtlpTraces(FromJson(kTracesMessage, json), SpanStream, 1);
  ASSERT_TRUE(third);
  EXPECT_TRUE(
      model::SameEvent(first->batch.streams[0].events[0], third->batch.streams[0].events[0]))
      << json;
}

TEST(OtlpTraces, TempoJsonHasBase64IdsAndEnumNames) {
  const auto traces = DecodeOtlpTraces(FromJson(kTracesMessage, kTrace), SpanStream, 1);
  ASSERT_TRUE(traces);
  const std::string json = EncodeTempoTraceJson(traces->batch);
  EXPECT_TRUE(json.starts_with(R"({"batches":[{"resource":{"attributes":[{"key":"service.name",)"))
      << json;
  EXPECT_NE(json.find(R"("traceId":"W47/95gDgQPSabYzgT/GDA==")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("kind":"SPAN_KIND_SERVER")"), std::string::npos);
  EXPECT_NE(json.find(R"("startTimeUnixNano":"1544712660000000000")"), std::string::npos);
  EXPECT_NE(json.find(R"("status":{"message":"bad","code":"STATUS_CODE_ERROR"})"),
            std::string::npos);
}

/// A request of one span, whose fields `fill` writes.
template <class Fill>
base::Result<OtlpEvents> DecodeSpan(Fill fill) {
  std::string span;
  {
    pbf_writer out(span);
    fill(out);
  }
  auto body = std::make_shared<std::string>();
  {
    pbf_writer request(*body), resource_spans(request, 1), scope_spans(resource_spans, 2);
    scope_spans.add_message(2, span);
  }
  return DecodeOtlpTraces(body, SpanStream, 1);
}

void AddPair(pbf_writer& out, std::string_view key, std::string_view value_message, bool turned) {
  pbf_writer pair(out, 9);
  if (turned) pair.add_message(2, value_message.data(), value_message.size());
  pair.add_string(1, key.data(), key.size());
  if (!turned) pair.add_message(2, value_message.data(), value_message.size());
}

TEST(OtlpTraces, FieldsComeInAnyOrderAndLength) {
  const std::string trace(16, 't'), id(8, 's'), text(300, 'x');
  std::string number, long_text, twice, nested;
  pbf_writer(number).add_int64(3, -5);
  pbf_writer(long_text).add_string(1, text);
  {
    pbf_writer out(twice);  // the last value counts
    out.add_string(1, "first");
    out.add_bool(2, true);
  }
  {
    pbf_writer out(nested), map(out, 6), pair(map, 1);
    pair.add_string(1, "in");
    pair.add_message(2, number);
  }
  const auto decoded = DecodeSpan([&](pbf_writer& out) {
    out.add_fixed64(8, 20);
    out.add_string(400, text);  // nobody knows this field
    for (int i = 0; i < 40; ++i) AddPair(out, "key" + std::to_string(i), number, i % 2 == 0);
    AddPair(out, text, long_text, false);
    AddPair(out, "twice", twice, false);
    AddPair(out, "nested", nested, true);
    AddPair(out, "null", "", false);
    out.add_string(5, text);
    out.add_fixed64(7, 10);
    out.add_bytes(2, id);
    out.add_bytes(1, trace);
  });
  ASSERT_TRUE(decoded) << decoded.error().message;
  ASSERT_EQ(decoded->batch.EventCount(), 1u);
  const model::Event& span = decoded->batch.streams[0].events[0];
  EXPECT_EQ(span.time_ns, 10);
  EXPECT_EQ(span.duration_ns(), 10);
  EXPECT_EQ(span.span->name, text);
  ASSERT_EQ(span.attributes.size(), 44u);
  for (size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(span.attributes[i].key, "key" + std::to_string(i));
    EXPECT_EQ(span.attributes[i].value.integer, -5);
  }
  EXPECT_EQ(span.attributes[40].key, text);
  EXPECT_EQ(span.attributes[40].value.text, text);
  EXPECT_EQ(span.attributes[41].value.type, model::Value::Type::kBool);
  EXPECT_TRUE(span.attributes[41].value.boolean);
  EXPECT_EQ(span.attributes[42].value.map()[0].value.integer, -5);
  EXPECT_EQ(span.attributes[43].value.type, model::Value::Type::kNull);
}

TEST(OtlpTraces, WrongWireTypesAndCutsAreRefused) {
  const auto wrong = DecodeSpan([](pbf_writer& out) { out.add_int64(7, 5); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "proto: wrong wireType for a known field");
  EXPECT_FALSE(DecodeSpan([](pbf_writer& out) { out.add_int64(16, 5); }));
  EXPECT_TRUE(DecodeSpan([](pbf_writer& out) { out.add_int64(17, 5); }));
  std::string number;
  pbf_writer(number).add_double(4, 0.5);
  std::string span;
  {
    pbf_writer out(span);
    out.add_bytes(1, std::string(16, 't'));
    out.add_bytes(2, std::string(8, 's'));
    out.add_fixed64(7, 10);
    AddPair(out, "key", number, false);
    out.add_fixed32(16, 1);
  }
  size_t whole = 0;  // cuts between two fields
  for (size_t length = 0; length <= span.size(); ++length) {
    auto body = std::make_shared<std::string>();
    {
      pbf_writer request(*body), resource_spans(request, 1), scope_spans(resource_spans, 2);
      scope_spans.add_message(2, span.data(), length);
    }
    whole += DecodeOtlpTraces(body, SpanStream, 1).has_value() ? 1 : 0;
  }
  EXPECT_EQ(whole, 6u);
}

TEST(OtlpTraces, TimesBeyondInt64AreRejected) {
  const auto body = FromJson(kTracesMessage, R"({"resourceSpans":[{"scopeSpans":[{"spans":[{
      "traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175",
      "startTimeUnixNano":"18446744073709551615"}]}]}]})");
  const auto traces = DecodeOtlpTraces(body, SpanStream, 1);
  ASSERT_TRUE(traces);
  EXPECT_EQ(traces->rejected, 1u);
  EXPECT_TRUE(traces->batch.streams.empty());
}

TEST(OtlpValue, DepthIsBounded) {
  for (const int depth : {60, 70, 5000}) {
    std::string value;  // an AnyValue, wrapped into arrays from the inside out
    pbf_writer(value).add_string(1, "x");
    for (int i = 0; i < depth; ++i) {
      std::string array, outer;
      pbf_writer(array).add_message(1, value);
      pbf_writer(outer).add_message(5, array);
      value = std::move(outer);
    }
    auto body = std::make_shared<std::string>();
    {
      pbf_writer request(*body), resource_logs(request, 1), scope_logs(resource_logs, 2),
          record(scope_logs, 2);
      record.add_message(5, value);
    }
    const auto logs = DecodeOtlpLogs(body, SpanStream, 7);
    EXPECT_EQ(logs.has_value(), depth == 60) << depth;
    if (logs) {
      EXPECT_EQ(logs->batch.streams[0].events[0].time_ns, 7);
    }
  }
}

TEST(OtlpJson, NamesTheFieldOfAnError) {
  const auto error = [](std::string_view json) {
    const auto bytes = OtlpJsonToProtobuf(kTracesMessage, json);
    return bytes ? std::string() : bytes.error().message;
  };
  EXPECT_EQ(error(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xy"}]}]}]})"),
            "Span.traceId: expects hex digits");
  EXPECT_EQ(error(R"({"resourceSpans":{}})"),
            "ExportTraceServiceRequest.resourceSpans: expects an array");
  EXPECT_EQ(error(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"WRONG"}]}]}]})"),
            "Span.kind: has an unknown name");
  EXPECT_EQ(error(R"({"resourceSpans":null,"other":1})"), "");
  EXPECT_NE(error("{"), "");
  EXPECT_NE(error(std::string(5000, '[')), "");
}

TEST(OtlpExamples, ArriveAndComeBackTheSame) {
  const std::filesystem::path folder = "../shared/data/otlp/examples";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const PbMessage& message = name.starts_with("trace")     ? kTracesMessage
                               : name.starts_with("metrics") ? kMetricsMessage
                                                             : kLogsMessage;
    const auto bytes = OtlpJsonToProtobuf(message, text.str());
    ASSERT_TRUE(bytes) << name << ": " << bytes.error().message;
    std::string json;
    ASSERT_TRUE(OtlpProtobufToJson(message, *bytes, {}, json));
    const auto again = OtlpJsonToProtobuf(message, json);
    ASSERT_TRUE(again) << json;
    std::string twice;
    ASSERT_TRUE(OtlpProtobufToJson(message, *again, {}, twice));
    EXPECT_EQ(json, twice);
    if (&message == &kLogsMessage) {
      const auto logs = DecodeOtlpLogs(std::make_shared<const std::string>(*bytes), SpanStream, 1);
      ASSERT_TRUE(logs);
      EXPECT_GT(logs->batch.EventCount(), 0u) << name;
      EXPECT_EQ(logs->rejected, 0u);
    }
    ++files;
  }
  EXPECT_GE(files, 3u);
}

}  // namespace
}  // namespace pharos::wire
