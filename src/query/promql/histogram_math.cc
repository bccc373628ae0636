#include "query/promql/histogram_math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "query/promql/kahan.h"
#include "query/promql/sparse_histogram.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

using model::Histogram;
using Buckets = std::vector<std::pair<int32_t, double>>;

/// A count and what rounding lost of it.
struct Cell {
  double value = 0;
  double lost = 0;
};
using Cells = std::map<int32_t, Cell>;

/// A sum in the making: the histogram's head stays where it is, buckets become cells.
struct Sparse {
  Histogram head;
  Cell zero, count, sum;
  Cells positive, negative;
};

void Load(const Buckets& values, const Buckets& lost, Cells* out) {
  for (const auto& [index, v] : values) (*out)[index].value = v;
  for (const auto& [index, v] : lost) (*out)[index].lost = v;
}

Sparse Expand(const Histogram& sum, const Histogram* lost) {
  Sparse s;
  s.head = sum;
  s.zero = {sum.zero_count, lost != nullptr ? lost->zero_count : 0};
  s.count = {sum.count, lost != nullptr ? lost->count : 0};
  s.sum = {sum.sum, lost != nullptr ? lost->sum : 0};
  Load(Unpack(sum.positive_spans, sum.positive_counts),
       lost != nullptr ? Unpack(lost->positive_spans, lost->positive_counts) : Buckets(),
       &s.positive);
  Load(Unpack(sum.negative_spans, sum.negative_counts),
       lost != nullptr ? Unpack(lost->negative_spans, lost->negative_counts) : Buckets(),
       &s.negative);
  return s;
}

void Store(const Cells& cells, double Cell::* part, std::vector<model::BucketSpan>* spans,
           std::vector<double>* counts) {
  Buckets buckets;
  buckets.reserve(cells.size());
  for (const auto& [index, cell] : cells) buckets.emplace_back(index, cell.*part);
  Pack(buckets, spans, counts);
}

Histogram Part(const Sparse& s, double Cell::* part) {
  Histogram h = s.head;
  h.zero_count = s.zero.*part;
  h.count = s.count.*part;
  h.sum = s.sum.*part;
  Store(s.positive, part, &h.positive_spans, &h.positive_counts);
  Store(s.negative, part, &h.negative_spans, &h.negative_counts);
  return h;
}

void Put(double v, double sign, bool kahan, Cell* cell) {
  if (kahan)
    KahanInc(sign * v, cell->value, cell->lost);
  else
    cell->value += sign * v;
}

void Reindex(const auto& target, Cells* cells) {
  Cells out;
  for (const auto& [index, cell] : *cells) {
    const auto [found, fresh] = out.try_emplace(target(index), cell);
    if (fresh) continue;
    KahanInc(cell.value, found->second.value, found->second.lost);
    KahanInc(cell.lost, found->second.value, found->second.lost);
  }
  *cells = std::move(out);
}

bool AdjustReset(Histogram& sum, const Histogram& other) {
  using Reset = Histogram::Reset;
  if (other.reset == sum.reset || sum.reset == Reset::kGauge) return false;
  if (other.reset == Reset::kGauge) {
    sum.reset = Reset::kGauge;
    return false;
  }
  const bool clash = sum.reset != Reset::kUnknown && other.reset != Reset::kUnknown;
  sum.reset = Reset::kUnknown;
  return clash;
}

/// Moves the buckets that the zero bucket has swallowed out of the cells.
void DropInside(double threshold, int32_t schema, Cells* cells) {
  std::erase_if(*cells, [&](const auto& item) {
    return ExponentialBound(item.first - 1, schema) < threshold;
  });
}

/// Brings both zero buckets to the same width; returns the other's count for it.
double ReconcileZero(Sparse* s, const Histogram& other) {
  double other_count = other.zero_count;
  double other_threshold = other.zero_threshold;
  while (other_threshold != s->head.zero_threshold) {
    if (s->head.zero_threshold > other_threshold) {
      other_threshold = s->head.zero_threshold;
      other_count = ZeroCountUpTo(other, &other_threshold);
    }
    if (other_threshold > s->head.zero_threshold) {
      const Histogram mine = Part(*s, &Cell::value);
      double threshold = other_threshold;
      s->zero.value = ZeroCountUpTo(mine, &threshold);
      s->head.zero_threshold = threshold;
      DropInside(threshold, s->head.schema, &s->positive);
      DropInside(threshold, s->head.schema, &s->negative);
    }
  }
  return other_count;
}

