// Aggregations: groups are found once from the labels, then each group runs over its
// series, column by column.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/go_quote.h"
#include "query/promql/grouping.h"
#include "query/promql/histogram_math.h"
#include "query/promql/kahan.h"
#include "query/promql/quantile.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// One group's running state over all steps.
class GroupColumn {
 public:
  GroupColumn(Tok op, size_t steps) : op_(op), value_(steps, Absent()) {
    if (op == Tok::kSum || op == Tok::kAvg || op == Tok::kStddev || op == Tok::kStdvar)
      second_.assign(steps, 0);
    if (op == Tok::kAvg || op == Tok::kStddev || op == Tok::kStdvar) count_.assign(steps, 0);
    if (op == Tok::kAvg) incremental_.assign(steps, false);
    if (op == Tok::kQuantile) lists_.resize(steps);
  }

  void Add(const std::vector<double>& in) {
    switch (op_) {
      case Tok::kSum: return AddSum(in);
      case Tok::kAvg: return AddAvg(in);
      case Tok::kMin:
        return Fold(in, [](double a, double v) { return a > v || std::isnan(a) ? v : a; });
      case Tok::kMax:
        return Fold(in, [](double a, double v) { return a < v || std::isnan(a) ? v : a; });
      case Tok::kStddev:
      case Tok::kStdvar: return AddVariance(in);
      case Tok::kQuantile:
        for (size_t i = 0; i < in.size(); ++i) {
          if (!IsAbsent(in[i])) lists_[i].push_back(in[i]);
        }
        return;
      default: return;
    }
  }

  /// count and group look at presence alone.
  void AddPresence(const Row& row) {
    for (size_t i = 0; i < value_.size(); ++i) {
      if (!row.Has(i)) continue;
      value_[i] = op_ == Tok::kGroup || IsAbsent(value_[i]) ? 1 : value_[i] + 1;
    }
  }

  std::vector<double> Finish(const std::vector<double>& params) {
    for (size_t i = 0; i < value_.size(); ++i) {
      if (op_ == Tok::kQuantile) {
        if (!lists_[i].empty()) value_[i] = Quantile(params[i], lists_[i]);
        continue;
      }
      if (IsAbsent(value_[i])) continue;
      switch (op_) {
        case Tok::kSum: value_[i] += second_[i]; break;
        case Tok::kAvg:
          value_[i] = incremental_[i] ? value_[i] + second_[i]
                                      : value_[i] / count_[i] + second_[i] / count_[i];
          break;
        case Tok::kStdvar: value_[i] /= count_[i]; break;
        case Tok::kStddev: value_[i] = std::sqrt(value_[i] / count_[i]); break;
        default: break;
      }
    }
    return std::move(value_);
  }
  bool HasFloat(size_t step) const { return !IsAbsent(value_[step]); }

 private:
  template <class F>
  void Fold(const std::vector<double>& in, const F& f) {
    for (size_t i = 0; i < in.size(); ++i) {
      if (IsAbsent(in[i])) continue;
      value_[i] = IsAbsent(value_[i]) ? in[i] : f(value_[i], in[i]);
    }
  }

  void AddSum(const std::vector<double>& in) {
    double* const value = value_.data();
    double* const lost = second_.data();
    for (size_t i = 0; i < in.size(); ++i) {
      if (IsAbsent(in[i])) continue;
      if (IsAbsent(value[i]))
        value[i] = in[i];
      else
        KahanInc(in[i], value[i], lost[i]);
    }
  }

  void AddAvg(const std::vector<double>& in) {
    for (size_t i = 0; i < in.size(); ++i) {
      if (IsAbsent(in[i])) continue;
      const double count = ++count_[i];
      if (count == 1) {
        value_[i] = in[i];
        continue;
      }
      if (!incremental_[i]) {
        double sum = value_[i];
        double lost = second_[i];
        KahanInc(in[i], sum, lost);
        if (!std::isinf(sum)) {
          value_[i] = sum;
          second_[i] = lost;
          continue;
        }
        incremental_[i] = true;
        value_[i] /= count - 1;
        second_[i] /= count - 1;
      }
      const double q = (count - 1) / count;
      value_[i] *= q;
      second_[i] *= q;
      KahanInc(in[i] / count, value_[i], second_[i]);
    }
  }

