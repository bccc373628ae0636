#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "text/go_float.h"
#include "text/json_writer.h"
#include "text/shortest_decimal.h"

namespace pharos::text {
namespace {

std::string Quoted(std::string_view text, bool html = false) {
  std::string out;
  AppendJsonString(out, text, html);
  return out;
}

TEST(JsonWriter, EscapesAsGo) {
  EXPECT_EQ(Quoted("a\"b\\c\n\r\t\x01"), R"("a\"b\\c\n\r\t\u0001")");
  EXPECT_EQ(Quoted("grüße 漢 🚨"), "\"grüße 漢 🚨\"");
  EXPECT_EQ(Quoted("<&>"), "\"<&>\"");
  EXPECT_EQ(Quoted("<&>", true), R"("\u003c\u0026\u003e")");
  for (const std::string_view bad :
       {"\xff", "\xc0\x80", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_TRUE(Quoted(bad).starts_with("\"\\ufffd")) << bad;
  }
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("a").Int(1).Key("b").BeginArray().Int(-2).String("x").BeginObject();
  json.EndObject().Null().EndArray().Key("c").Bool(true).Key("d").Double(0.1).EndObject();
  EXPECT_EQ(out, R"({"a":1,"b":[-2,"x",{},null],"c":true,"d":0.1})");
}

TEST(GoFloat, FormatsAsStrconv) {
  EXPECT_EQ(GoFloat(0.1), "0.1");
  EXPECT_EQ(GoFloat(1e21), "1000000000000000000000");
  EXPECT_EQ(GoFloat(-0.0), "-0");
  EXPECT_EQ(GoFloat(1e21, 'g'), "1e+21");
  EXPECT_EQ(GoFloat(123456789012345683968.0), "123456789012345680000");
  EXPECT_EQ(GoFloat(-9007199254740993.0), "-9007199254740992");
  EXPECT_EQ(GoFloat(1.8446744073709552e19), "18446744073709552000");
  EXPECT_EQ(GoFloat(999999, 'g'), "999999");
  EXPECT_EQ(GoFloat(1e6, 'g'), "1e+06");
  EXPECT_EQ(GoFloat(1277952, 'g'), "1.277952e+06");
  EXPECT_EQ(GoFloat(0.00001, 'g'), "1e-05");
  EXPECT_EQ(GoFloat(0.0001, 'g'), "0.0001");
  EXPECT_EQ(GoFloat(INFINITY), "+Inf");
  EXPECT_EQ(GoFloat(NAN), "NaN");
}

/// Both ways of printing against the standard library.
class Shortest {
 public:
  void Expect(double value) {
    if (!(std::fabs(value) >= kLeastShortest && std::fabs(value) < kShortestBelow)) return;
    char got[kShortestRoom];
    ASSERT_EQ(std::string(got, PutShortest(got, value)), Fixed(value)) << std::hexfloat << value;
    eight_.push_back(value);
    if (eight_.size() < kShortestLanes) return;
    NumberText texts[kShortestLanes];
    const unsigned done = PutShortestOfEight(eight_.data(), texts);
    for (size_t i = 0; i < kShortestLanes; ++i) {
      if ((done >> i & 1) == 0) continue;
      ASSERT_EQ(std::string(texts[i].text, texts[i].size), Fixed(eight_[i]))
          << std::hexfloat << eight_[i];
    }
    eight_.clear();
  }

 private:
  static std::string Fixed(double value) {
    char buffer[64];
    return {buffer,
            std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr};
  }
  std::vector<double> eight_;
};

TEST(ShortestDecimal, IsTheStandardLibrarys) {
  std::mt19937_64 random(3);
  Shortest shortest;
  for (int i = 0; i < 200'000; ++i) {
    shortest.Expect(std::ldexp(static_cast<double>(random() >> 11), -static_cast<int>(i % 75)));
    shortest.Expect(static_cast<double>(random() >> (11 + random() % 50)));
    shortest.Expect(-static_cast<double>(random() % 100'000'000 + 1) / 1000);
    shortest.Expect(static_cast<double>(random() % 1000 + 1) / static_cast<double>(i + 1));
  }
  for (int e = -20; e < 54; ++e) {  // the interval is lopsided at powers of two
    const double power = std::ldexp(1.0, e);
    for (double up = power, down = power; up < power * (1 + 1e-13);
         up = std::nextafter(up, INFINITY), down = std::nextafter(down, 0)) {
      shortest.Expect(up);
      shortest.Expect(down);
    }
  }
  for (int e = -6; e < 16; ++e) shortest.Expect(std::pow(10, e));
}

TEST(GoFloat, FixedFormIsTheStandardLibrarys) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 100'000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random() >> 11), -static_cast<int>(random() % 75)) *
        (random() % 2 == 0 ? 1 : -1);
    if (std::fabs(value) >= 9007199254740992) continue;
    char buffer[400];
    const std::string expected(
        buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr);
    ASSERT_EQ(GoFloat(value), expected);
  }
  for (const double value :
       {1.0, 10.0, 100.0, 0.5, 0.1, 1e-6, 0.000001234, 123456.789, 9007199254740991.0})
    EXPECT_EQ(GoFloat(-value), "-" + GoFloat(value));
  EXPECT_EQ(GoFloat(1e-6), "0.000001");
  EXPECT_EQ(GoFloat(100), "100");
}

TEST(GoFloat, SampleValuesAsPrometheusJson) {
  const auto value = [](double v) {
    std::string out;
    AppendSampleValue(out, v);
    return out;
  };
  EXPECT_EQ(value(1e20), "100000000000000000000");
  EXPECT_EQ(value(1e21), "1e+21");
  EXPECT_EQ(value(1e-6), "0.000001");
  EXPECT_EQ(value(1e-7), "1e-07");
  EXPECT_EQ(value(0), "0");
}

TEST(GoFloat, ValuesInMemoryAreThoseInStrings) {
  std::mt19937_64 random(3);
  std::vector<double> all{0.0, -0.0, NAN, INFINITY, -INFINITY, 1e-6, 9007199254740992.0};
  for (int i = 0; i < 20'000; ++i) {
    double v = 0;
    switch (random() % 5) {
      case 0: v = std::bit_cast<double>(random()); break;
      case 1: v = static_cast<double>(random() >> random() % 64); break;
      case 2: v = static_cast<double>(random() % 1'000'000) / 100; break;
      case 3: v = static_cast<double>(random() >> 11) * 1e-16; break;
      default:
        v = std::ldexp(static_cast<double>(random() % 1000), -static_cast<int>(random() % 30));
    }
    if (random() % 2 == 0) v = -v;
    all.push_back(v);
    std::string text;
    AppendSampleValue(text, v);
    char room[kSampleValueRoom];
    EXPECT_EQ(std::string_view(room, PutSampleValue(room, v)), text);
    const double magnitude = std::fabs(v);
    if (!(magnitude < 1e15) || magnitude < 1e-6) continue;
    char plain[64];
    const auto end = std::to_chars(plain, plain + sizeof plain, v, std::chars_format::fixed).ptr;
    EXPECT_EQ(text, std::string_view(plain, end));
  }
  std::vector<NumberText> numbers(all.size());
  PutSampleValues(all.data(), all.size(), numbers.data());
  for (size_t i = 0; i < all.size(); ++i) {
    std::string text;
    AppendSampleValue(text, all[i]);
    ASSERT_EQ(std::string(numbers[i].text, numbers[i].size), text);
  }
}

TEST(GoFloat, ParsesWhatGoParses) {
  double v = 0;
  EXPECT_TRUE(ParseGoFloat("1.5e3", &v));
  EXPECT_EQ(v, 1500);
  EXPECT_TRUE(ParseGoFloat("-0x1p4", &v));
  EXPECT_EQ(v, -16);
  EXPECT_TRUE(ParseGoFloat("+infinity", &v) && std::isinf(v));
  EXPECT_TRUE(ParseGoFloat("NaN", &v) && std::isnan(v));
  EXPECT_TRUE(ParseGoFloat("1e-400", &v));
  EXPECT_EQ(v, 0);
  for (const std::string_view bad :
       {"", "1 ", "+-1", "0x1", "1_0", "1e400", "nanx", "-nan", "--inf"}) {
    EXPECT_FALSE(ParseGoFloat(bad, &v)) << bad;
  }
}

}  // namespace
}  // namespace pharos::text
