// Blocks of native histograms come back bit by bit, by row and by column.
#include "samples/histogram_block.h"

#include <gtest/gtest.h>

#include <random>

#include "codec/random_columns_test.h"
#include "samples/histogram_codec.h"

namespace pharos::samples {
namespace {

using model::Histogram;
using Random = std::mt19937_64;
using Samples = std::vector<model::HistogramSample>;

std::string Bytes(const Histogram& h) {
  std::string out;
  EncodeHistogram(h, nullptr, out);
  return out;
}

/// Integer counts that grow, or any doubles; any buckets, sometimes custom ones.
Histogram First(Random& random) {
  Histogram h;
  h.schema = random() % 3 == 0 ? Histogram::kCustomBuckets : static_cast<int32_t>(random() % 9);
  if (h.schema == Histogram::kCustomBuckets) h.custom_bounds = codec::RandomDoubles(random, 3);
  for (auto n = random() % 3; n > 0; --n) {
    h.positive_spans.push_back({static_cast<int32_t>(random() % 9), 2});
    h.positive_counts.resize(h.positive_counts.size() + 2);
  }
  if (random() % 2 == 0) {
    h.negative_spans = {{-4, 1}};
    h.negative_counts.resize(1);
  }
  h.zero_threshold = 1e-128;
  return h;
}

void Grow(Random& random, bool whole, Histogram& h) {
  const auto grow = [&](double& v) {
    v = whole ? v + static_cast<double>(random() % 10) : codec::RandomDoubles(random, 1)[0];
  };
  for (double& v : h.positive_counts) grow(v);
  for (double& v : h.negative_counts) grow(v);
  grow(h.zero_count);
  grow(h.count);
  grow(h.sum);
  h.float_counts = !whole;
  h.reset = static_cast<Histogram::Reset>(random() % 4);
}

Samples RandomHistograms(Random& random, size_t count) {
  Samples out;
  Histogram h = First(random);
  const bool whole = random() % 2 == 0;
  for (size_t i = 0; i < count; ++i) {
    if (random() % 30 == 0) h = First(random);
    Grow(random, whole, h);
    out.push_back({static_cast<int64_t>(i), std::make_shared<Histogram>(h)});
  }
  return out;
}

TEST(HistogramBlock, RoundTripsAnything) {
  Random random(61);
  const int rounds = codec::Cases(1000) / 20;  // of some twenty histograms each
  for (int round = 0; round < rounds; ++round) {
    const Samples sent = RandomHistograms(random, 1 + random() % 40);
    std::string bytes;
    EncodeHistograms(sent, bytes);
    codec::ByteReader in(bytes);
    std::vector<std::shared_ptr<Histogram>> back;
    ASSERT_TRUE(DecodeHistograms(in, sent.size(), &back) && in.AtEnd());
    for (size_t i = 0; i < sent.size(); ++i)
      ASSERT_EQ(Bytes(*back[i]), Bytes(*sent[i].histogram)) << round << " " << i;
  }
}

TEST(HistogramBlock, BucketsAtRestCostLittle) {
  Samples sent;
  Histogram h;
  h.positive_spans = {{0, 20}};
  h.positive_counts.assign(20, 1000);
  for (int i = 0; i < 240; ++i) {
    h.positive_counts[7] += i % 5;
    h.count += i % 5;
    h.sum += (i % 5) * 0.25;
    sent.push_back({i, std::make_shared<Histogram>(h)});
  }
  std::string bytes, rows;
  EncodeHistograms(sent, bytes);
  for (size_t i = 0; i < sent.size(); ++i)
    EncodeHistogram(*sent[i].histogram, i > 0 ? sent[i - 1].histogram.get() : nullptr, rows);
  EXPECT_LT(bytes.size(), 240 * 3u);
  EXPECT_LT(bytes.size() * 10, rows.size());
}

TEST(HistogramBlock, AnyBytesAreTakenWithoutHarm) {
  Random random(62);
  std::vector<std::shared_ptr<Histogram>> back;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes;
    EncodeHistograms(RandomHistograms(random, 1 + random() % 20), bytes);
    for (int flips = 0; flips < 3; ++flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    codec::ByteReader in(bytes);
    (void)DecodeHistograms(in, 1 + random() % 30, &back);
  }
}

}  // namespace
}  // namespace pharos::samples
