#include "query/promql/column_quantile.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "query/promql/column_kernels.h"
#include "query/promql/quantile.h"
#include "query/promql/value.h"

namespace pharos::query::promql {
namespace {

/// More rows than that are sooner selected from: networks grow faster than their rows.
constexpr size_t kMostSorted = 1024;

class RowQuantiles {
 public:
  RowQuantiles(std::span<const double> rows, std::span<const double> params, std::span<double> out)
      : rows_(rows), params_(params), out_(out), count_(rows.size() / out.size()) {}

  void OneStep(size_t step) {
    values_.clear();
    for (size_t at = step; at < rows_.size(); at += out_.size()) {
      if (!IsAbsent(rows_[at])) values_.push_back(rows_[at]);
    }
    out_[step] = values_.empty() ? Absent() : Quantile(params_[step], values_);
  }

  /// Steps [begin, begin + width), at most kSortedLanes.
  void SomeSteps(size_t begin, size_t width) {
    if (count_ > kMostSorted || !Sort(begin, width)) {
      for (size_t i = begin; i < begin + width; ++i) OneStep(i);
      return;
    }
    for (size_t lane = 0; lane < width; ++lane) {
      out_[begin + lane] = QuantileOfSorted(params_[begin + lane], count_, [&](size_t row) {
        return cells_[row * kSortedLanes + lane];
      });
    }
  }

 private:
  bool Sort(size_t begin, size_t width) {
    cells_.resize(count_ * kSortedLanes);
    const auto copy = [&](size_t row, size_t values) __attribute__((always_inline)) {
      std::memcpy(cells_.data() + row * kSortedLanes, rows_.data() + row * out_.size() + begin,
                  values * sizeof(double));
    };
    if (width == kSortedLanes) {
      for (size_t row = 0; row < count_; ++row) copy(row, kSortedLanes);
    } else {
      std::ranges::fill(cells_, 0);
      for (size_t row = 0; row < count_; ++row) copy(row, width);
    }
    return Kernels().sort_columns(cells_.data(), count_);
  }

  const std::span<const double> rows_, params_;
  const std::span<double> out_;
  const size_t count_;
  std::vector<double> cells_, values_;
};

}  // namespace

void QuantilesOfRows(std::span<const double> rows, std::span<const double> params, bool plain,
                     std::span<double> out) {
  if (out.empty()) return;
  RowQuantiles quantiles(rows, params, out);
  if (plain) {
    for (size_t step = 0; step < out.size(); ++step) quantiles.OneStep(step);
    return;
  }
  for (size_t begin = 0; begin < out.size(); begin += kSortedLanes)
    quantiles.SomeSteps(begin, std::min(kSortedLanes, out.size() - begin));
}

}  // namespace pharos::query::promql
