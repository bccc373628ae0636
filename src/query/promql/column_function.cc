#include "query/promql/column_function.h"

#include <array>
#include <cmath>

#include "query/promql/kahan.h"
#include "query/promql/value.h"

namespace pharos::query::promql {
namespace {

/// One application.
class Column {
 public:
  Column(const WindowGrid& grid, const WindowPlan& plan, ColumnValues values,
         ColumnScratch& scratch, std::span<double> out)
      : grid_(grid),
        plan_(plan),
        bounds_(*plan.bounds),
        times_ms_(values.times_ms),
        values_(values.values),
        finite_(values.finite),
        rising_(values.rising),
        scratch_(scratch),
        out_(out) {}

  size_t Rate(bool is_counter, bool is_rate) {
    const bool falls = is_counter && !rising_ && Kernels().falls(values_.data(), values_.size());
    if (falls) {
      RateWithResets(is_rate ? grid_.range_seconds : 0);
    } else {
      RateOfRising(is_rate ? grid_.range_seconds : 0, is_counter && !ZeroIsFar());
    }
    return bounds_.pairs;
  }

  size_t InstantRate(bool is_rate) {
    ForEachWindow(2, [&](size_t low, size_t high) {
      (void)low;
      const double a = values_[high - 2], b = values_[high - 1];
      double result = b;
      if (!is_rate || !(b < a)) result = b - a;
      if (is_rate) result /= static_cast<double>(times_ms_[high - 1] - times_ms_[high - 2]) / 1000;
      return result;
    });
    return bounds_.pairs;
  }

  size_t Sum(bool average) {
    if (Kernels().sums_exactly(values_.data(), values_.size())) {
      // Sums of integers are exact in any order, so differences of running sums are too.
      std::vector<double>& sums = scratch_.sums;
      sums.resize(values_.size() + 1);
      sums[0] = 0;
      for (size_t i = 0; i < values_.size(); ++i) sums[i + 1] = sums[i] + values_[i];
      ForEachWindow(1, [&](size_t low, size_t high) {
        const double sum = sums[high] - sums[low];
        return average ? sum / static_cast<double>(high - low) + 0.0 : sum + 0.0;
      });
    } else {
      ForEachWindow(1, [&](size_t low, size_t high) {
        const auto window = values_.subspan(low, high - low);
        return average ? CompensatedMean(window) : CompensatedSum(window);
      });
    }
    return bounds_.filled;
  }

  /// The first of the best values of each window, NaN only where all are. The front part of
  /// the window keeps the best from each place to its end; behind it one best runs along.
  template <class Better>
  size_t Best(const Better& better) {
    if (finite_) return BestBy([&](double a, double b) { return better(b, a) ? b : a; });
    return BestBy([&](double a, double b) { return better(b, a) || std::isnan(a) ? b : a; });
  }

  template <class Pick>
  size_t BestBy(const Pick& pick) {
    std::vector<double>& front = scratch_.best;
    front.resize(values_.size());
    size_t front_end = 0, seen = 0;
    double behind = 0;
    for (size_t step = 0; step < out_.size(); ++step) {
      const size_t low = bounds_.low[step], high = bounds_.high[step];
      if (low == high) {
        out_[step] = Absent();
        continue;
      }
      if (low >= front_end) {
        front_end = high;
        front[high - 1] = values_[high - 1];
        for (size_t i = high - 1; i > low; --i) front[i - 1] = pick(values_[i - 1], front[i]);
        seen = high;
      }
      for (; seen < high; ++seen)
        behind = seen == front_end ? values_[seen] : pick(behind, values_[seen]);
      out_[step] = seen > front_end ? pick(front[low], behind) : front[low];
    }
    return bounds_.filled;
  }

  /// How often `happens(previous, current)` within each window.
  template <class Happens>
  size_t Events(const Happens& happens) {
    std::vector<uint32_t>& before = scratch_.events;
    before.resize(values_.size());
    for (size_t i = 0; i < values_.size(); ++i)
      before[i] = i == 0 ? 0 : before[i - 1] + (happens(values_[i - 1], values_[i]) ? 1 : 0);
    ForEachWindow(1, [&](size_t low, size_t high) {
      return static_cast<double>(before[high - 1] - before[low]);
    });
    return bounds_.filled;
  }

