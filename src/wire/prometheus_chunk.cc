#include "wire/prometheus_chunk.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pharos::wire {
namespace {

/// Bits, the highest first.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  void Bit(bool bit) { Bits(bit, 1); }
  /// The low `count` bits.
  void Bits(uint64_t value, unsigned count) {
    while (count > 0) {
      if (free_ == 0) {
        out_ += '\0';
        free_ = 8;
      }
      const unsigned take = std::min(count, free_);
      const uint64_t piece = value >> (count - take) & ((1u << take) - 1);
      out_.back() = static_cast<char>(static_cast<uint8_t>(out_.back()) |
                                      static_cast<uint8_t>(piece << (free_ - take)));
      free_ -= take;
      count -= take;
    }
  }
  void Double(double value) { Bits(std::bit_cast<uint64_t>(value), 64); }
  void Varint(uint64_t value) {
    for (; value > 127; value >>= 7) Bits((value & 127) | 128, 8);
    Bits(value, 8);
  }

 private:
  std::string& out_;
  unsigned free_ = 0;  ///< bits of the last byte
};

/// A prefix of ones tells the width: 0, 3, 6, 9, 12, 18, 25, 56 or 64 bits.
constexpr unsigned kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};

void PutWidth(BitWriter& out, size_t index, uint64_t value) {
  if (index < 8)
    out.Bits((1u << (index + 1)) - 2, static_cast<unsigned>(index + 1));
  else
    out.Bits(0xFF, 8);
  out.Bits(value, kWidths[index]);
}

void PutVarbitUint(BitWriter& out, uint64_t value) {
  size_t i = 0;
  while (kWidths[i] < 64 && value >> kWidths[i] != 0) ++i;
  PutWidth(out, i, value);
}

/// Does `v` fit into that many bits, of which the lowest negative number is left out?
bool Fits(int64_t v, unsigned bits) {
  const int64_t half = int64_t{1} << (bits - 1);
  return v >= -(half - 1) && v <= half;
}

void PutVarbitInt(BitWriter& out, int64_t value) {
  size_t i = value == 0 ? 0 : 1;
  while (i > 0 && kWidths[i] < 64 && !Fits(value, kWidths[i])) ++i;
  PutWidth(out, i, static_cast<uint64_t>(value));
}

/// The XOR with the value before: the window of bits that change is kept while it fits.
class XorValues {
 public:
  void Put(BitWriter& out, double value) {
    const uint64_t delta = std::bit_cast<uint64_t>(value) ^ last_;
    last_ ^= delta;
    out.Bit(delta != 0);
    if (delta == 0) return;
    const int leading = std::min(31, std::countl_zero(delta)), trailing = std::countr_zero(delta);
    const bool within = known_ && leading >= leading_ && trailing >= trailing_;
    out.Bit(!within);
    if (!within) {
      known_ = true;
      leading_ = leading;
      trailing_ = trailing;
      out.Bits(static_cast<uint64_t>(leading), 5);
      out.Bits(static_cast<uint64_t>(64 - leading - trailing), 6);  // 64 as 0
    }
    out.Bits(delta >> trailing_, static_cast<unsigned>(64 - leading_ - trailing_));
  }
  void Begin(BitWriter& out, double value) {
    last_ = std::bit_cast<uint64_t>(value);
    out.Bits(last_, 64);
  }

 private:
  uint64_t last_ = 0;
  bool known_ = false;
  int leading_ = 0, trailing_ = 0;
};

void PutTimeChange(BitWriter& out, int64_t change) {
  const auto bits = static_cast<uint64_t>(change);
  if (change == 0) return out.Bit(false);
  if (Fits(change, 14)) {
    out.Bits(0b10, 2);
    out.Bits(bits, 14);
  } else if (Fits(change, 17)) {
    out.Bits(0b110, 3);
    out.Bits(bits, 17);
  } else if (Fits(change, 20)) {
    out.Bits(0b1110, 4);
    out.Bits(bits, 20);
  } else {
    out.Bits(0b1111, 4);
    out.Bits(bits, 64);
  }
}

