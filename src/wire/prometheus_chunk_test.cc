#include "wire/prometheus_chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace pharos::wire {
namespace {

/// Reads chunks back, as the format is described.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t Bits(unsigned count) {
    uint64_t out = 0;
    for (; count > 0; --count, ++at_)
      out = out << 1 | (static_cast<uint8_t>(bytes_[at_ / 8]) >> (7 - at_ % 8) & 1);
    return out;
  }
  double Double() { return std::bit_cast<double>(Bits(64)); }
  uint64_t Varint() {
    uint64_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint64_t byte = Bits(8);
      out |= (byte & 127) << shift;
      if (byte < 128) return out;
    }
  }
  /// The low bits as a number of that many bits, of which the lowest negative one is missing.
  static int64_t Signed(uint64_t bits, unsigned count) {
    if (count == 64) return static_cast<int64_t>(bits);
    return bits > uint64_t{1} << (count - 1) ? static_cast<int64_t>(bits) - (int64_t{1} << count)
                                             : static_cast<int64_t>(bits);
  }
  unsigned Width() {
    static constexpr unsigned kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    size_t ones = 0;
    while (ones < 8 && Bits(1) == 1) ++ones;
    return kWidths[ones];
  }
  uint64_t VarbitUint() { return Bits(Width()); }
  int64_t VarbitInt() {
    const unsigned width = Width();
    return width == 0 ? 0 : Signed(Bits(width), width);
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

struct Decoded {
  std::vector<int64_t> times;
  std::vector<double> values;
};

Decoded DecodeXor(const std::string& data) {
  BitReader in(data);
  const size_t count = in.Bits(16);
  Decoded out;
  const uint64_t zigzag = in.Varint();
  int64_t time = static_cast<int64_t>(zigzag >> 1) ^ -static_cast<int64_t>(zigzag & 1), step = 0;
  uint64_t value = in.Bits(64);
  unsigned leading = 0, trailing = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i == 1) {
      step = static_cast<int64_t>(in.Varint());
    } else if (i > 1) {
      static constexpr unsigned kWidths[] = {0, 14, 17, 20, 64};
      size_t ones = 0;
      while (ones < 4 && in.Bits(1) == 1) ++ones;
      if (kWidths[ones] > 0) step += BitReader::Signed(in.Bits(kWidths[ones]), kWidths[ones]);
    }
    if (i > 0) {
      time += step;
      if (in.Bits(1) == 1) {
        if (in.Bits(1) == 1) {
          leading = static_cast<unsigned>(in.Bits(5));
          const auto bits = static_cast<unsigned>(in.Bits(6));
          trailing = 64 - leading - (bits == 0 ? 64 : bits);
        }
        value ^= in.Bits(64 - leading - trailing) << trailing;
      }
    }
    out.times.push_back(time);
    out.values.push_back(std::bit_cast<double>(value));
  }
  return out;
}

TEST(PrometheusChunk, FloatsComeBack) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> times;
    std::vector<double> values;
    int64_t time = round % 3 == 0 ? -5'000 : 1'700'000'000'000;
    double value = 10;
    const size_t count = 1 + random() % kChunkSamples;
    for (size_t i = 0; i < count; ++i) {
      const int64_t jumps[] = {15'000, 15'001, 8'000, 70'000, 600'000, 40'000'000'000};
      time += jumps[random() % (1 + static_cast<size_t>(round) % 6)];
      value = random() % 4 == 0   ? value
              : random() % 3 == 0 ? std::bit_cast<double>(random())
                                  : value + 1;
      times.push_back(time);
      values.push_back(value);
    }
    const PrometheusChunk chunk = EncodeXorChunk(times, values);
    EXPECT_EQ(chunk.min_time_ms, times.front());
    EXPECT_EQ(chunk.max_time_ms, times.back());
    const Decoded decoded = DecodeXor(chunk.data);
    EXPECT_EQ(decoded.times, times);
    ASSERT_EQ(decoded.values.size(), values.size());
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(std::bit_cast<uint64_t>(decoded.values[i]), std::bit_cast<uint64_t>(values[i]));
  }
}

