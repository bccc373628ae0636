// Heads tell the truth: whatever a block holds, what its head says is what a loop over the
// samples gives, to the bit.
#include "samples/block_summary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "codec/random_columns_test.h"
#include "codec/value_block.h"

namespace pharos::samples {
namespace {

using Random = std::mt19937_64;
using Values = std::vector<double>;

uint64_t Bits(double v) { return std::bit_cast<uint64_t>(v); }

BlockSummary RoundTrip(const Values& values) {
  std::string body, head;
  codec::EncodeValues(values, body, nullptr, values.data());
  if (body[0] == static_cast<char>(codec::ValueForm::kConstant)) body.clear();
  EncodeSummary(values, body, head);
  BlockSummary summary{.count = static_cast<uint32_t>(values.size())};
  codec::ByteReader in(head);
  uint8_t flags = 0;
  int64_t start = 0;
  EXPECT_TRUE(DecodeSummary(in, &flags, &start, &summary));
  EXPECT_TRUE(in.AtEnd());
  EXPECT_FALSE(summary.histograms || summary.has_starts);
  BlockSummary skimmed{.count = summary.count};
  codec::ByteReader again(head);
  EXPECT_TRUE(SkimSummary(again, &flags, &start, &skimmed));
  EXPECT_TRUE(again.AtEnd());
  EXPECT_EQ(Bits(skimmed.first), Bits(summary.first));
  EXPECT_EQ(Bits(skimmed.last), Bits(summary.last));
  EXPECT_EQ(skimmed.drops, summary.drops);
  EXPECT_EQ(skimmed.plain, summary.plain);
  EXPECT_EQ(skimmed.stale, summary.stale);
  if (!summary.constant) {
    Values back(values.size());
    codec::ByteReader reader(body);
    EXPECT_TRUE(codec::DecodeValues(reader, back, &summary.first));
    EXPECT_EQ(codec::Bits(back), codec::Bits(values));
  }
  return summary;
}

/// Prometheus's loops.
double Increase(const Values& values) {
  double out = values.back() - values.front();
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[i - 1]) out += values[i - 1];
  }
  return out;
}
double Sum(const Values& values) {
  double sum = 0, lost = 0;
  for (const double v : values) {
    const double total = sum + v;
    lost += std::fabs(sum) >= std::fabs(v) ? (sum - total) + v : (v - total) + sum;
    sum = total;
  }
  return sum + lost;
}

void Check(const Values& values) {
  const BlockSummary s = RoundTrip(values);
  ASSERT_EQ(Bits(s.first), Bits(values.front()));
  ASSERT_EQ(Bits(s.last), Bits(values.back()));
  bool plain = true, stale = false, same = true;
  uint32_t drops = 0;
  double min = values[0], max = values[0];
  for (size_t i = 0; i < values.size(); ++i) {
    plain = plain && std::isfinite(values[i]) && Bits(values[i]) != Bits(-0.0);
    stale = stale || model::IsStaleNan(values[i]);
    same = same && Bits(values[i]) == Bits(values[0]);
    min = std::fmin(min, values[i]);
    max = std::fmax(max, values[i]);
    if (i > 0 && values[i] < values[i - 1]) ++drops;
  }
  ASSERT_EQ(s.constant, same);
  ASSERT_EQ(s.plain, plain);
  ASSERT_EQ(s.stale, stale);
  ASSERT_TRUE(plain || !(s.exact || s.drop_sum_known));
  if (!plain) return;
  ASSERT_EQ(Bits(s.min), Bits(min));
  ASSERT_EQ(Bits(s.max), Bits(max));
  ASSERT_EQ(s.drops, drops);
  ASSERT_TRUE(!s.exact || Bits(s.sum) == Bits(Sum(values)));
  ASSERT_TRUE(!s.drop_sum_known || Bits(s.Increase()) == Bits(Increase(values)));
  ASSERT_TRUE(s.drop_sum_known || drops > 1);
}

TEST(BlockSummary, SaysWhatALoopWouldFind) {
  Random random(21);
  const int rounds = codec::Cases(1000);
  for (int round = 0; round < rounds && !testing::Test::HasFatalFailure(); ++round) {
    SCOPED_TRACE(round);
    Check(codec::RandomDoubles(random, 1 + random() % 300));
  }
}

TEST(BlockSummary, WholeNumbersAreExactUpToTheirLimit) {
  Random random(22);
  Values counter;
  double at = 1e9;
  for (int i = 0; i < 240; ++i) counter.push_back(at += static_cast<double>(random() % 1000));
  EXPECT_TRUE(RoundTrip(counter).exact);
  Check(counter);
  counter[100] = 7;  // a reset
  counter[200] = 3;
  EXPECT_TRUE(RoundTrip(counter).exact);
  EXPECT_TRUE(RoundTrip(counter).drop_sum_known);
  Check(counter);
  for (double& v : counter) v += 4e13;  // 240 of them pass 2^53
  EXPECT_FALSE(RoundTrip(counter).exact);
  EXPECT_FALSE(RoundTrip(counter).drop_sum_known);
  for (double& v : counter) v = v / 4 + 0.25;
  EXPECT_FALSE(RoundTrip(counter).exact);
  EXPECT_TRUE(RoundTrip(Values(240, 17)).exact);
  EXPECT_FALSE(RoundTrip(Values(240, 0.5)).exact);
  EXPECT_FALSE(RoundTrip(Values(3, model::StaleNan())).plain);
}

TEST(BlockSummary, HeadsAreSmall) {
  Values counter;
  for (int i = 0; i < 240; ++i) counter.push_back(1e9 + i * 1000 + i * i % 777);
  std::string body, head;
  codec::EncodeValues(counter, body, nullptr, counter.data());
  EncodeSummary(counter, body, head);
  EXPECT_LE(head.size(), 14u);
  head.clear();
  EncodeSummary(Values(240, 1), {}, head);
  EXPECT_EQ(head.size(), 3u);
}

TEST(BlockSummary, AnyBytesAreTakenWithoutHarm) {
  Random random(23);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto n = random() % 40; n > 0; --n) bytes += static_cast<char>(random());
    BlockSummary summary{.count = 1 + static_cast<uint32_t>(random() % 1024)};
    codec::ByteReader in(bytes);
    uint8_t flags;
    int64_t start;
    (void)DecodeSummary(in, &flags, &start, &summary);
  }
}

}  // namespace
}  // namespace pharos::samples
