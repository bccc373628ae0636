#include "wire/histogram_reduce.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pharos::wire {
namespace {

bool Fits(const std::vector<model::BucketSpan>& spans, const std::vector<double>& counts) {
  uint64_t wanted = 0;
  int64_t index = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) return false;
    wanted += spans[i].length;
    index += int64_t{spans[i].offset} + spans[i].length;
    if (index > INT32_MAX || index < INT32_MIN) return false;
  }
  return wanted == counts.size();
}

// Bucket i of schema s covers (base^(i-1), base^i]; `down` schemas coarser it is part of
// bucket ((i-1) >> down) + 1. Buckets come in rising order, so equal targets are neighbours.
void Reduce(int32_t down, std::vector<model::BucketSpan>* spans, std::vector<double>* counts) {
  std::vector<model::BucketSpan> to;
  std::vector<double> sums;
  int64_t index = 0, last = 0;
  size_t at = 0;
  for (const model::BucketSpan& span : *spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index, ++at) {
      const int64_t target = ((index - 1) >> down) + 1;
      if (!sums.empty() && target == last) {
        sums.back() += (*counts)[at];
        continue;
      }
      if (sums.empty() || target != last + 1) {
        to.push_back({static_cast<int32_t>(sums.empty() ? target : target - last - 1), 0});
      }
      ++to.back().length;
      sums.push_back((*counts)[at]);
      last = target;
    }
  }
  *spans = std::move(to);
  *counts = std::move(sums);
}

}  // namespace

void ReduceToMaxSchema(model::Histogram* h) {
  if (h->schema <= kMaxSchema || h->schema > kMaxReservedSchema) return;
  if (!Fits(h->positive_spans, h->positive_counts) ||
      !Fits(h->negative_spans, h->negative_counts)) {
    return;
  }
  const int32_t down = h->schema - kMaxSchema;
  Reduce(down, &h->positive_spans, &h->positive_counts);
  Reduce(down, &h->negative_spans, &h->negative_counts);
  h->schema = kMaxSchema;
}

}  // namespace pharos::wire
