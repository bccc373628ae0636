// WAL records and histogram bytes: what goes in comes out bit by bit; any bytes are safe.
#include "samples/wal_record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "samples/histogram_codec.h"

namespace pharos::samples {
namespace {

using model::Histogram;
using Random = std::mt19937_64;

double AnyDouble(Random& random) {
  switch (random() % 4) {
    case 0: return std::bit_cast<double>(random());
    case 1: return model::StaleNan();
    default: return static_cast<double>(random() % 1'000'000) / (random() % 2 ? 1 : 8);
  }
}

Histogram AnyHistogram(Random& random, const Histogram* like) {
  Histogram h;
  if (like != nullptr && random() % 3 != 0) {
    h = *like;
  } else {
    h.schema = static_cast<int32_t>(random() % 70) - 60;
    for (auto n = random() % 4; n > 0; --n)
      h.positive_spans.push_back(
          {static_cast<int32_t>(random()), static_cast<uint32_t>(random() % 9)});
    for (auto n = random() % 3; n > 0; --n) h.negative_spans.push_back({-3, 2});
    h.positive_counts.resize(random() % 20);
    h.negative_counts.resize(random() % 5);
    for (auto n = random() % 4; n > 0; --n) h.custom_bounds.push_back(AnyDouble(random));
  }
  const bool whole = random() % 2;
  const auto count = [&] {
    return whole ? static_cast<double>(random() >> 12) : AnyDouble(random);
  };
  h.float_counts = !whole;
  h.reset = static_cast<Histogram::Reset>(random() % 4);
  h.zero_threshold = AnyDouble(random);
  h.sum = AnyDouble(random);
  h.zero_count = count();
  h.count = count();
  for (double& c : h.positive_counts) c = count();
  for (double& c : h.negative_counts) c = count();
  return h;
}

/// By bytes: NaNs compare too.
std::string Absolute(const Histogram& h) {
  std::string out;
  EncodeHistogram(h, nullptr, out);
  return out;
}

TEST(HistogramCodec, RunsRoundTripBitByBit) {
  Random random(1);
  for (int run = 0; run < 300; ++run) {
    std::vector<Histogram> sent;
    std::string bytes;
    for (int i = 0; i < 10; ++i) {
      sent.push_back(AnyHistogram(random, sent.empty() ? nullptr : &sent.back()));
      EncodeHistogram(sent.back(), i > 0 ? &sent[sent.size() - 2] : nullptr, bytes);
    }
    codec::ByteReader in(bytes);
    std::vector<Histogram> back(sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
      ASSERT_TRUE(DecodeHistogram(in, i > 0 ? &back[i - 1] : nullptr, &back[i]));
      ASSERT_EQ(Absolute(back[i]), Absolute(sent[i]));
      ASSERT_EQ(back[i].positive_spans, sent[i].positive_spans);
      ASSERT_EQ(back[i].reset, sent[i].reset);
    }
    ASSERT_TRUE(in.AtEnd());
  }
}

TEST(HistogramCodec, AnyBytesAreSafe) {
  Random random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = Absolute(AnyHistogram(random, nullptr));
    for (int flips = 0; flips < 4; ++flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    codec::ByteReader in(bytes);
    Histogram h;
    (void)DecodeHistogram(in, nullptr, &h);
  }
}

/// Writes down what it is told.
struct Recorder final : RecordVisitor {
  std::string told;
  base::Result<void> Say(std::string text) { return told += text + ";", base::Result<void>(); }
  base::Result<void> OnSeries(uint32_t ref, model::Labels labels) override {
    return Say("series " + std::to_string(ref) + " " + ToString(labels));
  }
  base::Result<void> OnSample(uint32_t ref, int64_t t, double v, int64_t start) override {
    return Say(std::to_string(ref) + " " + std::to_string(t) + " " +
               std::to_string(std::bit_cast<uint64_t>(v)) + " " + std::to_string(start));
  }
  base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample sample) override {
    return Say("histogram " + std::to_string(ref) + " " + std::to_string(sample.time_ms) + " " +
               std::to_string(sample.start_ms) + Absolute(*sample.histogram));
  }
  base::Result<void> OnMetadata(std::string_view metric, model::Metadata metadata) override {
    return Say("metadata " + std::string(metric) + " " + metadata.help);
  }
};

TEST(WalRecord, StartsAndTheOrderBehindThem) {
  RecordWriter writer;
  Recorder expected, got;
  for (const auto& [ref, t, v, start] : {std::tuple{1u, int64_t{5}, 1.0, int64_t{0}},
                                         {2u, INT64_MAX, 2.0, INT64_MIN},
                                         {1u, int64_t{5}, 3.0, int64_t{0}},
                                         {3u, INT64_MIN, 4.0, INT64_MAX}}) {
    writer.AddSample(ref, t, v, start);
    (void)expected.OnSample(ref, t, v, start);
  }
  EXPECT_EQ(writer.Refs(), (std::vector<uint32_t>{1, 2, 1, 3}));
  ASSERT_TRUE(ReadRecord(writer.Finish(), got).has_value());
  EXPECT_EQ(got.told, expected.told);
  writer.AddSample(1, 6, 1);
  expected.told.clear(), got.told.clear();
  (void)expected.OnSample(1, 6, 1, 0);
  ASSERT_TRUE(ReadRecord(writer.Finish(), got).has_value());
  EXPECT_EQ(got.told, expected.told);
}

TEST(WalRecord, SaysWhatItWasTold) {
  RecordWriter writer;
  EXPECT_TRUE(writer.empty());
  Recorder expected, got;
  const model::Labels labels{{"__name__", "up"}};
  writer.DeclareSeries(7, labels.bytes());
  (void)expected.OnSeries(7, labels);
  for (const auto& [ref, t, v] : {std::tuple{7u, INT64_MIN, 1.0},
                                  {UINT32_MAX, INT64_MAX, -0.0},
                                  {0u, int64_t{0}, model::StaleNan()}}) {
    writer.AddSample(ref, t, v);
    (void)expected.OnSample(ref, t, v, 0);
  }
  Random random(3);
  const auto histogram = std::make_shared<Histogram>(AnyHistogram(random, nullptr));
  writer.AddHistogram(9, 5, -3, *histogram);
  (void)expected.OnHistogram(9, {5, histogram, -3});
  writer.AddMetadata("up", {model::MetricType::kGauge, "Is it?", ""});
  (void)expected.OnMetadata("up", {model::MetricType::kGauge, "Is it?", ""});
  EXPECT_EQ(writer.Refs(), (std::vector<uint32_t>{7, UINT32_MAX, 0, 9}));
  const std::string payload = writer.Finish();
  ASSERT_TRUE(ReadRecord(payload, got).has_value());
  EXPECT_EQ(got.told, expected.told);
  EXPECT_TRUE(writer.empty());
  for (size_t cut = 0; cut < payload.size(); ++cut) {
    Recorder ignored;
    EXPECT_FALSE(ReadRecord(std::string_view(payload).substr(0, cut), ignored).has_value()) << cut;
  }
}

}  // namespace
}  // namespace pharos::samples
