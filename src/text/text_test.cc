#include <gtest/gtest.h>

#include <cmath>

#include "text/go_float.h"
#include "text/json_writer.h"

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