  // value_: sum of squared deviations, second_: mean.
  void AddVariance(const std::vector<double>& in) {
    for (size_t i = 0; i < in.size(); ++i) {
      const double v = in[i];
      if (IsAbsent(v)) continue;
      if (++count_[i] == 1) {
        second_[i] = v;
        value_[i] = std::isfinite(v) ? 0 : kNan;
        continue;
      }
      const double delta = v - second_[i];
      second_[i] += delta / count_[i];
      value_[i] += delta * (v - second_[i]);
    }
  }

  const Tok op_;
  std::vector<double> value_;
  std::vector<double> second_;
  std::vector<double> count_;
  std::vector<bool> incremental_;
  std::vector<std::vector<double>> lists_;
};

/// Sums and means of histograms, kept for the steps that have some.
struct HistogramColumn {
  struct Cell {
    std::unique_ptr<HistogramSum> sum;
    double count = 0;
    bool incompatible = false;
    bool incremental = false;
    bool saw_reset = false;
    bool saw_no_reset = false;
  };
  std::vector<Cell> cells;
};

void NoteReset(const model::Histogram& h, HistogramColumn::Cell* cell) {
  if (h.reset == model::Histogram::Reset::kYes) cell->saw_reset = true;
  if (h.reset == model::Histogram::Reset::kNo) cell->saw_no_reset = true;
}

class HistogramAggregator {
 public:
  HistogramAggregator(bool average, Span at, Remarks& remarks)
      : average_(average), at_(at), remarks_(remarks) {}

  void Add(const Row& row, size_t steps, HistogramColumn* column) {
    for (size_t step = 0; step < steps; ++step) {
      const model::Histogram* h = row.HistogramAt(step);
      if (h == nullptr) continue;
      if (column->cells.empty()) column->cells.resize(steps);
      AddOne(row, *h, &column->cells[step]);
    }
  }

  HistogramPtr Finish(HistogramColumn::Cell& cell) {
    if (cell.saw_reset && cell.saw_no_reset) remarks_.ResetCollision("aggregation", at_);
    if (average_ && !cell.incremental) cell.sum->Divide(cell.count);
    auto result = std::make_shared<model::Histogram>(cell.sum->Finish());
    CompactHistogram(*result);
    return result;
  }

 private:
  void AddOne(const Row& row, const model::Histogram& h, HistogramColumn::Cell* cell) {
    if (cell->incompatible) return;
    cell->count += 1;
    NoteReset(h, cell);
    if (cell->sum == nullptr) {
      cell->sum = std::make_unique<HistogramSum>(h);
      return;
    }
    CombineNotes notes;
    bool fine = true;
    if (!average_) {
      fine = cell->sum->Add(h, &notes);
    } else if (!cell->incremental) {
      HistogramSum next = *cell->sum;
      fine = next.Add(h, &notes);
      if (fine && !next.Overflown()) {
        *cell->sum = std::move(next);
      } else if (fine) {
        cell->incremental = true;
        cell->sum->Divide(cell->count - 1);
        fine = AddToMean(h, cell, &notes);
      }
    } else {
      fine = AddToMean(h, cell, &notes);
    }
    if (notes.bounds_reconciled) remarks_.MismatchedBounds("aggregation", at_);
    if (fine) return;
    cell->incompatible = true;
    remarks_.MixedSchemas(row.labels.Name(), at_);
  }

  static bool AddToMean(const model::Histogram& h, HistogramColumn::Cell* cell,
                        CombineNotes* notes) {
    model::Histogram share = h;
    DivideHistogram(share, cell->count);
    cell->sum->Multiply((cell->count - 1) / cell->count);
    return cell->sum->Add(share, notes);
  }

  const bool average_;
  const Span at_;
  Remarks& remarks_;
};

std::string_view IgnoringName(Tok op) {
  switch (op) {
    case Tok::kMin: return "min";
    case Tok::kMax: return "max";
    case Tok::kStddev: return "stddev";
    case Tok::kStdvar: return "stdvar";
    case Tok::kQuantile: return "quantile";
    default: return "";
  }
}

void WarnQuantile(const std::vector<double>& params, Span at, Remarks& remarks) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  bool nan = false;
  for (const double p : params) {
    nan = nan || std::isnan(p);
    low = std::min(low, p);
    high = std::max(high, p);
  }
  if (nan) remarks.InvalidQuantile(kNan, at);
  if (high > 1) remarks.InvalidQuantile(high, at);
  if (low < 0) remarks.InvalidQuantile(low, at);
}

}  // namespace

