#include "wire/metric_family.h"

#include <limits>
#include <protozero/pbf_writer.hpp>

#include "wire/pb_writer.h"

namespace pharos::wire {
namespace {

enum Type : int32_t { kUntyped = 3, kHistogram = 4, kGaugeHistogram = 5 };

void WriteSpans(PbWriter& out, uint32_t field, const std::vector<model::BucketSpan>& spans) {
  for (const model::BucketSpan& span : spans) {
    PbWriter one(out, field);
    one->add_sint32(1, span.offset);
    one->add_uint32(2, span.length);
  }
}

void WriteClassic(PbWriter& out, const model::Histogram& h) {
  out->add_double(4, h.count);
  out->add_double(2, h.sum);
  for (const auto& [bound, count] : ClassicBuckets(h)) {
    PbWriter bucket(out, 3);
    bucket->add_double(4, count);
    bucket->add_double(2, bound);
  }
}

void WriteNative(PbWriter& out, const model::Histogram& h) {
  out->add_double(4, h.count);
  out->add_double(2, h.sum);
  out->add_sint32(5, h.schema);
  out->add_double(6, h.zero_threshold);
  out->add_double(8, h.zero_count);
  WriteSpans(out, 9, h.negative_spans);
  out->add_packed_double(11, h.negative_counts.begin(), h.negative_counts.end());
  WriteSpans(out, 12, h.positive_spans);
  out->add_packed_double(14, h.positive_counts.begin(), h.positive_counts.end());
}

void WriteMetric(PbWriter& out, const FamilyMetric& metric) {
  for (const auto& [name, value] : metric.labels) {
    PbWriter pair(out, 1);
    pair->add_string(1, name);
    pair->add_string(2, value);
  }
  if (metric.histogram == nullptr) {
    PbWriter untyped(out, 5);
    untyped->add_double(1, metric.value);
  } else {
    PbWriter histogram(out, 7);
    if (metric.histogram->schema == model::Histogram::kCustomBuckets)
      WriteClassic(histogram, *metric.histogram);
    else
      WriteNative(histogram, *metric.histogram);
  }
  out->add_int64(6, metric.time_ms);
}

}  // namespace

void AppendDelimitedFamily(std::string& out, const MetricFamily& family) {
  std::string bytes;
  {
    PbWriter message(bytes);
    message->add_string(1, family.name);
    message->add_enum(3, family.gauge_histogram ? kGaugeHistogram
                         : family.histogram     ? kHistogram
                                                : kUntyped);
    for (const FamilyMetric& metric : family.metrics) {
      PbWriter one(message, 4);
      WriteMetric(one, metric);
    }
  }
  size_t n = bytes.size();
  for (; n > 127; n >>= 7) out += static_cast<char>((n & 127) | 128);
  out += static_cast<char>(n);
  out += bytes;
}

std::vector<std::pair<double, double>> ClassicBuckets(const model::Histogram& h) {
  std::vector<std::pair<double, double>> out;
  for (const double bound : h.custom_bounds) out.emplace_back(bound, 0);
  out.emplace_back(std::numeric_limits<double>::infinity(), 0);
  size_t index = 0, next = 0;
  for (const model::BucketSpan& span : h.positive_spans) {
    index += static_cast<size_t>(std::max(0, span.offset));
    for (uint32_t i = 0; i < span.length && next < h.positive_counts.size(); ++i, ++index) {
      if (index < out.size()) out[index].second = h.positive_counts[next];
      ++next;
    }
  }
  for (size_t i = 1; i < out.size(); ++i) out[i].second += out[i - 1].second;
  return out;
}

}  // namespace pharos::wire
