#include "ingest/receive/exponential.h"

#include <algorithm>
#include <string>

namespace pharos::ingest::receive {
namespace {

constexpr int32_t kMinSchema = -4, kMaxSchema = 8;
/// What OTLP SDKs without a threshold get: as Prometheus's receiver.
constexpr double kDefaultZeroThreshold = 1e-128;
/// Empty buckets that cost less inside a span than a new span does.
constexpr int32_t kSmallGap = 2;

}  // namespace

void Exponential::Fill(const wire::OtlpBuckets& from, int32_t scale_down, Buckets& to) {
  for (size_t i = 0; i < from.counts.size(); ++i) {
    if (from.counts[i] == 0) continue;
    // OTLP's index 0 is (1, base], Prometheus's index 1 likewise.
    const int64_t index = (static_cast<int64_t>(i) + from.offset) >> std::min(scale_down, 40);
    to[static_cast<int32_t>(std::clamp<int64_t>(index + 1, INT32_MIN + 8, INT32_MAX - 8))] +=
        from.counts[i];
  }
}

base::Result<Exponential> Exponential::Read(const wire::OtlpPoint& point) {
  if (point.scale < kMinSchema) {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "cannot convert exponential to native histogram. Scale must be >= -4, was " +
                          std::to_string(point.scale));
  }
  Exponential out;
  out.schema_ = std::min(point.scale, kMaxSchema);
  const int32_t scale_down = point.scale - out.schema_;
  out.count_ = point.count;
  out.sum_ = point.has_sum ? point.sum : 0;
  out.zero_count_ = point.zero_count;
  out.zero_threshold_ = point.zero_threshold > 0 ? point.zero_threshold : kDefaultZeroThreshold;
  Fill(point.positive, scale_down, out.positive_);
  Fill(point.negative, scale_down, out.negative_);
  return out;
}

// Prometheus's index i at schema s covers (base^(i-1), base^i]; one schema down two buckets
// become one: (i-1)>>1, plus 1.
void Exponential::Coarsen(int32_t schema) {
  const int32_t down = schema_ - schema;
  if (down <= 0) return;
  for (Buckets* side : {&positive_, &negative_}) {
    Buckets merged;
    for (const auto& [index, count] : *side) merged[((index - 1) >> down) + 1] += count;
    side->swap(merged);
  }
  schema_ = schema;
}

void Exponential::Add(const Exponential& other) {
  Exponential addend = other;
  addend.Coarsen(std::min(schema_, other.schema_));
  Coarsen(addend.schema_);
  count_ += addend.count_;
  sum_ += addend.sum_;
  zero_count_ += addend.zero_count_;
  zero_threshold_ = std::max(zero_threshold_, addend.zero_threshold_);
  for (const auto& [index, count] : addend.positive_) positive_[index] += count;
  for (const auto& [index, count] : addend.negative_) negative_[index] += count;
}

void Exponential::Layout(const Buckets& from, std::vector<model::BucketSpan>& spans,
                         std::vector<double>& counts) {
  int32_t next = 0;  // the index behind the last bucket
  for (const auto& [index, count] : from) {
    const int64_t gap = static_cast<int64_t>(index) - next;
    if (spans.empty() || gap > kSmallGap) {
      spans.push_back({static_cast<int32_t>(gap), 0});
    } else {
      spans.back().length += static_cast<uint32_t>(gap);
      counts.insert(counts.end(), static_cast<size_t>(gap), 0);
    }
    ++spans.back().length;
    counts.push_back(static_cast<double>(count));
    next = index + 1;
  }
}

model::Histogram Exponential::ToNative() const {
  model::Histogram h;
  h.schema = schema_;
  h.zero_threshold = zero_threshold_;
  h.zero_count = static_cast<double>(zero_count_);
  h.count = static_cast<double>(count_);
  h.sum = sum_;
  Layout(positive_, h.positive_spans, h.positive_counts);
  Layout(negative_, h.negative_spans, h.negative_counts);
  return h;
}

}  // namespace pharos::ingest::receive
