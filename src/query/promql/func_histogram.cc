// Functions of histograms, classic (buckets as series) and native.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/histogram_math.h"
#include "query/promql/quantile.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kLe = "le";

/// The buckets of one classic histogram, or the native histograms of one series.
struct HistogramGroup {
  model::Labels labels;  ///< without `le`
  std::vector<std::pair<double, const Row*>> buckets;
  const Row* native = nullptr;
};

class HistogramInput {
 public:
  HistogramInput(const Matrix& matrix, bool delayed, Span at, Remarks& remarks)
      : delayed_(delayed), at_(at), remarks_(remarks) {
    for (const Row& row : matrix.rows) Take(row);
  }

  std::vector<HistogramGroup>& groups() { return groups_; }

  /// Calls `native` or `classic` for what a group has at a step.
  template <class Native, class Classic>
  void At(const HistogramGroup& group, size_t step, const Native& native, const Classic& classic) {
    const model::Histogram* h = group.native != nullptr ? group.native->HistogramAt(step) : nullptr;
    buckets_.clear();
    for (const auto& [upper, row] : group.buckets) {
      if (!IsAbsent(row->values[step])) buckets_.push_back({upper, row->values[step]});
    }
    if (h != nullptr && !buckets_.empty()) return remarks_.MixedClassicNative(Metric(group), at_);
    if (h != nullptr)
      native(*h);
    else if (!buckets_.empty())
      classic(buckets_);
  }
  std::string_view Metric(const HistogramGroup& group) const {
    return delayed_ ? group.labels.Name() : std::string_view();
  }

 private:
  void Take(const Row& row) {
    const bool floats =
        std::any_of(row.values.begin(), row.values.end(), [](double v) { return !IsAbsent(v); });
    if (!row.histograms.empty()) GroupOf(row.labels).native = &row;
    if (!floats) return;
    const std::string_view le = row.labels.Get(kLe);
    double upper = 0;
    if (!text::ParseGoFloat(le, &upper)) {
      return remarks_.BadBucketLabel(delayed_ ? row.labels.Name() : std::string_view(), le, at_);
    }
    model::LabelsBuilder builder(row.labels);
    builder.Delete(kLe);
    GroupOf(builder.Build()).buckets.emplace_back(upper, &row);
  }

  HistogramGroup& GroupOf(model::Labels labels) {
    const auto [found, fresh] = index_.try_emplace(labels.bytes(), groups_.size());
    if (fresh) {
      groups_.emplace_back();
      groups_.back().labels = std::move(labels);
    }
    return groups_[found->second];
  }

  const bool delayed_;
  const Span at_;
  Remarks& remarks_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<HistogramGroup> groups_;
  std::vector<Bucket> buckets_;
};

/// One quantile of whatever a group has.
class QuantileSweep {
 public:
  QuantileSweep(HistogramInput& input, Span at, Remarks& remarks)
      : input_(input), at_(at), remarks_(remarks) {}

  void Run(const HistogramGroup& group, size_t step, int64_t time_ms, double q,
           std::string_view metric, double* out) {
    const auto native = [&](const model::Histogram& h) {
      bool nan_result = false;
      bool nan_skew = false;
      *out = HistogramQuantileOf(q, h, &nan_result, &nan_skew);
      if (nan_result) remarks_.QuantileNanResult(metric, at_);
      if (nan_skew) remarks_.QuantileNanSkew(metric, at_);
    };
    const auto classic = [&](std::vector<Bucket>& buckets) {
      BucketRepair repair;
      *out = BucketQuantile(q, buckets, &repair);
      if (!repair.forced_monotonic) return;
      remarks_.ForcedMonotonic(input_.Metric(group), at_, time_ms, repair.low_bound,
                               repair.high_bound, repair.max_diff);
    };
    input_.At(group, step, native, classic);
  }

 private:
  HistogramInput& input_;
  const Span at_;
  Remarks& remarks_;
};

void CheckQuantile(double q, Span at, Remarks& remarks) {
  if (std::isnan(q) || q < 0 || q > 1) remarks.InvalidQuantile(q, at);
}