base::Result<std::vector<double>> Evaluator::EvalParameter(const Expr* param) {
  if (param == nullptr) return std::vector<double>();
  PHAROS_TRY(Matrix matrix, Eval(*param));
  return std::move(matrix.rows[0].values);
}

base::Result<Matrix> Evaluator::EvalAggregate(const AggregateExpr& node) {
  if (node.op == Tok::kCountValues) return EvalCountValues(node);
  PHAROS_TRY(const std::vector<double> params, EvalParameter(node.param.get()));
  PHAROS_TRY(Matrix input, Eval(*node.expr));
  if (node.op == Tok::kTopk || node.op == Tok::kBottomk || node.op == Tok::kLimitk ||
      node.op == Tok::kLimitRatio) {
    return EvalTopK(node, std::move(input), params);
  }
  const Span at = node.expr->span();
  if (node.op == Tok::kQuantile) WarnQuantile(params, node.param->span(), run_.remarks);
  Groups groups = GroupRows(input.rows, node);
  PHAROS_TRY_VOID(CheckCells(groups.members.size()));
  const bool counts = node.op == Tok::kCount || node.op == Tok::kGroup;
  const bool adds = node.op == Tok::kSum || node.op == Tok::kAvg;
  HistogramAggregator histograms(node.op == Tok::kAvg, at, run_.remarks);
  int64_t released = 0;
  Matrix out;
  out.rows.reserve(groups.members.size());
  for (size_t g = 0; g < groups.members.size(); ++g) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    GroupColumn column(node.op, steps_);
    HistogramColumn histogram_column;
    Row result;
    for (const uint32_t index : groups.members[g]) {
      const Row& row = input.rows[index];
      released += row.Count();
      result.drop_name = result.drop_name || row.drop_name;
      if (counts) {
        column.AddPresence(row);
        continue;
      }
      column.Add(row.values);
      if (row.histograms.empty()) continue;
      if (adds)
        histograms.Add(row, steps_, &histogram_column);
      else
        run_.remarks.IgnoredInAggregation(IgnoringName(node.op), at);
    }
    std::vector<bool> has_float(histogram_column.cells.size());
    for (size_t step = 0; step < has_float.size(); ++step) has_float[step] = column.HasFloat(step);
    result.labels = std::move(groups.labels[g]);
    result.values = column.Finish(params);
    for (size_t step = 0; step < has_float.size(); ++step) {
      auto& cell = histogram_column.cells[step];
      if (cell.sum == nullptr) continue;
      if (has_float[step]) {
        run_.remarks.MixedFloatsHistogramsAggregation(at);
        result.values[step] = Absent();
      } else if (!cell.incompatible) {
        result.SetHistogram(step, histograms.Finish(cell));
      }
    }
    out.rows.push_back(std::move(result));
  }
  PHAROS_TRY_VOID(Finish(&out, released));
  return out;
}

base::Result<Matrix> Evaluator::EvalCountValues(const AggregateExpr& node) {
  const std::string& label = static_cast<const StringLiteral&>(*node.param).value;
  if (label.empty() || !ValidUtf8(label)) return EvalError("invalid label name " + GoQuote(label));
  PHAROS_TRY(const Matrix input, Eval(*node.expr));
  const Grouping grouping(node, label);
  std::unordered_map<std::string, size_t> rows;
  Matrix out;
  for (const Row& row : input.rows) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    for (size_t step = 0; step < steps_; ++step) {
      if (!row.Has(step)) continue;
      const model::Histogram* h = row.HistogramAt(step);
      const std::string text =
          h != nullptr ? HistogramText(*h) : text::GoFloat(row.values[step], 'f');
      model::LabelsBuilder builder(row.labels);
      builder.Set(label, text);
      model::Labels labels = grouping.LabelsOf(builder.Build());
      const auto [found, fresh] = rows.emplace(labels.bytes(), out.rows.size());
      if (fresh) {
        out.rows.push_back(NewRow(std::move(labels)));
        PHAROS_TRY_VOID(CheckCells(out.rows.size()));
      }
      double& count = out.rows[found->second].values[step];
      count = IsAbsent(count) ? 1 : count + 1;
    }
  }
  PHAROS_TRY_VOID(Finish(&out));
  return out;
}

}  // namespace pharos::query::promql