void AddExponential(Sparse* s, const Histogram& other, double sign, bool kahan) {
  const int32_t schema = std::min(s->head.schema, other.schema);
  const double threshold = s->head.zero_threshold;
  if (s->head.schema > schema) {
    const int32_t from = s->head.schema;
    const auto coarser = [&](int32_t index) { return CoarserIndex(index, from, schema); };
    Reindex(coarser, &s->positive);
    Reindex(coarser, &s->negative);
    s->head.schema = schema;
  }
  const auto add = [&](const Buckets& buckets, Cells* cells) {
    for (const auto& [index, n] : buckets) {
      const int32_t target = CoarserIndex(index, other.schema, schema);
      // What the zero bucket holds was counted there.
      if (ExponentialBound(target, schema) <= threshold) continue;
      Put(n, sign, kahan, &(*cells)[target]);
    }
  };
  add(Unpack(other.positive_spans, other.positive_counts), &s->positive);
  add(Unpack(other.negative_spans, other.negative_counts), &s->negative);
}

void AddCustom(Sparse* s, const Histogram& other, double sign, bool kahan, CombineNotes* notes) {
  const Buckets buckets = Unpack(other.positive_spans, other.positive_counts);
  if (s->head.custom_bounds == other.custom_bounds) {
    for (const auto& [index, n] : buckets) Put(n, sign, kahan, &s->positive[index]);
    return;
  }
  notes->bounds_reconciled = true;
  const std::vector<double> common = CommonBounds(s->head.custom_bounds, other.custom_bounds);
  Reindex([&](int32_t index) { return TargetIndex(index, s->head.custom_bounds, common); },
          &s->positive);
  s->head.custom_bounds = common;
  for (const auto& [index, n] : buckets)
    Put(n, sign, kahan, &s->positive[TargetIndex(index, other.custom_bounds, common)]);
}

bool Combine(Sparse* s, const Histogram& other, double sign, bool kahan, CombineNotes* notes) {
  if (UsesCustomBuckets(s->head) != UsesCustomBuckets(other)) return false;
  if (AdjustReset(s->head, other)) notes->reset_collision = true;
  const bool custom = UsesCustomBuckets(other);
  if (!custom) Put(ReconcileZero(s, other), sign, kahan, &s->zero);
  Put(other.count, sign, kahan, &s->count);
  Put(other.sum, sign, kahan, &s->sum);
  if (custom)
    AddCustom(s, other, sign, kahan, notes);
  else
    AddExponential(s, other, sign, kahan);
  return true;
}

bool CombinePlain(Histogram& sum, const Histogram& other, double sign, CombineNotes* notes) {
  Sparse s = Expand(sum, nullptr);
  if (!Combine(&s, other, sign, false, notes)) return false;
  sum = Part(s, &Cell::value);
  return true;
}

void Each(Histogram& h, const auto& f) {
  f(h.zero_count);
  f(h.count);
  f(h.sum);
  for (double& v : h.positive_counts) f(v);
  for (double& v : h.negative_counts) f(v);
}

Buckets WithoutEmpty(Buckets buckets) {
  std::erase_if(buckets, [](const auto& b) { return b.second == 0; });
  return buckets;
}

/// True when a bucket holds less than before, or is gone.
bool AnyFell(const Buckets& current, const Buckets& previous) {
  std::map<int32_t, double> now(current.begin(), current.end());
  return std::any_of(previous.begin(), previous.end(), [&now](const auto& bucket) {
    const auto found = now.find(bucket.first);
    return (found == now.end() ? 0 : found->second) < bucket.second;
  });
}

/// Buckets beyond the zero bucket, at a coarser schema.
Buckets Beyond(const Buckets& buckets, int32_t from, int32_t to, double threshold) {
  std::map<int32_t, double> out;
  for (const auto& [index, n] : buckets) {
    const int32_t target = CoarserIndex(index, from, to);
    if (ExponentialBound(target, to) > threshold) out[target] += n;
  }
  return {out.begin(), out.end()};
}

