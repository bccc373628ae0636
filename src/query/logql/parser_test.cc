#include "query/logql/parser.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <string>

#include "query/logql/limits.h"

namespace pharos::query::logql {
namespace {

std::string ErrorOf(std::string_view query) {
  auto parsed = Parse(query);
  return parsed ? "parsed" : parsed.error().message;
}

TEST(LogqlParser, PrintsWhatItRead) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"({a="b",c=~"d"}|="x" or ip("1.2.3.4")|json x="y.z"|line_format "{{.x}}")",
       R"({a="b", c=~"d"} |= "x" or ip("1.2.3.4") | json x="y.z" | line_format "{{.x}}")"},
      {R"(sum by(x)(rate({a="b"}[5m])))", R"(sum by (x)(rate({a="b"}[5m])))"},
      {R"(quantile_over_time(0.99,{a="b"}|logfmt|unwrap duration(t)|__error__=""[1h] offset 5m)without(p))",
       R"(quantile_over_time(0.99,{a="b"} | logfmt | unwrap duration(t) | __error__=""[1h] offset 5m0s) without (p))"},
      {"1+2*3^2^1", "19"},
      {R"({a="b"}|x=1 or y>2s and z<3KB)", R"({a="b"} | ( x==1 or ( y>2s , z<3.0kB ) ))"},
      {R"(rate({a="b"}[1m])>bool on(x)group_left(y)rate({c="d"}[1m]))",
       R"((rate({a="b"}[1m]) > bool on (x) group_left (y) rate({c="d"}[1m])))"},
  };
  for (const auto& [query, printed] : kCases) {
    auto parsed = Parse(query);
    ASSERT_TRUE(parsed) << query << ": " << parsed.error().message;
    EXPECT_EQ(ToString(**parsed), printed);
    auto again = Parse(printed);
    ASSERT_TRUE(again) << printed << ": " << again.error().message;
    EXPECT_EQ(ToString(**again), printed);
  }
}

TEST(LogqlParser, TimesThatCannotBeAddedAreRefused) {
  EXPECT_NE(ErrorOf(R"(rate({a="b"}[40y]))").find("longer than 36 years"), std::string::npos);
  EXPECT_NE(ErrorOf(R"(rate({a="b"}[1m] offset 40y))").find("36 years"), std::string::npos);
  EXPECT_NE(ErrorOf(R"(rate({a="b"}[1m] offset -40y))").find("36 years"), std::string::npos);
  EXPECT_EQ(ErrorOf(R"(rate({a="b"}[30y] offset -30y))"), "parsed");
}

TEST(LogqlParser, ErrorsAreLokis) {
  EXPECT_EQ(ErrorOf(R"({foo="bar")"),
            "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,");
  EXPECT_EQ(ErrorOf("{foo=\"bar\"}\n  foo"),
            "parse error at line 2, col 3: syntax error: unexpected IDENTIFIER");
  EXPECT_EQ(ErrorOf(R"({a="b"} | json | unwrap x)"),
            "parse error at line 1, col 18: syntax error: unexpected unwrap");
  EXPECT_TRUE(
      ErrorOf("").starts_with("parse error at line 1, col 1: syntax error: unexpected $end"));
}

TEST(LogqlParser, HostileInputIsRefusedNotCrashed) {
  EXPECT_NE(ErrorOf(std::string(100'000, '(')).find("nested"), std::string::npos);
  EXPECT_NE(ErrorOf(R"({a="b"}|)" + std::string(100'000, '(')).find("nested"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kMaxQueryBytes + 1, ' ')).find("too long"), std::string::npos);
  std::string chain = "1";
  for (int i = 0; i < 20'000; ++i) chain += "+1";
  EXPECT_NE(ErrorOf(chain).find("operators"), std::string::npos);
  std::string many = R"({a="b"})";
  for (int i = 0; i < 20'000; ++i) many += "|=\"\"";
  EXPECT_NE(ErrorOf(many.substr(0, 100'000)).find("parts"), std::string::npos);
}

TEST(LogqlParser, KnownCasesOfLoki) {
  const std::string path = "../shared/data/loki/logql_curated/parse_cases.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  simdjson::dom::parser json;
  simdjson::dom::element root = json.load(path);
  size_t right = 0;
  size_t all = 0;
  for (simdjson::dom::element c : root["cases"]) {
    std::string_view query;
    if (c["query"].get(query) != simdjson::SUCCESS) continue;        // given as bytes
    if (query.find("variants") != std::string_view::npos) continue;  // newer than our language
    if (query.ends_with("boo\"")) continue;  // a bare list of matchers, not a query
    ++all;
    const bool must_fail = c["must_fail"].get_bool().value();
    const std::string got = ErrorOf(query);
    std::string want = "parsed";
    std::string_view text;
    if (must_fail && c["err"].get(text) == simdjson::SUCCESS) {
      const int64_t line = c["line"].get_int64().value();
      const int64_t column = c["col"].get_int64().value();
      want = "parse error ";
      if (line != 0 || column != 0) {
        want += "at line " + std::to_string(line) + ", col " + std::to_string(column);
      }
      want += ": " + std::string(text);
    }
    EXPECT_EQ(got, want) << query;
    right += got == want;
  }
  EXPECT_GT(all, 300u);
  RecordProperty("right", static_cast<int>(right));
}

}  // namespace
}  // namespace pharos::query::logql