  template <class Of>
  size_t Each(const Of& of) {
    ForEachWindow(1, of);
    return bounds_.filled;
  }

 private:
  template <class Of>
  void ForEachWindow(size_t least, const Of& of) {
    for (size_t step = 0; step < out_.size(); ++step) {
      const size_t low = bounds_.low[step], high = bounds_.high[step];
      out_[step] = high - low >= least ? of(low, high) : Absent();
    }
  }

  static double CompensatedSum(std::span<const double> window) {
    double sum = 0, c = 0;
    for (const double v : window) KahanInc(v, sum, c);
    return std::isinf(sum) ? sum : sum + c;
  }

  static double CompensatedMean(std::span<const double> window) {
    double sum = window[0], c = 0;
    for (size_t i = 1; i < window.size(); ++i) {
      double next = sum;
      KahanInc(window[i], next, c);
      if (std::isinf(next)) return MeanOfLarge(window);
      sum = next;
    }
    const auto count = static_cast<double>(window.size());
    return sum / count + c / count;
  }

  // Where the sum overflows the mean itself is carried on.
  static double MeanOfLarge(std::span<const double> window) {
    double sum = window[0], c = 0, mean = 0;
    bool incremental = false;
    for (size_t i = 1; i < window.size(); ++i) {
      const auto count = static_cast<double>(i + 1);
      if (!incremental) {
        double next = sum, next_c = c;
        KahanInc(window[i], next, next_c);
        if (!std::isinf(next)) {
          sum = next;
          c = next_c;
          continue;
        }
        incremental = true;
        mean = sum / (count - 1);
        c /= count - 1;
      }
      const double q = (count - 1) / count;
      mean *= q;
      c *= q;
      KahanInc(window[i] / count, mean, c);
    }
    return mean + c;
  }

  /// Whether in each window zero is further back than the stretch, for certain: where the series
  /// rises none grows by more than the whole of it, and none begins lower.
  bool ZeroIsFar() const {
    const double first = values_.front(), grown = values_.back() - first;
    const double way = first * plan_.least_sampled;
    const double stretch = plan_.most_to_start * grown * 1.000001;
    return rising_ && way >= stretch && way > 1e-200 && way < 1e200;
  }

  /// Of a series without resets.
  void RateOfRising(double range_seconds, bool is_counter) {
    const auto some = [&](const RateSteps& of, size_t begin, size_t end) {
      if (begin == end) return;
      Kernels().rate({values_.data(), of.first.data(), of.last.data(), of.in_a_row.data(),
                      of.factor.data(), of.sampled.data(), of.to_start.data(), of.to_end.data(),
                      end - begin, range_seconds, is_counter},
                     out_.data() + begin);
    };
    const size_t begin = bounds_.begin, end = bounds_.end;
    some(plan_.before, 0, begin);
    some(plan_.behind, end, out_.size());
    if (begin == end) return;
    if (IsAbsent(plan_.alike.factor)) {
      std::fill_n(out_.data() + begin, end - begin, Absent());
      return;
    }
    Kernels().rate_alike(
        {values_.data() + bounds_.low[begin], values_.data() + bounds_.high[begin] - 1,
         bounds_.move, plan_.alike, end - begin, range_seconds, is_counter},
        out_.data() + begin);
  }

  /// What a counter lost in each window's resets is added one by one, in order; from running
  /// sums where these are exact.
  void RateWithResets(double range_seconds) {
    std::vector<uint32_t>& resets = scratch_.resets;
    resets.clear();
    for (size_t i = 1; i < values_.size(); ++i) {
      if (values_[i] < values_[i - 1]) resets.push_back(static_cast<uint32_t>(i));
    }
    std::vector<double>& lost = scratch_.sums;
    lost.clear();
    if (resets.size() > 8 && Kernels().sums_exactly(values_.data(), values_.size())) {
      lost.push_back(0);
      for (const uint32_t at : resets) lost.push_back(lost.back() + values_[at - 1]);
    }
    size_t from = 0, until = 0;
    for (size_t step = 0; step < out_.size(); ++step) {
      const size_t low = bounds_.low[step], high = bounds_.high[step];
      if (high - low < 2) {
        out_[step] = Absent();
        continue;
      }
      double grown = values_[high - 1] - values_[low];
      while (until < resets.size() && resets[until] < high) ++until;
      while (from < until && resets[from] <= low) ++from;
      if (!lost.empty()) {
        grown += lost[until] - lost[from];
      } else {
        for (size_t i = from; i < until; ++i) grown += values_[resets[i] - 1];
      }
      out_[step] = grown * FactorOf(plan_.RateAt(step), range_seconds, grown, values_[low]);
    }
  }