Buckets OnBounds(const Histogram& h, const std::vector<double>& bounds) {
  std::map<int32_t, double> out;
  for (const auto& [index, n] : Unpack(h.positive_spans, h.positive_counts))
    out[TargetIndex(index, h.custom_bounds, bounds)] += n;
  return {out.begin(), out.end()};
}

std::string G(double v) { return text::GoFloat(v, 'g'); }

}  // namespace

bool AddHistogram(Histogram& sum, const Histogram& other, CombineNotes* notes) {
  return CombinePlain(sum, other, 1, notes);
}
bool SubtractHistogram(Histogram& sum, const Histogram& other, CombineNotes* notes) {
  return CombinePlain(sum, other, -1, notes);
}

bool HistogramSum::Add(const Histogram& other, CombineNotes* notes) {
  Sparse s = Expand(sum_, has_lost_ ? &lost_ : nullptr);
  if (!Combine(&s, other, 1, true, notes)) return false;
  sum_ = Part(s, &Cell::value);
  lost_ = Part(s, &Cell::lost);
  has_lost_ = true;
  return true;
}

void HistogramSum::Multiply(double factor) {
  MultiplyHistogram(sum_, factor);
  if (has_lost_) MultiplyHistogram(lost_, factor);
}

void HistogramSum::Divide(double divisor) {
  DivideHistogram(sum_, divisor);
  if (has_lost_) DivideHistogram(lost_, divisor);
}

Histogram HistogramSum::Finish() const {
  if (!has_lost_) return sum_;
  Histogram total = sum_;
  total.zero_count += lost_.zero_count;
  total.count += lost_.count;
  total.sum += lost_.sum;
  // Both have the same buckets in the same order.
  for (size_t i = 0; i < total.positive_counts.size(); ++i)
    total.positive_counts[i] += lost_.positive_counts[i];
  for (size_t i = 0; i < total.negative_counts.size(); ++i)
    total.negative_counts[i] += lost_.negative_counts[i];
  return total;
}

bool HistogramSum::Overflown() const {
  Histogram copy = sum_;
  bool infinite = false;
  Each(copy, [&infinite](double& v) { infinite = infinite || std::isinf(v); });
  return infinite;
}

void MultiplyHistogram(Histogram& h, double factor) {
  Each(h, [factor](double& v) { v *= factor; });
  if (factor < 0) h.reset = Histogram::Reset::kGauge;
}

void DivideHistogram(Histogram& h, double divisor) {
  if (divisor == 0) {
    h.positive_counts.clear();
    h.negative_counts.clear();
    h.positive_spans.clear();
    h.negative_spans.clear();
  }
  Each(h, [divisor](double& v) { v /= divisor; });
  if (divisor < 0) h.reset = Histogram::Reset::kGauge;
}

void CompactHistogram(Histogram& h) {
  Pack(WithoutEmpty(Unpack(h.positive_spans, h.positive_counts)), &h.positive_spans,
       &h.positive_counts);
  Pack(WithoutEmpty(Unpack(h.negative_spans, h.negative_counts)), &h.negative_spans,
       &h.negative_counts);
}

void ReduceHistogram(Histogram& h, int32_t schema) {
  if (h.schema <= schema || UsesCustomBuckets(h)) return;
  Pack(Beyond(Unpack(h.positive_spans, h.positive_counts), h.schema, schema, -1), &h.positive_spans,
       &h.positive_counts);
  Pack(Beyond(Unpack(h.negative_spans, h.negative_counts), h.schema, schema, -1), &h.negative_spans,
       &h.negative_counts);
  h.schema = schema;
}

