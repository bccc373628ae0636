#include "wire/histogram_check.h"

#include <cmath>
#include <string>

#include "wire/limits.h"

namespace pharos::wire {
namespace {

std::unexpected<base::Error> Bad(std::string text) {
  return base::Fail(base::ErrorKind::kUnprocessable, std::move(text));
}

base::Result<void> CheckSide(const char* side, const std::vector<model::BucketSpan>& spans,
                             const std::vector<double>& counts) {
  uint64_t wanted = 0;
  int64_t index = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) {
      return Bad(std::string(side) + " side: span number " + std::to_string(i + 1) +
                 " with offset " + std::to_string(spans[i].offset) +
                 ": histogram has a span whose offset is negative");
    }
    wanted += spans[i].length;
    index += int64_t{spans[i].offset} + spans[i].length;
    if (index > kMaxBucketIndex || index < -kMaxBucketIndex) {
      return Bad(std::string(side) + " side: span number " + std::to_string(i + 1) +
                 ": no number falls into a bucket so far out");
    }
  }
  if (wanted != counts.size()) {
    return Bad(std::string(side) + " side: spans need " + std::to_string(wanted) +
               " buckets, have " + std::to_string(counts.size()) +
               " buckets: histogram spans specify different number of buckets than provided");
  }
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      return Bad(std::string(side) + " side: bucket number " + std::to_string(i + 1) +
                 ": histogram has a bucket whose observation count is negative");
    }
  }
  return {};
}

base::Result<void> CheckCustom(const model::Histogram& h) {
  for (size_t i = 1; i < h.custom_bounds.size(); ++i) {
    if (!(h.custom_bounds[i] > h.custom_bounds[i - 1])) {
      return Bad("custom buckets: histogram custom bounds must be in strictly increasing order");
    }
  }
  if (h.positive_counts.size() > h.custom_bounds.size() + 1) {
    return Bad("custom buckets: histogram has more buckets than its custom bounds allow");
  }
  if (!h.negative_spans.empty() || !h.negative_counts.empty()) {
    return Bad("custom buckets: must not have negative buckets");
  }
  if (h.zero_count != 0 || h.zero_threshold != 0) {
    return Bad("custom buckets: must have zero count and threshold of 0");
  }
  return {};
}

}  // namespace

base::Result<void> CheckHistogram(const model::Histogram& h) {
  const bool custom = h.schema == model::Histogram::kCustomBuckets;
  if (!custom && (h.schema < -4 || h.schema > 8)) {
    return Bad(
        "histogram has an invalid schema, which must be between -4 and 8 for exponential "
        "buckets, or -53 for custom buckets: " +
        std::to_string(h.schema));
  }
  PHAROS_TRY_VOID(CheckSide("negative", h.negative_spans, h.negative_counts));
  PHAROS_TRY_VOID(CheckSide("positive", h.positive_spans, h.positive_counts));
  if (custom) {
    PHAROS_TRY_VOID(CheckCustom(h));
  } else if (!h.custom_bounds.empty()) {
    return Bad("histogram with exponential schema must not have custom bounds");
  }
  if (h.float_counts || std::isnan(h.sum)) return {};
  double sum = h.zero_count;
  for (const double c : h.negative_counts) sum += c;
  for (const double c : h.positive_counts) sum += c;
  if (sum != h.count) {
    return Bad(
        "histogram's observation count should equal the number of observations found in "
        "the buckets (in absence of NaN)");
  }
  return {};
}

}  // namespace pharos::wire
