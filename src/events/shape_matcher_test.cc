#include "events/shape_matcher.h"

#include <gtest/gtest.h>

#include <random>

namespace pharos::events {
namespace {

LineShape ShapeOf(std::string_view line, const LineParts& parts) {
  LineShape shape;
  shape.kind = parts.kind;
  const char* at = line.data();
  for (const LineParts::Part& part : parts.values) {
    shape.literals.emplace_back(at, part.value.data());
    shape.columns.push_back(static_cast<uint32_t>(shape.columns.size()));
    shape.quoted.push_back(part.quoted);
    at = part.value.data() + part.value.size();
  }
  shape.literals.emplace_back(at, line.data() + line.size());
  return shape;
}

/// How many of the other lines have a line's shape; those get the values that CutLine gives.
size_t FitAll(const std::vector<std::string>& lines) {
  size_t others = 0;
  for (const std::string& line : lines) {
    LineParts parts;
    CutLine(line, &parts);
    if (parts.kind == LineKind::kText) continue;
    const LineShape shape = ShapeOf(line, parts);
    const ShapeMatcher matcher(shape);
    std::vector<std::string_view> values(shape.columns.size());
    const bool hard = line.find_first_of("[\x01") != std::string::npos;
    EXPECT_TRUE(matcher.Fits(line, values.data()) || hard) << line;
    for (const std::string& other : lines) {
      if (!matcher.Fits(other, values.data())) continue;
      CutLine(other, &parts);
      EXPECT_EQ(parts.kind, shape.kind) << line << "\n" << other;
      EXPECT_EQ(parts.values.size(), values.size()) << line << "\n" << other;
      if (parts.values.size() != values.size()) continue;
      for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(parts.values[i].value, values[i]) << line << "\n" << other;
        EXPECT_EQ(parts.values[i].value.data(), values[i].data());
      }
      others += &other == &line ? 0 : 1;
    }
  }
  return others;
}

TEST(ShapeMatcher, LinesOfOneShapeFit) {
  const std::string filler(60, 'x');
  EXPECT_EQ(FitAll({
                R"({"a":"1","b":2})",
                R"({"a":"","b":-2.5e7})",
                R"({"a":"\"","b":null})",
                R"({"a":"\\","b":true})",
                R"({"a":"\\\"","b":"c"})",
                R"({"a": "1","b":2})",
                R"({"a":"1","b":[2]})",
                R"({"a":"1","b":2} )",
                R"({"a":")" + filler + R"(","b":2})",
                R"({"a":")" + filler + filler + R"(\"","b":2})",
                R"({"a":"x,y} ]","b":2})",
                R"({"a":"1","b":2)",
            }),
            // Seven have a and a bare b, as the one with an array; of the quoted b there is one.
            size_t{7 * 7});
  EXPECT_GT(FitAll({"a=1 b=2", "a= b=2", "a=1 b=", "a=1 b=\"2\"", "a=x\"y b=2", "a=1=2 b=2",
                    "a=1 b=2 ", "a=1  b=2", "a=" + filler + " b=" + filler}),
            0U);
}

TEST(ShapeMatcher, RandomLinesFitOnlyTheirShape) {
  std::mt19937_64 random(3);
  const std::vector<std::string> pieces = {
      "\"", "\\",   ",",    "}", "{\"a\":", "{\"b\":\"", "\",\"c\":", "1",   "xyz", " ",
      "a=", "b=\"", "true", "]", "\n",      "\t",        "12",        "\"}", " c=", ":",
      "=",  "[",    "\x01", "k", "\" d=",   "1,\"e\":",  "}}",        "null"};
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i) {
    std::string line = i % 2 == 0 ? R"({"a":"1","b":2,"c":"3"})" : "a=1 b=\"two\" c=3";
    for (size_t n = random() % 4; n > 0; --n) {
      line.insert(random() % (line.size() + 1), pieces[random() % pieces.size()]);
    }
    if (random() % 4 == 0) line.insert(line.size() / 2, std::string(random() % 90, 'y'));
    lines.push_back(std::move(line));
  }
  EXPECT_GT(FitAll(lines), 1000U);
}

}  // namespace
}  // namespace pharos::events
