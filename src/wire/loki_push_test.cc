#include "wire/loki_push.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "wire/stream_labels.h"

namespace pharos::wire {
namespace {

using protozero::pbf_writer;

std::shared_ptr<const std::string> Body() {
  auto body = std::make_shared<std::string>();
  pbf_writer request(*body);
  pbf_writer stream(request, 1);
  stream.add_string(1, R"({app="shop"})");
  pbf_writer entry(stream, 2);
  {
    pbf_writer time(entry, 1);
    time.add_int64(1, 1700000000);
    time.add_int32(2, 123);
  }
  entry.add_string(2, "hello\xff");
  pbf_writer pair(entry, 3);
  pair.add_string(1, "trace_id");
  pair.add_string(2, "abc");
  return body;
}

TEST(LokiPush, ReadsProtobuf) {
  const auto push = DecodeLokiPush(Body());
  ASSERT_TRUE(push) << push.error().message;
  ASSERT_EQ(push->streams.size(), 1u);
  EXPECT_EQ(push->streams[0].labels, R"({app="shop"})");
  ASSERT_EQ(push->streams[0].events.size(), 1u);
  const model::Event& event = push->streams[0].events[0];
  EXPECT_EQ(event.time_ns, 1700000000000000123);
  EXPECT_EQ(event.body.text, "hello\xff");
  EXPECT_EQ(model::FindAttribute(event.attributes, "trace_id")->text, "abc");
}

/// An entry by its parts: seconds, nanoseconds and line are left out where they are 0 and empty.
std::string EntryOf(int64_t seconds, int32_t nanos, std::string_view line, bool metadata) {
  std::string out;
  pbf_writer entry(out);
  {
    pbf_writer time(entry, 1);
    if (seconds != 0) time.add_int64(1, seconds);
    if (nanos != 0) time.add_int32(2, nanos);
  }
  if (!line.empty()) entry.add_string(2, std::string(line));
  if (metadata) {
    pbf_writer pair(entry, 3);
    pair.add_string(1, "k");
    pair.add_string(2, "v");
  }
  return out;
}

TEST(LokiPush, EntriesOfAllKindsStandSideBySide) {
  struct Sent {
    int64_t seconds;
    int32_t nanos;
    size_t length;
    bool metadata;
  };
  std::vector<Sent> sent;
  for (const int64_t seconds :
       {int64_t{0}, int64_t{1}, int64_t{1700000000}, int64_t{9223372035}, int64_t{-5}}) {
    for (const int32_t nanos : {0, 1, 127, 128, 999'999'999}) {
      for (const size_t length : {0, 1, 8, 127, 128, 300, 20'000}) {
        for (const bool metadata : {false, true})
          sent.push_back({seconds, nanos, length, metadata});
      }
    }
  }
  const std::string text(20'000, 'x');
  auto body = std::make_shared<std::string>();
  {
    pbf_writer request(*body);
    pbf_writer stream(request, 1);
    stream.add_string(1, R"({app="shop"})");
    for (const Sent& s : sent) {
      stream.add_message(2, EntryOf(s.seconds, s.nanos, text.substr(0, s.length), s.metadata));
    }
  }
  const auto push = DecodeLokiPush(base::HeldText(body));
  ASSERT_TRUE(push) << push.error().message;
  const auto& events = push->streams.at(0).events;
  ASSERT_EQ(events.size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(events[i].time_ns, sent[i].seconds * 1'000'000'000 + sent[i].nanos) << i;
    EXPECT_EQ(events[i].body.type, model::Value::Type::kString);
    EXPECT_EQ(events[i].body.text.size(), sent[i].length);
    EXPECT_EQ(events[i].attributes.size(), sent[i].metadata ? 1u : 0u);
  }
  for (size_t length = 0; length < body->size(); length += length < 300 ? 1 : 997) {
    const auto cut = DecodeLokiPush(std::make_shared<const std::string>(body->substr(0, length)));
    EXPECT_EQ(cut.has_value(), length == 0) << length;
  }
}

TEST(LokiPush, RefusesTimesOutOfRange) {
  for (const int64_t seconds : {int64_t{9223372036}, int64_t{1} << 34, INT64_MAX}) {
    auto body = std::make_shared<std::string>();
    {
      pbf_writer request(*body);
      pbf_writer stream(request, 1);
      stream.add_message(2, EntryOf(seconds, 5, "a line that is long enough for it all", false));
    }
    EXPECT_EQ(DecodeLokiPush(base::HeldText(body)).error().message,
              "timestamp of an entry is out of range");
  }

  auto body = std::make_shared<std::string>();
  {
    pbf_writer request(*body);
    pbf_writer stream(request, 1);
    pbf_writer entry(stream, 2);
    pbf_writer time(entry, 1);
    time.add_int64(1, INT64_MAX);
  }
  const auto push = DecodeLokiPush(base::HeldText(body));
  ASSERT_FALSE(push);
  EXPECT_EQ(push.error().message, "timestamp of an entry is out of range");
}

TEST(LokiPush, ReadsJson) {
  const auto push = DecodeLokiPushJson(
      R"({"streams":[{"stream":{"app":"sh\"op","env":""},"values":[
         ["1570818238000000000","fizz\nbuzz"],["1570818238000000001","x",{"k":"v","n":1}]]}]})");
  ASSERT_TRUE(push) << push.error().message;
  ASSERT_EQ(push->streams.size(), 1u);
  const auto labels = ParseStreamLabels(push->streams[0].labels);
  ASSERT_TRUE(labels) << labels.error().message;
  EXPECT_EQ(*labels, (model::Labels{{"app", "sh\"op"}}));
  ASSERT_EQ(push->streams[0].events.size(), 2u);
  EXPECT_EQ(push->streams[0].events[0].body.text, "fizz\nbuzz");
  EXPECT_EQ(push->streams[0].events[1].attributes.size(), 2u);
  EXPECT_EQ(push->streams[0].events[1].attributes[1].value.text, "1");
}

TEST(LokiPush, ReadsLegacyJson) {
  const auto push = DecodeLokiPushJson(
      R"({"streams":[{"labels":"{app=\"a\"}","entries":[{"ts":"2024-01-02T03:04:05.5+01:00","line":"x"}]}]})");
  ASSERT_TRUE(push) << push.error().message;
  EXPECT_EQ(push->streams[0].labels, R"({app="a"})");
  EXPECT_EQ(push->streams[0].events[0].time_ns, 1704161045500000000);
}

