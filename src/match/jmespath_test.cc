#include "match/jmespath.h"

#include <gtest/gtest.h>

#include <string>

namespace pharos::match {
namespace {

std::string Search(std::string_view expression, std::string_view json) {
  const auto path = JmesPath::Compile(expression);
  if (!path) return path.error().message;
  const auto value = ParseJson(json);
  if (!value) return value.error().message;
  const auto found = path->Search(*value);
  if (!found) return found.error().message;
  std::string out;
  AppendGoJson(out, *found);
  return out;
}

TEST(JsonValue, ReadsAndWritesAsGo) {
  const auto again = [](std::string_view text) {
    const auto value = ParseJson(text);
    std::string out;
    if (value) AppendGoJson(out, *value);
    return out;
  };
  EXPECT_EQ(again(R"( {"b":1,"a":[true,null,"x\n<"],"b":2e0} )"),
            R"({"a":[true,null,"x\n\u003c"],"b":2})");
  EXPECT_EQ(again("1e21"), "1e+21");
  EXPECT_EQ(again("0.0000001"), "1e-7");
  EXPECT_EQ(again("\"a\xff"
                  "b\""),
            "\"a\xEF\xBF\xBD"
            "b\"");
  for (const char* bad : {"", "{", "{\"a\"}", "[1,]", "01", "1.", "nul", "{} x", "\"a\nb\"", "-"}) {
    EXPECT_FALSE(ParseJson(bad)) << bad;
  }
  EXPECT_FALSE(ParseJson(std::string(5000, '[')));
}

TEST(JmesPath, TakesFieldsIndicesAndSlices) {
  constexpr std::string_view kDoc =
      R"({"a":{"b":[1,2,3,{"c d":"x"}]},"e":"text","n":null,"people":[{"n":"A","age":30},{"n":"B","age":20},{"age":5}]})";
  EXPECT_EQ(Search("a.b[0]", kDoc), "1");
  EXPECT_EQ(Search("a.b[-1].\"c d\"", kDoc), "\"x\"");
  EXPECT_EQ(Search("a.b[:2]", kDoc), "[1,2]");
  EXPECT_EQ(Search("a.b[::-2]", kDoc), "[{\"c d\":\"x\"},2]");
  EXPECT_EQ(Search("nothing.here", kDoc), "null");
  EXPECT_EQ(Search("e[0]", kDoc), "null");
  EXPECT_EQ(Search("people[*].n", kDoc), R"(["A","B"])");
  EXPECT_EQ(Search("people[?age > `10`].n | [0]", kDoc), "\"A\"");
  EXPECT_EQ(Search("people[?n=='B'].age", kDoc), "[20]");
  EXPECT_EQ(Search("n || e", kDoc), "\"text\"");
  EXPECT_EQ(Search("{x: e, y: a.b[1]}", kDoc), R"({"x":"text","y":2})");
  EXPECT_EQ(Search("[e, n]", kDoc), R"(["text",null])");
  EXPECT_EQ(Search("length(people)", kDoc), "3");
  EXPECT_EQ(Search("join('-', people[].n)", kDoc), "\"A-B\"");
  EXPECT_EQ(Search("a.*[0]", kDoc), "[1]");
  EXPECT_EQ(Search("to_string(a.b[:2])", kDoc), "\"[1,2]\"");
}

TEST(JmesPath, RefusesWithAReason) {
  EXPECT_EQ(Search("3##@$#33", "{}"), "SyntaxError: Unknown char: '#'");
  EXPECT_EQ(Search("a#", "{}"), "SyntaxError: Unknown char: '#'");
  EXPECT_EQ(Search("a.", "{}"), "SyntaxError: Expected identifier, lbracket, or lbrace");
  EXPECT_EQ(Search("sort_by(a, &b)", "{}"), "SyntaxError: function sort_by is not supported");
  EXPECT_EQ(Search("a['", "{}"), "SyntaxError: Unclosed delimiter: '");
  EXPECT_EQ(Search("length(a)", R"({"a":1})"), "Invalid type for argument of function length");
  EXPECT_NE(Search(std::string(9000, '('), "{}").find("SyntaxError"), std::string::npos);
}

}  // namespace
}  // namespace pharos::match