  static double FactorOf(const RateStretch& of, double range_seconds, double grown, double first) {
    if (!(grown > 0) || !(first >= 0)) return of.factor;
    const double to_zero = of.sampled * (first / grown);
    if (!(to_zero < of.to_start)) return of.factor;
    const double factor = of.sampled != 0 ? (of.sampled + to_zero + of.to_end) / of.sampled : 1;
    return range_seconds != 0 ? factor / range_seconds : factor;
  }

  const WindowGrid& grid_;
  const WindowPlan& plan_;
  const WindowBounds& bounds_;
  const std::span<const int64_t> times_ms_;
  const std::span<const double> values_;
  const bool finite_;
  const bool rising_;
  ColumnScratch& scratch_;
  const std::span<double> out_;
};

struct Named {
  std::string_view name;
  ColumnFunction function;
};
constexpr std::array kFunctions = {
    Named{"rate", ColumnFunction::kRate},
    Named{"increase", ColumnFunction::kIncrease},
    Named{"delta", ColumnFunction::kDelta},
    Named{"irate", ColumnFunction::kIrate},
    Named{"idelta", ColumnFunction::kIdelta},
    Named{"sum_over_time", ColumnFunction::kSum},
    Named{"avg_over_time", ColumnFunction::kAvg},
    Named{"min_over_time", ColumnFunction::kMin},
    Named{"max_over_time", ColumnFunction::kMax},
    Named{"count_over_time", ColumnFunction::kCount},
    Named{"present_over_time", ColumnFunction::kPresent},
    Named{"absent_over_time", ColumnFunction::kPresent},
    Named{"first_over_time", ColumnFunction::kFirst},
    Named{"last_over_time", ColumnFunction::kLast},
    Named{"changes", ColumnFunction::kChanges},
    Named{"resets", ColumnFunction::kResets},
};

}  // namespace

ColumnFunction FindColumnFunction(std::string_view name) {
  for (const Named& named : kFunctions) {
    if (named.name == name) return named.function;
  }
  return ColumnFunction::kNone;
}

size_t ApplyColumnFunction(ColumnFunction function, const WindowGrid& grid, const WindowPlan& plan,
                           ColumnValues values, ColumnScratch& scratch, std::span<double> out) {
  Column column(grid, plan, values, scratch, out);
  switch (function) {
    case ColumnFunction::kRate: return column.Rate(true, true);
    case ColumnFunction::kIncrease: return column.Rate(true, false);
    case ColumnFunction::kDelta: return column.Rate(false, false);
    case ColumnFunction::kIrate: return column.InstantRate(true);
    case ColumnFunction::kIdelta: return column.InstantRate(false);
    case ColumnFunction::kSum: return column.Sum(false);
    case ColumnFunction::kAvg: return column.Sum(true);
    case ColumnFunction::kMin: return column.Best([](double a, double b) { return a < b; });
    case ColumnFunction::kMax: return column.Best([](double a, double b) { return a > b; });
    case ColumnFunction::kCount:
      return column.Each([](size_t low, size_t high) { return static_cast<double>(high - low); });
    case ColumnFunction::kPresent: return column.Each([](size_t, size_t) { return 1.0; });
    case ColumnFunction::kFirst:
      return column.Each([&](size_t low, size_t) { return values.values[low]; });
    case ColumnFunction::kLast:
      return column.Each([&](size_t, size_t high) { return values.values[high - 1]; });
    case ColumnFunction::kChanges:
      return column.Events(
          [](double a, double b) { return b != a && !(std::isnan(a) && std::isnan(b)); });
    case ColumnFunction::kResets: return column.Events([](double a, double b) { return b < a; });
    case ColumnFunction::kNone: break;
  }
  return 0;
}

}  // namespace pharos::query::promql