TEST(LokiPush, RefusesBrokenJson) {
  for (const std::string_view body :
       {"", "{", "[]", R"({"streams":{}})", R"({"streams":[1]})", R"({"streams":[{"stream":[]}]})",
        R"({"streams":[{"stream":{"a":"b"},"values":[["1"]]}]})",
        R"({"streams":[{"stream":{"a":"b"},"values":[[1,"x"]]}]})",
        R"({"streams":[{"stream":{"a":"b"},"values":[["1x","x"]]}]})",
        R"({"streams":[{"stream":{"a":1},"values":[]}]})"}) {
    EXPECT_FALSE(DecodeLokiPushJson(body)) << body;
  }
}

TEST(StreamLabels, ReadsWhatLokiReads) {
  for (const auto& [text, want] : std::vector<std::pair<std::string, model::Labels>>{
           {R"({app="shop", env='prod',})", {{"app", "shop"}, {"env", "prod"}}},
           {R"({})", {}},
           {R"( { a = `x\y` } )", {{"a", "x\\y"}}},
           {R"({a="\u00e9\x41\101\n"})", {{"a", "éAA\n"}}},
           {R"({"dotted.name"="x"})", {{"dotted.name", "x"}}},
           {R"({a="",b="1"})", {{"b", "1"}}},
           {R"(up{a="1"})", {{"__name__", "up"}, {"a", "1"}}}}) {
    const auto labels = ParseStreamLabels(text);
    ASSERT_TRUE(labels) << text << ": " << labels.error().message;
    EXPECT_EQ(*labels, want) << text;
  }
  EXPECT_EQ(StreamLabelsText({{"b", "x\"y"}, {"a", "1"}}), R"({a="1", b="x\"y"})");
}

TEST(StreamLabels, SaysWhereTheErrorIs) {
  EXPECT_EQ(ParseStreamLabels("{ab\"").error().message,
            "1:4: parse error: unterminated quoted string");
  EXPECT_EQ(ParseStreamLabels(R"({a="x)").error().message,
            "1:4: parse error: unterminated quoted string");
  for (const std::string_view text :
       {"", "a=\"b\"", "{a}", "{a=b}", "{a=\"b\"", "{a=\"b\"}}", "{=\"b\"}", "{a=\"\\q\"}",
        "{a=\"\xff\"}", "{a=\"b\" c=\"d\"}"}) {
    EXPECT_FALSE(ParseStreamLabels(text)) << text;
  }
}

}  // namespace
}  // namespace pharos::wire
