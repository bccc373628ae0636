#include <gtest/gtest.h>

#include <random>

#include "model/event.h"
#include "model/go_regex.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace pharos::model {
namespace {

TEST(Labels, AreCanonical) {
  const Labels a{{"job", "x"}, {"__name__", "up"}, {"gone", ""}};
  const Labels b{{"__name__", "up"}, {"job", "y"}, {"job", "x"}};
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.Hash(), b.Hash());
  EXPECT_EQ(a.size(), 2u);
  EXPECT_EQ(a.Get("job"), "x");
  EXPECT_EQ(a.Get("zzz"), "");
  EXPECT_EQ(*Labels::Decode(a.bytes()), a);
}

TEST(Labels, LongPartsKeepTheirLength) {
  const std::string name(200, 'n'), value(70'000, 'v');
  const Labels labels{{name, value}};
  EXPECT_EQ(labels.Get(name), value);
  EXPECT_EQ(*Labels::Decode(labels.bytes()), labels);
}

TEST(Labels, DecodeRefusesWhatIsNotCanonical) {
  for (const std::string_view bytes : {"\x05"
                                       "ab",
                                       "\x01"
                                       "b\x01x\x01"
                                       "a\x01y",
                                       "\x01"
                                       "a\x00",
                                       "\x01"
                                       "a\x01x\x01"
                                       "a\x01y",
                                       "\xff\xff\xff\xff\xff\xff"}) {
    EXPECT_FALSE(Labels::Decode(bytes)) << bytes;
  }
  using namespace std::string_view_literals;
  EXPECT_TRUE(Labels::Decode("\1a\1x"sv));
  EXPECT_FALSE(Labels::Decode("\x81\0a\1x"sv)) << "a length written longer than need be";
}

TEST(Labels, OrderIsLabelByLabel) {
  EXPECT_LT((Labels{{"a", "1"}}), (Labels{{"a", "1"}, {"b", "1"}}));
  EXPECT_LT((Labels{{"a", "1"}, {"z", "9"}}), (Labels{{"a", "2"}}));
  EXPECT_LT((Labels{{"a", "10"}}), (Labels{{"a", "2"}}));
  EXPECT_LT(Labels{}, (Labels{{"a", "1"}}));
}

TEST(Labels, PrintAsPrometheusDoes) {
  EXPECT_EQ(ToString(Labels{{"__name__", "up"}, {"job", "a\"b"}}), "up{job=\"a\\\"b\"}");
  EXPECT_EQ(ToString(Labels{{"__name__", "up"}}), "up");
  EXPECT_EQ(ToString(Labels{}), "{}");
  EXPECT_EQ(ToString(Labels{{"__name__", "a.b"}, {"c.d", "e"}}), "{\"a.b\", \"c.d\"=\"e\"}");
}

TEST(Labels, BuilderSetsAndDeletes) {
  const Labels base{{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(LabelsBuilder(base).Set("a", "3").Delete("b").Set("c", "4").Build(),
            (Labels{{"a", "3"}, {"c", "4"}}));
  EXPECT_EQ(LabelsBuilder(base).Set("a", "").Build(), (Labels{{"b", "2"}}));
}

TEST(Matcher, FourOperators) {
  EXPECT_TRUE(Matcher::Equal("a", "x").Matches("x"));
  EXPECT_TRUE(Matcher::Equal("a", "").MatchesEmpty());
  EXPECT_FALSE(Matcher::Make(MatchOp::kNotEqual, "a", "x")->Matches("x"));
  const auto regex = *Matcher::Make(MatchOp::kRegex, "a", "5..");
  EXPECT_TRUE(regex.Matches("503"));
  EXPECT_FALSE(regex.Matches("1503")) << "anchored";
  EXPECT_TRUE(Matcher::Make(MatchOp::kRegex, "a", "x.y")->Matches("x\ny"));
  EXPECT_FALSE(Matcher::Make(MatchOp::kNotRegex, "a", "5..")->Matches("503"));
  EXPECT_EQ(Matcher::Make(MatchOp::kRegex, "a", "(").error().kind, base::ErrorKind::kBadInput);
  EXPECT_EQ(regex.ToString(), "a=~\"5..\"");
}

TEST(GoRegex, NamedGroupsInBothSpellings) {
  EXPECT_EQ(GoRegexToRe2("(?<a>x)(?P<b>y)"), "(?P<a>x)(?P<b>y)");
  EXPECT_EQ(GoRegexToRe2(R"(\(?<a>[(?<])"), R"(\(?<a>[(?<])") << "escaped, and in a class";
  EXPECT_EQ(GoRegexToRe2(R"(\\(?<a>x))"), R"(\\(?P<a>x))");
  EXPECT_EQ(GoRegexToRe2("(?<!a)"), "(?<!a)");
}

TEST(Matcher, AlternationsAreLookedUp) {
  const auto m = *Matcher::Make(MatchOp::kRegex, "a", "get|post");
  EXPECT_EQ(m.literals(), (std::vector<std::string>{"get", "post"}));
  EXPECT_TRUE(m.Matches("post"));
  EXPECT_FALSE(m.Matches("poster"));
  EXPECT_TRUE(Matcher::Make(MatchOp::kRegex, "a", "get|")->MatchesEmpty());
}

TEST(Ids, HexOfAnyLengthIsLeftPadded) {
  TraceId id;
  ASSERT_TRUE(ParseTraceId("4fd9662137ced86f5b6f59ab578c", &id));
  EXPECT_EQ(ToHex(id), "00004fd9662137ced86f5b6f59ab578c");
  ASSERT_TRUE(ParseTraceId("ABC", &id));
  EXPECT_EQ(ToHex(id), "00000000000000000000000000000abc");
  for (const std::string_view bad : {"", "xyz", "000000000000000000000000000000000"}) {
    EXPECT_FALSE(ParseTraceId(bad, &id)) << bad;
  }
  SpanId span;
  ASSERT_TRUE(ParseSpanId("f067aa0ba902b7", &span));
  EXPECT_EQ(ToHex(span), "00f067aa0ba902b7");
}

TEST(Value, PrintsAsAttributesAreShown) {
  const Value items[] = {Value::Int(1), Value::String("a\"b"), Value::Bool(true)};
  const KeyValue map[] = {{"k", Value::Array(items)}, {"n", Value()}};
  EXPECT_EQ(ValueToString(Value::Map(map)), R"({"k":[1,"a\"b",true],"n":null})");
  EXPECT_EQ(ValueToString(Value::String("bare")), "bare");
  EXPECT_EQ(ValueToString(Value::Double(2.5)), "2.5");
  EXPECT_EQ(ValueToString(Value::Bytes("hi!?")), "aGkhPw==");
}

TEST(Event, CopyIsDeepAndEqual) {
  auto source = std::make_unique<EventBatch>();
  std::string text = "body", key = "key";
  const KeyValue attributes[] = {{key, Value::String(text)}};
  SpanEvent events[] = {{.time_ns = 5, .name = text, .attributes = attributes}};
  SpanLink links[] = {{.trace_state = text, .attributes = attributes, .flags = 1}};
  SpanPart span{.name = text, .kind = 2, .end_ns = 9, .events = events, .links = links};
  Origin origin{.resource = attributes, .scope_name = text};
  Event event{.kind = EventKind::kSpan,
              .time_ns = 4,
              .attributes = attributes,
              .origin = &origin,
              .span = &span};
  base::Arena arena;
  const Event copy = CopyEvent(event, arena);
  EXPECT_TRUE(SameEvent(event, copy));
  EXPECT_EQ(copy.duration_ns(), 5);
  text.assign("xxxx");  // the copy must not look at the source any more
  EXPECT_EQ(copy.span->name, "body");
  EXPECT_EQ(copy.span->events[0].attributes[0].value.text, "body");
  EXPECT_EQ(copy.origin->scope_name, "body");
  EXPECT_FALSE(SameEvent(event, copy));
}

}  // namespace
}  // namespace pharos::model