/// A float as OpenMetrics writes label values: "1.0", "0.99", "1e+10", "+Inf".
std::string OpenMetricsFloat(double v) {
  if (v == 1) return "1.0";
  if (v == 0) return "0.0";
  if (v == -1) return "-1.0";
  std::string text = text::GoFloat(v, 'g');
  if (std::isfinite(v) && text.find_first_of("e.") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

base::Result<Matrix> Evaluator::EvalHistogramValue(const Call& node) {
  const std::string_view name = node.function->name;
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  const auto value = [name](const model::Histogram& h) {
    if (name == "histogram_count") return h.count;
    if (name == "histogram_sum") return h.sum;
    if (name == "histogram_avg") return h.sum / h.count;
    const double variance = HistogramVariance(h);
    return name == "histogram_stddev" ? std::sqrt(variance) : variance;
  };
  int64_t before = 0;
  for (Row& row : matrix.rows) {
    before += row.Count();
    for (size_t step = 0; step < steps_; ++step) {
      const model::Histogram* h = row.HistogramAt(step);
      row.values[step] = h == nullptr ? Absent() : value(*h);
    }
    row.histograms.clear();
    DropName(&row);
  }
  PHAROS_TRY_VOID(Finish(&matrix, before));
  return delayed() ? base::Result<Matrix>(std::move(matrix)) : MergeSameLabels(std::move(matrix));
}

base::Result<Matrix> Evaluator::EvalHistogramQuantile(const Call& node) {
  PHAROS_TRY(const Matrix quantiles, Eval(*node.args[0]));
  PHAROS_TRY(const Matrix matrix, Eval(*node.args[1]));
  const std::vector<double>& q = quantiles.rows[0].values;
  for (const double one : q) CheckQuantile(one, node.args[0]->span(), run_.remarks);
  const Span at = node.args[1]->span();
  HistogramInput input(matrix, delayed(), at, run_.remarks);
  QuantileSweep sweep(input, at, run_.remarks);
  Matrix out;
  for (const HistogramGroup& group : input.groups()) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    Row row = NewRow(group.labels);
    for (size_t step = 0; step < steps_; ++step) {
      sweep.Run(group, step, grid_.At(step), q[step], input.Metric(group), &row.values[step]);
    }
    DropName(&row);
    out.rows.push_back(std::move(row));
  }
  PHAROS_TRY_VOID(Finish(&out));
  return MergeSameLabels(std::move(out));
}

base::Result<Matrix> Evaluator::EvalHistogramQuantiles(const Call& node) {
  PHAROS_TRY(const Matrix matrix, Eval(*node.args[0]));
  const std::string& label = static_cast<const StringLiteral&>(*node.args[1]).value;
  const Span at = node.args[0]->span();
  HistogramInput input(matrix, delayed(), at, run_.remarks);
  QuantileSweep sweep(input, at, run_.remarks);
  Matrix out;
  for (size_t i = 2; i < node.args.size(); ++i) {
    PHAROS_TRY(const Matrix quantiles, Eval(*node.args[i]));
    const std::vector<double>& q = quantiles.rows[0].values;
    for (const double one : q) CheckQuantile(one, node.args[i]->span(), run_.remarks);
    for (const HistogramGroup& group : input.groups()) {
      PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
      std::unordered_map<std::string, size_t> rows;  // a quantile that changes changes the label
      for (size_t step = 0; step < steps_; ++step) {
        double value = Absent();
        sweep.Run(group, step, grid_.At(step), q[step], group.labels.Name(), &value);
        if (IsAbsent(value)) continue;
        const std::string text = OpenMetricsFloat(q[step]);
        const auto [found, fresh] = rows.try_emplace(text, out.rows.size());
        if (fresh) {
          model::LabelsBuilder builder(group.labels);
          builder.Set(label, text);
          Row row = NewRow(builder.Build());
          DropName(&row);
          out.rows.push_back(std::move(row));
          PHAROS_TRY_VOID(CheckCells(out.rows.size()));
        }
        out.rows[found->second].values[step] = value;
      }
    }
  }
  PHAROS_TRY_VOID(Finish(&out));
  return MergeSameLabels(std::move(out));
}

base::Result<Matrix> Evaluator::EvalHistogramFraction(const Call& node) {
  PHAROS_TRY(const Matrix lower, Eval(*node.args[0]));
  PHAROS_TRY(const Matrix upper, Eval(*node.args[1]));
  PHAROS_TRY(const Matrix matrix, Eval(*node.args[2]));
  const Span at = node.args[2]->span();
  HistogramInput input(matrix, delayed(), at, run_.remarks);
  Matrix out;
  for (const HistogramGroup& group : input.groups()) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    Row row = NewRow(group.labels);
    for (size_t step = 0; step < steps_; ++step) {
      const double low = lower.rows[0].values[step];
      const double high = upper.rows[0].values[step];
      const auto native = [&](const model::Histogram& h) {
        bool nans = false;
        row.values[step] = HistogramFractionOf(low, high, h, &nans);
        if (nans) run_.remarks.FractionNans(input.Metric(group), at);
      };
      const auto classic = [&](std::vector<Bucket>& buckets) {
        row.values[step] = BucketFraction(low, high, buckets);
      };
      input.At(group, step, native, classic);
    }
    DropName(&row);
    out.rows.push_back(std::move(row));
  }
  PHAROS_TRY_VOID(Finish(&out));
  return MergeSameLabels(std::move(out));
}

}  // namespace pharos::query::promql