model::Histogram Example() {
  model::Histogram h;
  h.schema = 3;
  h.zero_threshold = 0x1p-128;
  h.zero_count = 2;
  h.count = 9;
  h.sum = 18.5;
  h.positive_spans = {{-2, 2}, {40, 1}};
  h.positive_counts = {1, 3, 1};
  h.negative_spans = {{5, 1}};
  h.negative_counts = {2};
  return h;
}

TEST(PrometheusChunk, IntegerHistogram) {
  const auto chunk = EncodeHistogramChunk({-77, std::make_shared<model::Histogram>(Example())});
  EXPECT_EQ(chunk.encoding, ChunkEncoding::kHistogram);
  BitReader in(chunk.data);
  EXPECT_EQ(in.Bits(16), 1u);
  EXPECT_EQ(in.Bits(8), 0u);
  EXPECT_EQ(in.Bits(8), 116u) << "2^-128 is frexp's 0.5 · 2^-127";
  EXPECT_EQ(in.VarbitInt(), 3);
  ASSERT_EQ(in.VarbitUint(), 2u);
  EXPECT_EQ(in.VarbitUint(), 2u);
  EXPECT_EQ(in.VarbitInt(), -2);
  EXPECT_EQ(in.VarbitUint(), 1u);
  EXPECT_EQ(in.VarbitInt(), 40);
  ASSERT_EQ(in.VarbitUint(), 1u);
  EXPECT_EQ(in.VarbitUint(), 1u);
  EXPECT_EQ(in.VarbitInt(), 5);
  EXPECT_EQ(in.VarbitInt(), -77);
  EXPECT_EQ(in.VarbitUint(), 9u);
  EXPECT_EQ(in.VarbitUint(), 2u);
  EXPECT_EQ(in.Double(), 18.5);
  for (const int64_t delta : {1, 2, -2, 2}) EXPECT_EQ(in.VarbitInt(), delta);
}

TEST(PrometheusChunk, FloatHistogramWithCustomBounds) {
  model::Histogram h;
  h.schema = model::Histogram::kCustomBuckets;
  h.float_counts = true;
  h.reset = model::Histogram::Reset::kGauge;
  h.count = 1.5;
  h.sum = -1;
  h.custom_bounds = {0.1, 5};
  h.positive_spans = {{1, 1}};
  h.positive_counts = {1.5};
  const auto chunk = EncodeHistogramChunk({0, std::make_shared<model::Histogram>(h)});
  EXPECT_EQ(chunk.encoding, ChunkEncoding::kFloatHistogram);
  BitReader in(chunk.data);
  EXPECT_EQ(in.Bits(16), 1u);
  EXPECT_EQ(in.Bits(8), 0xC0u);
  EXPECT_EQ(in.Bits(8), 0u);
  EXPECT_EQ(in.VarbitInt(), -53);
  ASSERT_EQ(in.VarbitUint(), 1u);
  EXPECT_EQ(in.VarbitUint(), 1u);
  EXPECT_EQ(in.VarbitInt(), 1);
  EXPECT_EQ(in.VarbitUint(), 0u);
  ASSERT_EQ(in.VarbitUint(), 2u);
  for (const double bound : h.custom_bounds) {
    EXPECT_EQ(in.VarbitUint(), 0u);
    EXPECT_EQ(in.Double(), bound);
  }
  EXPECT_EQ(in.VarbitInt(), 0);
  for (const double v : {1.5, 0.0, -1.0, 1.5}) EXPECT_EQ(in.Double(), v);
}

TEST(PrometheusChunk, StaleHistogramHasNoBuckets) {
  model::Histogram h = Example();
  h.sum = model::StaleNan();
  const auto chunk = EncodeHistogramChunk({1, std::make_shared<model::Histogram>(h)});
  BitReader in(chunk.data);
  in.Bits(24);
  EXPECT_EQ(in.Bits(8), 0u);
  EXPECT_EQ(in.VarbitInt(), 0);
  EXPECT_EQ(in.VarbitUint(), 0u);
  EXPECT_EQ(in.VarbitUint(), 0u);
  EXPECT_EQ(in.VarbitInt(), 1);
  EXPECT_EQ(in.VarbitUint(), 0u);
  EXPECT_EQ(in.VarbitUint(), 0u);
  EXPECT_TRUE(model::IsStaleNan(in.Double()));
}

}  // namespace
}  // namespace pharos::wire