std::string Count16(size_t count) {
  return {static_cast<char>(count >> 8), static_cast<char>(count & 255)};
}

void PutSpans(BitWriter& out, const std::vector<model::BucketSpan>& spans) {
  PutVarbitUint(out, spans.size());
  for (const model::BucketSpan& span : spans) {
    PutVarbitUint(out, span.length);
    PutVarbitInt(out, span.offset);
  }
}

/// Powers of two from 2^-243 to 2^10 have a byte of their own.
void PutZeroThreshold(BitWriter& out, double threshold) {
  if (threshold == 0) return out.Bits(0, 8);
  int exponent = 0;
  if (std::frexp(threshold, &exponent) == 0.5 && exponent >= -242 && exponent <= 11)
    return out.Bits(static_cast<uint64_t>(exponent + 243), 8);
  out.Bits(255, 8);
  out.Double(threshold);
}

void PutLayout(BitWriter& out, const model::Histogram& h) {
  PutZeroThreshold(out, h.zero_threshold);
  PutVarbitInt(out, h.schema);
  PutSpans(out, h.positive_spans);
  PutSpans(out, h.negative_spans);
  if (h.schema != model::Histogram::kCustomBuckets) return;
  PutVarbitUint(out, h.custom_bounds.size());
  for (const double bound : h.custom_bounds) {
    out.Bit(false);  // "not in thousandths": 64 bits follow
    out.Double(bound);
  }
}

void PutIntegerCounts(BitWriter& out, const std::vector<double>& counts) {
  int64_t before = 0;
  for (const double count : counts) {
    const auto now = static_cast<int64_t>(count);
    PutVarbitInt(out, now - before);
    before = now;
  }
}

uint8_t ResetHeader(model::Histogram::Reset reset) {
  switch (reset) {
    case model::Histogram::Reset::kYes: return 0x80;
    case model::Histogram::Reset::kNo: return 0x40;
    case model::Histogram::Reset::kGauge: return 0xC0;
    default: return 0;
  }
}

}  // namespace

PrometheusChunk EncodeXorChunk(std::span<const int64_t> times, std::span<const double> values) {
  PrometheusChunk chunk{times.front(), times.back(), ChunkEncoding::kXor, Count16(times.size())};
  BitWriter out(chunk.data);
  XorValues xors;
  const auto first = static_cast<uint64_t>(times[0]);
  out.Varint(first << 1 ^ (times[0] < 0 ? ~uint64_t{0} : 0));
  xors.Begin(out, values[0]);
  int64_t step = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    const int64_t next = times[i] - times[i - 1];
    if (i == 1)
      out.Varint(static_cast<uint64_t>(next));
    else
      PutTimeChange(out, next - step);
    step = next;
    xors.Put(out, values[i]);
  }
  return chunk;
}

PrometheusChunk EncodeHistogramChunk(const model::HistogramSample& sample) {
  static const model::Histogram kEmpty;
  const model::Histogram& given = *sample.histogram;
  const bool stale = model::IsStaleNan(given.sum);
  const model::Histogram& h = stale ? kEmpty : given;
  PrometheusChunk chunk{
      sample.time_ms, sample.time_ms,
      given.float_counts ? ChunkEncoding::kFloatHistogram : ChunkEncoding::kHistogram, Count16(1)};
  chunk.data += static_cast<char>(ResetHeader(given.reset));
  BitWriter out(chunk.data);
  PutLayout(out, h);
  PutVarbitInt(out, sample.time_ms);
  if (given.float_counts) {
    for (const double v : {h.count, h.zero_count, given.sum}) out.Double(v);
    for (const double count : h.positive_counts) out.Double(count);
    for (const double count : h.negative_counts) out.Double(count);
  } else {
    PutVarbitUint(out, static_cast<uint64_t>(h.count));
    PutVarbitUint(out, static_cast<uint64_t>(h.zero_count));
    out.Double(given.sum);
    PutIntegerCounts(out, h.positive_counts);
    PutIntegerCounts(out, h.negative_counts);
  }
  return chunk;
}

}  // namespace pharos::wire
