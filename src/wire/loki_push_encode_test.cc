#include "wire/loki_push_encode.h"

#include <gtest/gtest.h>

namespace pharos::wire {
namespace {

TEST(LokiPushEncode, ComesBackAsItWas) {
  LokiPush push;
  model::Event event;
  event.time_ns = -1;  // a nanosecond before 1970
  event.body = model::Value::String("line \"one\"\n");
  const model::KeyValue pairs[] = {{"trace_id", model::Value::String("abc")},
                                   {"n", model::Value::Int(7)}};
  event.attributes = pairs;
  push.streams.push_back({R"({app="x"})", {event, event}});
  push.streams.push_back({R"({app="y"})", {}});
  const auto again =
      DecodeLokiPush(std::make_shared<const std::string>(EncodeLokiPush(push.streams)));
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->streams.size(), 2u);
  EXPECT_EQ(again->streams[0].labels, R"({app="x"})");
  ASSERT_EQ(again->streams[0].events.size(), 2u);
  const model::Event& got = again->streams[0].events[1];
  EXPECT_EQ(got.time_ns, -1);
  EXPECT_EQ(got.body.text, "line \"one\"\n");
  ASSERT_EQ(got.attributes.size(), 2u);
  EXPECT_EQ(got.attributes[1].key, "n");
  EXPECT_EQ(got.attributes[1].value.text, "7");
}

}  // namespace
}  // namespace pharos::wire
