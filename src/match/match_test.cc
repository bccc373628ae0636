#include <gtest/gtest.h>

#include <map>

#include "match/ip_filter.h"
#include "match/json_fields.h"
#include "match/line_matcher.h"
#include "match/logfmt.h"
#include "match/pattern.h"
#include "match/quantity.h"

namespace pharos::match {
namespace {

bool Matches(LineOp op, std::vector<LineTerm> terms, std::string_view line) {
  auto matcher = LineMatcher::Make(op, terms);
  EXPECT_TRUE(matcher) << (matcher ? "" : matcher.error().message);
  return matcher && matcher->Matches(line);
}

TEST(LineMatcher, SubstringRegexPatternAndTheirNegations) {
  EXPECT_TRUE(Matches(LineOp::kContains, {{"err"}}, "an error"));
  EXPECT_FALSE(Matches(LineOp::kNotContains, {{"err"}}, "an error"));
  EXPECT_TRUE(Matches(LineOp::kContains, {{""}}, ""));
  EXPECT_TRUE(Matches(LineOp::kRegex, {{"latency_ms.*[0-9]{3,}"}}, "latency_ms=1234"));
  EXPECT_FALSE(Matches(LineOp::kRegex, {{"latency_ms.*[0-9]{3,}"}}, "latency_ms=12"));
  EXPECT_TRUE(Matches(LineOp::kPattern, {{"<_> GET <_>"}}, "x GET /"));
  EXPECT_FALSE(Matches(LineOp::kPattern, {{"<_> GET <_>"}}, "GET /"));
  // Terms joined by `or`: one is enough; negated: none may be there.
  EXPECT_TRUE(Matches(LineOp::kContains, {{"a"}, {"b"}}, "b"));
  EXPECT_FALSE(Matches(LineOp::kNotContains, {{"a"}, {"b"}}, "b"));
  EXPECT_TRUE(Matches(LineOp::kNotContains, {{"a"}, {"b"}}, "c"));
}

TEST(LineMatcher, RequiredLiteralIsInEveryMatch) {
  bool whole = false;
  EXPECT_EQ(RequiredLiteral("error", &whole), "error");
  EXPECT_TRUE(whole);
  EXPECT_EQ(RequiredLiteral("a\\.b", &whole), "a.b");
  EXPECT_TRUE(whole);
  EXPECT_EQ(RequiredLiteral("foo.*barbar", &whole), "barbar");
  EXPECT_FALSE(whole);
  EXPECT_EQ(RequiredLiteral("colou?r", &whole), "colo");
  EXPECT_EQ(RequiredLiteral("x{0,3}yz", &whole), "yz");
  EXPECT_EQ(RequiredLiteral("a|b", &whole), "");
  EXPECT_EQ(RequiredLiteral("(?i)error", &whole), "");
  EXPECT_EQ(RequiredLiteral("\\d+ms", &whole), "ms");
  EXPECT_EQ(RequiredLiteral("ü*x", &whole), "x");
}

TEST(LineMatcher, BadRegexIsAnErrorWithGoWording) {
  auto matcher = LineMatcher::Make(LineOp::kRegex, {{"a("}});
  ASSERT_FALSE(matcher);
  EXPECT_TRUE(matcher.error().message.starts_with("error parsing regexp: missing closing )"))
      << matcher.error().message;
}

TEST(Quantity, DurationsAndBytes) {
  EXPECT_EQ(ParseGoDuration("1h15m30.5s").value(), 4'530'500'000'000);
  EXPECT_EQ(ParseGoDuration("-1.5ms").value(), -1'500'000);
  EXPECT_EQ(ParseGoDuration("5").error().message, "time: missing unit in duration \"5\"");
  EXPECT_EQ(ParseGoDuration("1d").error().message, "time: unknown unit \"d\" in duration \"1d\"");
  EXPECT_EQ(ParsePromDuration("1d12h").value(), 129'600'000'000'000);
  EXPECT_FALSE(ParsePromDuration("1h1d"));
  EXPECT_FALSE(ParsePromDuration("99999999999999999999y"));
  EXPECT_EQ(ParseHumanBytes("1.5 KiB").value(), 1536u);
  EXPECT_EQ(ParseHumanBytes("42kB").value(), 42000u);
  EXPECT_EQ(ParseHumanBytes("5 apples").error().message, "unhandled size name: apples");
  EXPECT_EQ(GoQuote("a\"\n\xff\u00e9"), "\"a\\\"\\n\\xff\u00e9\"");
  EXPECT_EQ(FormatGoDuration(90'000'000'000), "1m30s");
  EXPECT_EQ(FormatGoDuration(1'500'000), "1.5ms");
  EXPECT_EQ(FormatGoDuration(3'600'000'000'000), "1h0m0s");
}

std::map<std::string, std::string> Flat(std::string_view line, std::string* error = nullptr) {
  std::map<std::string, std::string> out;
  std::string scratch;
  const std::string problem = FlattenJson(line, [&](std::string_view name, const JsonSlice& value) {
    out.emplace(name, JsonText(value, &scratch));
  });
  if (error != nullptr) *error = problem;
  return out;
}

TEST(JsonFields, FlattensAndUnescapes) {
  const auto fields =
      Flat(R"({"a":{"b-c":"x\n\u00e9","d":[1]},"n":-1.50,"t":true,"z":null,"9x":1})");
  const std::map<std::string, std::string> expected{
      {"a_b_c", "x\n\u00e9"}, {"n", "-1.50"}, {"t", "true"}, {"_9x", "1"}};
  EXPECT_EQ(fields, expected);
}

TEST(JsonFields, CutLinesGiveWhatStandsInFrontOfTheCut) {
  std::string error;
  EXPECT_EQ(Flat(R"({"a":"1","b":"2)", &error).size(), 1u);
  EXPECT_EQ(error, "Value is string, but can't find closing '\"' symbol");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"a":)";
  Flat(deep, &error);
  EXPECT_FALSE(error.empty());
  deep += "1" + std::string(100000, '}');
  Flat(deep, &error);
  EXPECT_EQ(error, "Value is nested too deeply");
}

TEST(JsonFields, Paths) {
  constexpr std::string_view kLine = R"({"a":{"b c":[10,{"d":"e"}]}})";
  JsonSlice found;
  ASSERT_TRUE(FindJsonPath(kLine, ParseJsonPath(R"(a["b c"][1].d)").value(), &found));
  EXPECT_EQ(found.text, "e");
  EXPECT_FALSE(FindJsonPath(kLine, ParseJsonPath("a.x").value(), &found));
  EXPECT_FALSE(FindJsonPath(kLine, ParseJsonPath(R"(a["b c"][7])").value(), &found));
  for (const char* bad : {"", ".", "a.", "a[", "a[\"x", "[\"a\"]b", "a..b", "a b"}) {
    EXPECT_FALSE(ParseJsonPath(bad)) << bad;
  }
}

TEST(Logfmt, PairsErrorsAndSkipping) {
  LogfmtScanner scanner(R"(a=1 b="x y\n" bare =bad c=2)");
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string error;
  while (true) {
    while (scanner.Next()) pairs.emplace_back(scanner.key(), scanner.value());
    if (scanner.error().empty()) break;
    error = scanner.error();
    scanner.Skip();
  }
  const std::vector<std::pair<std::string, std::string>> expected{
      {"a", "1"}, {"b", "x y\n"}, {"bare", ""}, {"c", "2"}};
  EXPECT_EQ(pairs, expected);
  EXPECT_EQ(error, "logfmt syntax error at pos 20 : unexpected '='");
}

TEST(IpFilter, AddressRangeAndCidr) {
  EXPECT_TRUE(IpFilter::Make("10.0.0.0/8")->FoundIn("from 10.2.3.4:80 to x"));
  EXPECT_FALSE(IpFilter::Make("10.0.0.0/8")->FoundIn("from 11.2.3.4"));
  EXPECT_TRUE(IpFilter::Make("10.0.0.1-10.0.0.9")->Contains("10.0.0.5"));
  EXPECT_TRUE(IpFilter::Make("2001:db8::/32")->FoundIn("[2001:db8::5] ok"));
  for (const char* bad : {"", "bogus", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "1.2.3", "::/129"}) {
    EXPECT_FALSE(IpFilter::Make(bad)) << bad;
  }
}

TEST(Pattern, CapturesAndErrors) {
  auto pattern = Pattern::ForCaptures("<_> latency=<latency>ms <_>").value();
  std::map<std::string, std::string> found;
  pattern.Capture("GET latency=12ms ok",
                  [&](auto name, auto value) { found.emplace(name, value); });
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"latency", "12"}}));
  EXPECT_FALSE(Pattern::ForCaptures("<a><b>"));
  EXPECT_FALSE(Pattern::ForCaptures("<_> x"));
  EXPECT_FALSE(Pattern::ForCaptures("<a> <a>"));
  EXPECT_FALSE(Pattern::ForFilter("<a> x"));
}

}  // namespace
}  // namespace pharos::match
