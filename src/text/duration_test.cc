#include "text/duration.h"

#include <gtest/gtest.h>

#include <limits>

namespace pharos::text {
namespace {

constexpr int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

TEST(PrometheusDurationTest, ReadsAndWritesWhatPrometheusDoes) {
  const std::pair<std::string, int64_t> same[] = {
      {"0s", 0},
      {"324ms", 324},
      {"3s", 3000},
      {"5m", 300'000},
      {"1h", kHourMs},
      {"4d", 4 * kDayMs},
      {"4d1h", 4 * kDayMs + kHourMs},
      {"14d", 14 * kDayMs},
      {"3w2d1h", 23 * kDayMs + kHourMs},
      {"10y", 3650 * kDayMs},
      {"8y2w5d3h4m5s6ms", (8 * 365 + 14 + 5) * kDayMs + 3 * kHourMs + 245'006}};
  for (const auto& [text, ms] : same) {
    const auto parsed = ParsePrometheusDuration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, ms) << text;
  }
  EXPECT_EQ(ParsePrometheusDuration("0"), 0);
  EXPECT_EQ(ParsePrometheusDuration("0w"), 0);
  EXPECT_EQ(ParsePrometheusDuration("00001s"), 1000);
  EXPECT_EQ(PrometheusDuration(0), "0s");
  EXPECT_EQ(PrometheusDuration(324), "324ms");
  EXPECT_EQ(PrometheusDuration(5'400'000), "1h30m");
  EXPECT_EQ(PrometheusDuration(14 * kDayMs), "2w");
  EXPECT_EQ(PrometheusDuration(4 * kDayMs + kHourMs), "4d1h");
  EXPECT_EQ(PrometheusDuration(-kHourMs), "-1h");
}

TEST(PrometheusDurationTest, RefusesInPrometheusWords) {
  EXPECT_EQ(ParsePrometheusDuration("").error().message, "empty duration string");
  for (const std::string text :
       {"1", "1y1m1d", "-1w", "1.5d", "d", "294y1", "1s1s", "1h ", "1ms1s", "1µs", "٣s"}) {
    EXPECT_EQ(ParsePrometheusDuration(text).error().message,
              "not a valid duration string: \"" + text + "\"");
  }
  for (const char* text : {"294y", "200y10400w", "107675d", "2584200h", "99999999999999999999s"}) {
    EXPECT_EQ(ParsePrometheusDuration(text).error().message, "duration out of range") << text;
  }
}

TEST(GoDurationTest, ReadsWhatGoDoes) {
  const std::pair<const char*, int64_t> cases[] = {
      {"0", 0},
      {"5s", 5'000'000'000},
      {"-5s", -5'000'000'000},
      {"+5s", 5'000'000'000},
      {"5.6s", 5'600'000'000},
      {".5s", 500'000'000},
      {"5.s", 5'000'000'000},
      {"1.004s", 1'004'000'000},
      {"100.00100s", 100'001'000'000},
      {"11us", 11'000},
      {"12µs", 12'000},
      {"12μs", 12'000},
      {"3h30m", 12'600'000'000'000},
      {"10.5s4m", 250'500'000'000},
      {"-2m3.4s", -123'400'000'000},
      {"0.100000000000000000000h", 360'000'000'000},
      {"9223372036854775807ns", std::numeric_limits<int64_t>::max()},
      {"-9223372036854775808ns", std::numeric_limits<int64_t>::min()},
      {"0.9223372036854775807h", 3'320'413'933'267}};
  for (const auto& [text, ns] : cases) EXPECT_EQ(ParseGoDuration(text), ns) << text;
}

TEST(GoDurationTest, RefusesInGoWords) {
  EXPECT_EQ(ParseGoDuration("").error().message, "time: invalid duration \"\"");
  EXPECT_EQ(ParseGoDuration("3").error().message, "time: missing unit in duration \"3\"");
  EXPECT_EQ(ParseGoDuration("1d").error().message, "time: unknown unit \"d\" in duration \"1d\"");
  for (const char* text :
       {"-", "s", ".", "-.", ".s", "+.s", "9223372036854775808ns", "99999999999999999999ns",
        "9223372036854775.808us", "-9223372036854775809ns", "3000000h"}) {
    EXPECT_EQ(ParseGoDuration(text).error().message,
              "time: invalid duration \"" + std::string(text) + "\"");
  }
}

TEST(GoDurationTest, WritesAsGo) {
  EXPECT_EQ(GoDuration(0), "0s");
  EXPECT_EQ(GoDuration(1), "1ns");
  EXPECT_EQ(GoDuration(1100), "1.1µs");
  EXPECT_EQ(GoDuration(2'200'000), "2.2ms");
  EXPECT_EQ(GoDuration(3'300'000'000), "3.3s");
  EXPECT_EQ(GoDuration(245'000'000'000), "4m5s");
  EXPECT_EQ(GoDuration(245'001'000'000), "4m5.001s");
  EXPECT_EQ(GoDuration(18'367'001'000'000), "5h6m7.001s");
  EXPECT_EQ(GoDuration(9'900'000'000'000), "2h45m0s");
  EXPECT_EQ(GoDuration(std::numeric_limits<int64_t>::max()), "2562047h47m16.854775807s");
  EXPECT_EQ(GoDuration(std::numeric_limits<int64_t>::min()), "-2562047h47m16.854775808s");
}

}  // namespace
}  // namespace pharos::text
