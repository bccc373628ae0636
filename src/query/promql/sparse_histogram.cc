#include "query/promql/sparse_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/promql/exponential_bounds.h"

namespace pharos::query::promql {

double ExponentialBound(int32_t index, int32_t schema) {
  if (schema < 0) {
    const int64_t exponent = static_cast<int64_t>(index) << -schema;
    if (exponent == 1024) return std::numeric_limits<double>::max();
    return std::ldexp(1.0, static_cast<int>(std::clamp<int64_t>(exponent, -5000, 5000)));
  }
  const int32_t fraction = index & ((1 << schema) - 1);
  const double mantissa = kExponentialBounds[static_cast<size_t>(fraction)
                                             << (kFinestSchema - std::min(schema, kFinestSchema))];
  const int exponent = (index >> schema) + 1;
  if (mantissa == 0.5 && exponent == 1025) return std::numeric_limits<double>::max();
  return std::ldexp(mantissa, exponent);
}

int32_t CoarserIndex(int32_t index, int32_t from, int32_t to) {
  return ((index - 1) >> (from - to)) + 1;
}

std::vector<std::pair<int32_t, double>> Unpack(const std::vector<model::BucketSpan>& spans,
                                               const std::vector<double>& counts) {
  std::vector<std::pair<int32_t, double>> out;
  out.reserve(counts.size());
  int32_t index = 0;
  size_t next = 0;
  for (const model::BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < counts.size(); ++i)
      out.emplace_back(index++, counts[next++]);
  }
  return out;
}

void Pack(const std::vector<std::pair<int32_t, double>>& buckets,
          std::vector<model::BucketSpan>* spans, std::vector<double>* counts) {
  spans->clear();
  counts->clear();
  int32_t next = 0;
  for (const auto& [index, count] : buckets) {
    if (spans->empty() || index != next)
      spans->push_back({spans->empty() ? index : index - next, 0});
    ++spans->back().length;
    counts->push_back(count);
    next = index + 1;
  }
}

std::vector<double> CommonBounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

int32_t TargetIndex(int32_t index, const std::vector<double>& bounds,
                    const std::vector<double>& target) {
  if (index < 0 || static_cast<size_t>(index) >= bounds.size())
    return static_cast<int32_t>(target.size());
  const double upper = bounds[static_cast<size_t>(index)];
  return static_cast<int32_t>(std::lower_bound(target.begin(), target.end(), upper) -
                              target.begin());
}

double ZeroCountUpTo(const model::Histogram& h, double* threshold) {
  if (*threshold == h.zero_threshold) return h.zero_count;
  const auto positive = Unpack(h.positive_spans, h.positive_counts);
  const auto negative = Unpack(h.negative_spans, h.negative_counts);
  while (true) {
    double count = h.zero_count;
    for (const auto& [index, n] : positive) {
      if (ExponentialBound(index - 1, h.schema) >= *threshold) break;
      count += n;
      const double upper = ExponentialBound(index, h.schema);
      if (upper <= *threshold) continue;
      if (n != 0) *threshold = upper;
      break;
    }
    bool again = false;
    for (const auto& [index, n] : negative) {
      if (ExponentialBound(index - 1, h.schema) >= *threshold) break;
      count += n;
      const double outer = ExponentialBound(index, h.schema);
      if (outer <= *threshold) continue;
      if (n != 0) {
        *threshold = outer;
        again = true;
      }
      break;
    }
    if (!again) return count;
  }
}

}  // namespace pharos::query::promql
