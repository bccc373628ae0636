#include "text/bytesize.h"

#include <gtest/gtest.h>

namespace pharos::text {
namespace {

TEST(HumanBytesTest, ReadsBothKindsOfUnits) {
  const std::pair<const char*, uint64_t> cases[] = {{"0", 0},
                                                    {"42", 42},
                                                    {"42B", 42},
                                                    {"42 MB", 42'000'000},
                                                    {"42mib", 44'040'192},
                                                    {"42MiB", 44'040'192},
                                                    {"1.5kb", 1500},
                                                    {"1.5 KiB", 1536},
                                                    {"5k", 5000},
                                                    {"5Ki", 5120},
                                                    {"1,005.03 MB", 1'005'030'000},
                                                    {"12.5 EB", 12'500'000'000'000'000'000u},
                                                    {"1EiB", uint64_t{1} << 60},
                                                    {"42 \t", 42}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(ParseHumanBytes(text), bytes) << text;
}

TEST(HumanBytesTest, RefusesInTheLibrarysWords) {
  EXPECT_EQ(ParseHumanBytes("").error().message,
            "strconv.ParseFloat: parsing \"\": invalid syntax");
  EXPECT_EQ(ParseHumanBytes("84 JB").error().message, "unhandled size name: jb");
  EXPECT_EQ(ParseHumanBytes("16 EiB").error().message, "too large: 16 EiB");
  EXPECT_FALSE(ParseHumanBytes("-5"));
  EXPECT_FALSE(ParseHumanBytes("1.2.3"));
}

TEST(HumanBytesTest, Writes) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(803), "803 B");
  EXPECT_EQ(HumanBytes(1500), "1.5 kB");
  EXPECT_EQ(HumanBytes(82'854'982), "83 MB");
  EXPECT_EQ(HumanBinaryBytes(82'854'982), "79 MiB");
  EXPECT_EQ(HumanBinaryBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "18 EB");
}

TEST(Base2BytesTest, EveryUnitIsBinary) {
  const std::pair<const char*, int64_t> cases[] = {{"0", 0},
                                                   {"1B", 1},
                                                   {"1KB", 1024},
                                                   {"10MB", 10 << 20},
                                                   {"10MiB", 10 << 20},
                                                   {"1.5GiB", 1'610'612'736},
                                                   {"1MB1KB25B", 1'049'625},
                                                   {"-1KiB", -1024}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(ParseBase2Bytes(text), bytes) << text;
  EXPECT_EQ(Base2Bytes(0), "0B");
  EXPECT_EQ(Base2Bytes(10 << 20), "10MiB");
  EXPECT_EQ(Base2Bytes(1'049'625), "1MiB1KiB25B");
  EXPECT_EQ(Base2Bytes(-1024), "-1KiB");
  for (const int64_t bytes : {INT64_MAX - 1023, int64_t{1} << 62, int64_t{123'456'789'012}}) {
    EXPECT_EQ(ParseBase2Bytes(Base2Bytes(bytes)).value_or(-1), bytes);
  }
}

TEST(Base2BytesTest, Refuses) {
  EXPECT_EQ(ParseBase2Bytes("10").error().message, "units: missing unit in 10");
  EXPECT_EQ(ParseBase2Bytes("10XB").error().message, "units: unknown unit XB in 10XB");
  EXPECT_EQ(ParseBase2Bytes("").error().message, "units: invalid ");
  EXPECT_EQ(ParseBase2Bytes("MB").error().message, "units: invalid MB");
  EXPECT_FALSE(ParseBase2Bytes("8EiB"));
  EXPECT_FALSE(ParseBase2Bytes("10mb"));
}

}  // namespace
}  // namespace pharos::text
