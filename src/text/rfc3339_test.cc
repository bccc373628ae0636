#include "text/rfc3339.h"

#include <gtest/gtest.h>

#include <limits>

namespace pharos::text {
namespace {

TEST(Rfc3339Test, ReadsAndWrites) {
  const std::pair<const char*, int64_t> same[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2006-01-02T15:04:05Z", 1'136'214'245'000'000'000},
      {"2024-02-29T23:59:59.123456789Z", 1'709'251'199'123'456'789},
      {"1969-12-31T23:59:59.9Z", -100'000'000},
      {"2262-04-11T23:47:16.854775807Z", std::numeric_limits<int64_t>::max()},
      {"1677-09-21T00:12:43.145224192Z", std::numeric_limits<int64_t>::min()}};
  for (const auto& [text, ns] : same) {
    EXPECT_EQ(ParseRfc3339(text), ns) << text;
    EXPECT_EQ(Rfc3339Nano(ns), text);
  }
  EXPECT_EQ(ParseRfc3339("2006-01-02T15:04:05-07:00"), 1'136'239'445'000'000'000);
  EXPECT_EQ(ParseRfc3339("2006-01-02T15:04:05.50+01:30"), 1'136'208'845'500'000'000);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00.0000000019Z"), 1);
}

TEST(Rfc3339Test, Refuses) {
  for (const char* text :
       {"", "2006-01-02", "2006-01-02 15:04:05Z", "2006-01-02T15:04:05", "2006-01-02T15:04:05z",
        "2006-13-02T15:04:05Z", "2023-02-29T00:00:00Z", "2006-01-02T24:00:00Z",
        "2006-01-02T15:60:05Z", "2006-01-02T15:04:60Z", "2006-01-02T15:04:05.Z",
        "2006-01-02T15:04:05Zx", "2006-01-02T15:04:05+0700", "2006-01-02T15:04:05+07:60",
        "2263-01-01T00:00:00Z", "1677-09-21T00:12:43Z", "06-01-02T15:04:05Z",
        "-006-01-02T15:04:05Z"}) {
    const auto parsed = ParseRfc3339(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, base::ErrorKind::kBadInput);
  }
}

}  // namespace
}  // namespace pharos::text