bool DetectReset(const Histogram& current, const Histogram& previous) {
  if (current.reset == Histogram::Reset::kYes) return true;
  if (current.reset == Histogram::Reset::kNo) return false;
  if (current.count < previous.count) return true;
  if (UsesCustomBuckets(current) != UsesCustomBuckets(previous)) return true;
  if (UsesCustomBuckets(current)) {
    const std::vector<double> common = CommonBounds(current.custom_bounds, previous.custom_bounds);
    return AnyFell(OnBounds(current, common), OnBounds(previous, common));
  }
  if (current.schema > previous.schema || current.zero_threshold < previous.zero_threshold)
    return true;
  double threshold = current.zero_threshold;
  const double previous_zero = ZeroCountUpTo(previous, &threshold);
  if (threshold != current.zero_threshold || current.zero_count < previous_zero) return true;
  const auto side = [&](const Histogram& h, bool positive) {
    return Beyond(positive ? Unpack(h.positive_spans, h.positive_counts)
                           : Unpack(h.negative_spans, h.negative_counts),
                  h.schema, current.schema, current.zero_threshold);
  };
  return AnyFell(side(current, true), side(previous, true)) ||
         AnyFell(side(current, false), side(previous, false));
}

bool SameHistogram(const Histogram& a, const Histogram& b) {
  const auto bits = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.schema == b.schema && bits(a.count, b.count) && bits(a.sum, b.sum) &&
         a.custom_bounds == b.custom_bounds && a.zero_threshold == b.zero_threshold &&
         bits(a.zero_count, b.zero_count) &&
         Unpack(a.positive_spans, a.positive_counts) ==
             Unpack(b.positive_spans, b.positive_counts) &&
         Unpack(a.negative_spans, a.negative_counts) == Unpack(b.negative_spans, b.negative_counts);
}

std::vector<BucketView> RawBuckets(const Histogram& h) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  std::vector<BucketView> out;
  const Buckets positive = Unpack(h.positive_spans, h.positive_counts);
  if (UsesCustomBuckets(h)) {
    const auto bound = [&h](int32_t i) {
      return i < 0 ? -kInf
             : static_cast<size_t>(i) < h.custom_bounds.size()
                 ? h.custom_bounds[static_cast<size_t>(i)]
                 : kInf;
    };
    for (const auto& [index, n] : positive)
      out.push_back({bound(index - 1), bound(index), n, index, 1});
    return out;
  }
  const Buckets negative = Unpack(h.negative_spans, h.negative_counts);
  for (auto it = negative.rbegin(); it != negative.rend(); ++it) {
    out.push_back({-ExponentialBound(it->first, h.schema),
                   -ExponentialBound(it->first - 1, h.schema), it->second, it->first, -1});
  }
  if (h.zero_count != 0) out.push_back({-h.zero_threshold, h.zero_threshold, h.zero_count, 0, 0});
  for (const auto& [index, n] : positive) {
    out.push_back(
        {ExponentialBound(index - 1, h.schema), ExponentialBound(index, h.schema), n, index, 1});
  }
  return out;
}

std::vector<BucketView> AllBuckets(const Histogram& h) {
  std::vector<BucketView> out = RawBuckets(h);
  if (UsesCustomBuckets(h)) return out;
  std::erase_if(out, [](const BucketView& b) { return b.side == 0 && b.count < 0; });
  // What the zero bucket covers is its own.
  for (BucketView& b : out) {
    if (b.upper < 0 && b.upper > -h.zero_threshold) b.upper = -h.zero_threshold;
    if (b.lower > 0 && b.lower < h.zero_threshold) b.lower = h.zero_threshold;
  }
  return out;
}

std::string HistogramText(const Histogram& h) {
  std::string out = "{count:" + G(h.count) + ", sum:" + G(h.sum);
  for (const BucketView& b : RawBuckets(h)) {
    if (b.count == 0) continue;
    out += std::string(", ") + (b.lower_inclusive() ? "[" : "(") + G(b.lower) + "," + G(b.upper) +
           (b.upper_inclusive() ? "]" : ")") + ":" + G(b.count);
  }
  return out + "}";
}

int64_t HistogramSize(const Histogram& h) {
  const size_t numbers = h.positive_spans.size() + h.negative_spans.size() +
                         h.positive_counts.size() + h.negative_counts.size() +
                         h.custom_bounds.size();
  return static_cast<int64_t>((168 + 8 * numbers + 8) / 16);
}

}  // namespace pharos::query::promql
