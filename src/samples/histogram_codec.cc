#include "samples/histogram_codec.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "samples/limits.h"

namespace pharos::samples {
namespace {

using codec::ByteReader;
using model::BucketSpan;
using model::Histogram;
using Doubles = std::vector<double>;

constexpr uint8_t kSameLayout = 1, kFloatCounts = 2;
enum CountKind : uint8_t { kInts = 0, kRaw = 1 };

bool SameBits(const Doubles& a, const Doubles& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * 8) == 0);
}

bool IsInteger(double v) {
  return v >= 0 && v < 9007199254740992.0 && v == std::floor(v) && !std::signbit(v);
}

void PutDouble(std::string& out, double v) { codec::PutFixed64(out, std::bit_cast<uint64_t>(v)); }
double GetDouble(ByteReader& in) { return std::bit_cast<double>(in.Fixed64()); }

void PutSpans(std::string& out, const std::vector<BucketSpan>& spans) {
  codec::PutVarint(out, spans.size());
  for (const BucketSpan& span : spans) {
    codec::PutSigned(out, span.offset);
    codec::PutVarint(out, span.length);
  }
}

bool GetSpans(ByteReader& in, std::vector<BucketSpan>* spans) {
  const size_t count = in.Count();
  if (count > kMaxHistogramBuckets) return false;
  spans->resize(count);
  for (BucketSpan& span : *spans) {
    span.offset = static_cast<int32_t>(in.Signed());
    span.length = static_cast<uint32_t>(in.Varint());
  }
  return in.ok();
}

/// Counts as differences from the histogram before (same layout) where all are integers.
void PutCounts(std::string& out, const Doubles& counts, const Doubles* before) {
  bool integers = true;
  for (size_t i = 0; i < counts.size(); ++i) {
    integers &= IsInteger(counts[i]) && (before == nullptr || IsInteger((*before)[i]));
  }
  out += static_cast<char>(integers ? kInts : kRaw);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!integers) {
      PutDouble(out, counts[i]);
    } else {
      codec::PutSigned(out, static_cast<int64_t>(counts[i]) -
                                (before != nullptr ? static_cast<int64_t>((*before)[i]) : 0));
    }
  }
}

bool GetCounts(ByteReader& in, Doubles* counts, size_t size, const Doubles* before) {
  const uint8_t kind = in.Byte();
  if (!in.ok() || kind > kRaw || size > in.left() || (before != nullptr && before->size() != size))
    return false;
  counts->resize(size);
  for (size_t i = 0; i < size; ++i) {
    if (kind == kRaw) {
      (*counts)[i] = GetDouble(in);
      continue;
    }
    int64_t value = in.Signed();
    if (before != nullptr) {
      if (!IsInteger((*before)[i])) return false;
      value =
          static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>((*before)[i]));
    }
    (*counts)[i] = static_cast<double>(value);
  }
  return in.ok();
}

}  // namespace

bool SameHistogramLayout(const Histogram& a, const Histogram& b) {
  return a.schema == b.schema && a.positive_spans == b.positive_spans &&
         a.negative_spans == b.negative_spans && SameBits(a.custom_bounds, b.custom_bounds) &&
         a.positive_counts.size() == b.positive_counts.size() &&
         a.negative_counts.size() == b.negative_counts.size();
}

void EncodeHistogramLayout(const Histogram& h, std::string& out) {
  codec::PutSigned(out, h.schema);
  PutSpans(out, h.positive_spans);
  PutSpans(out, h.negative_spans);
  codec::PutVarint(out, h.custom_bounds.size());
  for (const double bound : h.custom_bounds) PutDouble(out, bound);
  codec::PutVarint(out, h.positive_counts.size());
  codec::PutVarint(out, h.negative_counts.size());
}

bool DecodeHistogramLayout(ByteReader& in, Histogram* out) {
  out->schema = static_cast<int32_t>(in.Signed());
  if (!GetSpans(in, &out->positive_spans) || !GetSpans(in, &out->negative_spans)) return false;
  const size_t bounds = in.Count();
  if (bounds > in.left() / 8 || bounds > kMaxHistogramBuckets) return false;
  out->custom_bounds.resize(bounds);
  for (double& bound : out->custom_bounds) bound = GetDouble(in);
  out->positive_counts.resize(std::min(in.Count(), kMaxHistogramBuckets));
  out->negative_counts.resize(std::min(in.Count(), kMaxHistogramBuckets));
  return in.ok();
}

void EncodeHistogram(const Histogram& h, const Histogram* previous, std::string& out) {
  if (previous != nullptr && !SameHistogramLayout(h, *previous)) previous = nullptr;
  const int flags = (previous != nullptr ? kSameLayout : 0) | (h.float_counts ? kFloatCounts : 0) |
                    static_cast<int>(h.reset) << 2;
  out += static_cast<char>(flags);
  if (previous == nullptr) EncodeHistogramLayout(h, out);
  PutDouble(out, h.zero_threshold);
  PutDouble(out, h.sum);
  Doubles before;
  if (previous != nullptr) before = {previous->zero_count, previous->count};
  PutCounts(out, {h.zero_count, h.count}, previous != nullptr ? &before : nullptr);
  PutCounts(out, h.positive_counts, previous != nullptr ? &previous->positive_counts : nullptr);
  PutCounts(out, h.negative_counts, previous != nullptr ? &previous->negative_counts : nullptr);
}

bool DecodeHistogram(ByteReader& in, const Histogram* previous, Histogram* out) {
  const uint8_t flags = in.Byte();
  if (!in.ok() || (flags >> 4) != 0) return false;
  out->float_counts = flags & kFloatCounts;
  out->reset = static_cast<Histogram::Reset>(flags >> 2 & 3);
  if ((flags & kSameLayout) == 0) {
    previous = nullptr;
    if (!DecodeHistogramLayout(in, out)) return false;
  } else {
    if (previous == nullptr) return false;
    out->schema = previous->schema;
    out->positive_spans = previous->positive_spans;
    out->negative_spans = previous->negative_spans;
    out->custom_bounds = previous->custom_bounds;
    out->positive_counts.resize(previous->positive_counts.size());
    out->negative_counts.resize(previous->negative_counts.size());
  }
  out->zero_threshold = GetDouble(in);
  out->sum = GetDouble(in);
  Doubles before, own;
  if (previous != nullptr) before = {previous->zero_count, previous->count};
  if (!GetCounts(in, &own, 2, previous != nullptr ? &before : nullptr)) return false;
  out->zero_count = own[0];
  out->count = own[1];
  return GetCounts(in, &out->positive_counts, out->positive_counts.size(),
                   previous != nullptr ? &previous->positive_counts : nullptr) &&
         GetCounts(in, &out->negative_counts, out->negative_counts.size(),
                   previous != nullptr ? &previous->negative_counts : nullptr);
}

void EncodeMetadata(const model::Metadata& metadata, std::string& out) {
  out += static_cast<char>(metadata.type);
  codec::PutBytes(out, metadata.help);
  codec::PutBytes(out, metadata.unit);
}

bool DecodeMetadata(ByteReader& in, model::Metadata* out) {
  const uint8_t type = in.Byte();
  if (type > static_cast<uint8_t>(model::MetricType::kStateSet)) return false;
  out->type = static_cast<model::MetricType>(type);
  out->help = in.Bytes();
  out->unit = in.Bytes();
  return in.ok();
}

}  // namespace pharos::samples
