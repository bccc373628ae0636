// Every codec gives back the bits that went in, and takes any bytes without harm.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "codec/bitpack.h"
#include "codec/int_block.h"
#include "codec/limits.h"
#include "codec/random_columns_test.h"
#include "codec/rd_block.h"
#include "codec/time_block.h"
#include "codec/value_block.h"
#include "codec/xor_block.h"
#include "model/sample.h"

namespace pharos::codec {
namespace {

std::string CheckValues(const std::vector<double>& values, ValueHint* hint = nullptr) {
  std::string bytes;
  EncodeValues(values, bytes, hint);
  std::vector<double> back(values.size());
  ByteReader in(bytes);
  EXPECT_TRUE(DecodeValues(in, back));
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(Bits(back), Bits(values));
  return bytes;
}

std::string CheckTimes(const std::vector<int64_t>& times) {
  std::string bytes;
  EncodeTimes(times, bytes);
  TimeBounds bounds;
  EXPECT_TRUE(PeekTimes(ByteReader(bytes), &bounds));
  EXPECT_EQ(bounds.first, times.front());
  EXPECT_EQ(bounds.last, times.back());
  std::vector<int64_t> back(times.size());
  ByteReader in(bytes);
  EXPECT_TRUE(DecodeTimes(in, back));
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(back, times);
  return bytes;
}

TEST(Varint, ExtremesRoundTripAndTruncationFails) {
  std::string bytes;
  for (const int64_t v : {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN}) PutSigned(bytes, v);
  ByteReader in(bytes);
  EXPECT_EQ(in.Signed(), 0);
  EXPECT_EQ(in.Signed(), -1);
  EXPECT_EQ(in.Signed(), INT64_MAX);
  EXPECT_EQ(in.Signed(), INT64_MIN);
  EXPECT_TRUE(in.ok() && in.AtEnd());
  ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
  for (int i = 0; i < 4; ++i) cut.Signed();
  EXPECT_FALSE(cut.ok());
}

TEST(Varint, EveryLengthIsReadAnywhereInTheBytes) {
  for (int bits = 0; bits <= 64; ++bits) {
    const uint64_t v = bits == 0 ? 0 : ~uint64_t{0} >> (64 - bits);
    for (size_t behind = 0; behind < 10; ++behind) {
      std::string bytes;
      PutVarint(bytes, v);
      const size_t size = bytes.size();
      bytes.append(behind, '\x81');
      ByteReader in(bytes);
      EXPECT_EQ(in.Varint(), v);
      EXPECT_EQ(in.position(), bytes.data() + size);
    }
  }
}

TEST(Bitpack, EveryWidthRoundTrips) {
  Random random(1);
  for (int width = 0; width <= 64; ++width) {
    for (const size_t n : {1, 2, 7, 8, 63, 64, 65, 240}) {
      std::vector<uint64_t> values(n), back(n);
      for (uint64_t& v : values) v = width == 0 ? 0 : random() >> (64 - width);
      std::string bytes;
      PackBits(values.data(), n, width, bytes);
      ASSERT_EQ(bytes.size(), PackedBytes(n, width));
      UnpackBits(bytes, n, width, back.data());
      ASSERT_EQ(back, values) << "width " << width << " n " << n;
    }
  }
}

TEST(IntBlock, RoundTripsAnyNumbers) {
  Random random(2);
  for (int round = 0; round < Cases(2000); ++round) {
    const auto values = RandomInts(random, 1 + random() % 300);
    std::string bytes;
    EncodeInts(values, bytes);
    std::vector<int64_t> back(values.size());
    ByteReader in(bytes);
    ASSERT_TRUE(DecodeInts(in, back));
    ASSERT_TRUE(in.AtEnd());
    ASSERT_EQ(back, values) << "round " << round;
  }
}

TEST(IntBlock, OneResetDoesNotWidenACounter) {
  std::vector<int64_t> smooth, reset;
  for (int i = 0; i < 240; ++i) {
    smooth.push_back(1'000'000'000 + i * 100 + i * i % 97);
    reset.push_back((i < 120 ? 1'000'000'000 : 0) + i * 100 + i * i % 97);
  }
  std::string a, b;
  EncodeInts(smooth, a);
  EncodeInts(reset, b);
  EXPECT_LT(b.size(), a.size() + 24);
}

TEST(IntBlock, CommonFactorIsTakenOut) {
  std::vector<int64_t> values;
  for (int i = 0; i < 240; ++i) values.push_back((i * 7919 % 101) * 4096);
  std::string bytes;
  EncodeInts(values, bytes);
  EXPECT_LT(bytes.size(), 240 * 8 / 8 + 16);
}

TEST(TimeBlock, RegularStepsCostNothingASample) {
  std::vector<int64_t> times;
  for (int i = 0; i < 240; ++i) times.push_back(1'700'000'000'123 + i * 15'000);
  EXPECT_LE(CheckTimes(times).size(), 12u);
  times.erase(times.begin() + 100);  // a missed scrape
  EXPECT_LE(CheckTimes(times).size(), 40u);
}

TEST(TimeBlock, RoundTripsAnyTimes) {
  Random random(3);
  for (int round = 0; round < Cases(1000); ++round)
    CheckTimes(RandomInts(random, 1 + random() % 300));
  CheckTimes({INT64_MIN, INT64_MAX});
  CheckTimes({INT64_MIN, 0, INT64_MAX});
}

TEST(ValueBlock, RoundTripsAnyBits) {
  Random random(4);
  for (int round = 0; round < Cases(2000); ++round)
    CheckValues(RandomDoubles(random, 1 + random() % 300));
}

TEST(ValueBlock, AKnownFirstValueIsLeftOut) {
  Random random(9);
  for (int round = 0; round < Cases(1000); ++round) {
    const auto values = RandomDoubles(random, 1 + random() % 300);
    std::string bytes;
    EncodeValues(values, bytes, nullptr, &values[0]);
    std::vector<double> back(values.size());
    ByteReader in(bytes);
    ASSERT_TRUE(DecodeValues(in, back, &values[0]) && in.AtEnd());
    ASSERT_EQ(Bits(back), Bits(values));
  }
}

TEST(RdBlock, QuotientsTakeLittleMoreThanTheirMantissas) {
  Random random(10);
  std::vector<double> values(240), back(240);
  for (double& v : values) v = 1 + static_cast<double>(random() >> 12) * 0x1p-52;
  EXPECT_LE(CheckValues(values).size(), 240 * 52 / 8 + 16u);
  for (double& v : values) v = std::bit_cast<double>(random());
  std::string bytes;
  EncodeRd(values, PlanRd(values), bytes);
  ByteReader in(bytes);
  ASSERT_TRUE(DecodeRd(in, back) && in.AtEnd());
  EXPECT_EQ(Bits(back), Bits(values));
}

TEST(XorBlock, ItsSizeIsKnownBefore) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    const auto values = RandomDoubles(random, 1 + random() % 300);
    std::string bytes;
    EncodeXor(values, bytes);
    EXPECT_LE(bytes.size(), XorBits(values) / 8 + 1);
    EXPECT_GE(bytes.size() + 3, XorBits(values) / 8);
  }
}

TEST(ValueBlock, HintsChangeSpeedNotMeaning) {
  Random random(5);
  ValueHint hint;
  for (int round = 0; round < Cases(1000); ++round) {
    if (random() % 20 == 0) hint = {};
    CheckValues(RandomDoubles(random, 16), &hint);
  }
}

TEST(ValueBlock, DecimalsAndCountersAreSmall) {
  Random random(6);
  std::vector<double> decimals, counter;
  double at = 12345.67, count = 1e9;
  for (int i = 0; i < 240; ++i) {
    decimals.push_back(at = std::round((at + static_cast<double>(random() % 560) / 100) * 100) /
                            100);
    counter.push_back(count += static_cast<double>(random() % 1024));
  }
  EXPECT_LE(CheckValues(decimals).size(), 240 * 10 / 8 + 16u);
  EXPECT_LE(CheckValues(counter).size(), 240 * 10 / 8 + 20u);
  decimals[100] = model::StaleNan();
  EXPECT_LE(CheckValues(decimals).size(), 240 * 10 / 8 + 32u);
  EXPECT_EQ(CheckValues(std::vector<double>(240, model::StaleNan())).size(), 9u);
}

TEST(Codecs, AnyBytesAreTakenWithoutHarm) {
  Random random(7);
  std::vector<double> values(300);
  std::vector<int64_t> ints(300);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    if (round % 2 == 0) {
      EncodeValues(RandomDoubles(random, 100), bytes);
      for (int flips = 0; flips < 3; ++flips)
        bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    } else {
      for (auto n = random() % 64; n > 0; --n) bytes += static_cast<char>(random());
    }
    const size_t n = 1 + random() % 300;
    ByteReader a(bytes), b(bytes), c(bytes);
    (void)DecodeValues(a, std::span(values).first(n));
    (void)DecodeTimes(b, std::span(ints).first(n));
    (void)DecodeXor(c, std::span(values).first(n));
    ByteReader d(bytes);
    (void)DecodeRd(d, std::span(values).first(n));
  }
}

}  // namespace
}  // namespace pharos::codec
