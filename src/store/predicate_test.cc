#include <gtest/gtest.h>

#include "store/events.h"

namespace pharos::store {
namespace {

using Op = Predicate::Op;

TEST(Predicate, TreeOverALogLine) {
  model::Event event;
  event.body = model::Value::String("GET /checkout 500");
  const Predicate contains{.op = Op::kLineContains, .text = "/checkout"};
  const Predicate regex{.op = Op::kLineRegex, .text = " 5\\d\\d$"};
  const Predicate absent{.op = Op::kNot, .children = {{.op = Op::kLineContains, .text = "zzz"}}};
  EXPECT_TRUE(IsTrue(Predicate{}));
  EXPECT_TRUE(Matches(Predicate{}, event));
  EXPECT_TRUE(Matches({.op = Op::kAnd, .children = {contains, regex, absent}}, event));
  EXPECT_FALSE(
      Matches({.op = Op::kOr, .children = {{.op = Op::kNot, .children = {contains}}}}, event));
}

TEST(Predicate, ABodyThatIsNoTextIsTestedAsText) {
  const model::KeyValue map[] = {{"code", model::Value::Int(503)}};
  model::Event event;
  event.body = model::Value::Map(map);
  EXPECT_TRUE(Matches({.op = Op::kLineContains, .text = "\"code\":503"}, event));
  EXPECT_TRUE(Matches({.op = Op::kLineRegex, .text = "5\\d3"}, event));
}

TEST(Predicate, SpansByNameDurationStatusAndAttributes) {
  const model::KeyValue resource[] = {{"service.name", model::Value::String("api")}};
  const model::KeyValue attributes[] = {{"http.status_code", model::Value::Int(500)}};
  const model::Origin origin{.resource = resource};
  const model::SpanPart span{.name = "GET /", .status_code = 2, .end_ns = 150};
  const model::Event event{.kind = model::EventKind::kSpan,
                           .time_ns = 100,
                           .attributes = attributes,
                           .origin = &origin,
                           .span = &span};
  EXPECT_TRUE(Matches({.op = Op::kNameEquals, .text = "GET /"}, event));
  EXPECT_TRUE(Matches({.op = Op::kDurationAtLeast, .number = 50}, event));
  EXPECT_FALSE(Matches({.op = Op::kDurationAtMost, .number = 49}, event));
  EXPECT_TRUE(Matches({.op = Op::kStatusEquals, .number = 2}, event));
  EXPECT_TRUE(Matches({.op = Op::kRootOnly}, event));
  EXPECT_TRUE(
      Matches({.op = Op::kAttributeEquals, .name = "http.status_code", .text = "500"}, event));
  EXPECT_TRUE(Matches({.op = Op::kAttributeEquals, .name = "service.name", .text = "api"}, event));
  EXPECT_FALSE(Matches({.op = Op::kAttributeEquals, .name = "service.name", .text = "web"}, event));
}

}  // namespace
}  // namespace pharos::store
