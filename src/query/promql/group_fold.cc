#include "query/promql/group_fold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/promql/column_kernels.h"
#include "query/promql/column_quantile.h"
#include "query/promql/histogram_math.h"
#include "query/promql/kahan.h"

namespace pharos::query::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kSumSteps = 16;  // that are added up together: what registers hold
constexpr size_t kFewSteps = 4;   // so few are sooner counted one by one

/// One group's running state over all steps.
class GroupColumn {
 public:
  GroupColumn(Tok op, size_t steps, bool plain)
      : op_(op), plain_(plain), steps_(steps), takes_(!plain && TakesFirst(op)) {
    if (!takes_) Open();
  }

  /// Rows of floats in order.
  void AddAll(std::span<const Row* const> rows) {
    if (takes_ && value_.empty() && rows.size() == 1) {
      value_ = rows[0]->values;
      return;
    }
    Open();
    const bool sums = op_ == Tok::kSum || (op_ == Tok::kAvg && !any_incremental_);
    if (plain_ || !sums || rows.size() < 2) {
      for (const Row* row : rows) Add(row->values);
      return;
    }
    inputs_.clear();
    for (const Row* row : rows) inputs_.push_back(row->values.data());
    for (size_t begin = 0; begin < value_.size(); begin += kSumSteps)
      AddSums(begin, std::min(kSumSteps, value_.size() - begin));
  }

  void Add(std::span<const double> in) {
    Open();
    if (!plain_ && AddByColumn(in, 0)) return;
    switch (op_) {
      case Tok::kSum: return AddSum(in);
      case Tok::kAvg: return AddAvg(in);
      case Tok::kMin:
        return Fold(in, [](double a, double v) { return a > v || std::isnan(a) ? v : a; });
      case Tok::kMax:
        return Fold(in, [](double a, double v) { return a < v || std::isnan(a) ? v : a; });
      case Tok::kStddev:
      case Tok::kStdvar: return AddVariance(in);
      case Tok::kQuantile: kept_.insert(kept_.end(), in.begin(), in.end()); return;
      default: return;
    }
  }

  /// count and group look at presence alone.
  void AddPresence(const Row& row) {
    Open();
    if (!plain_ && row.histograms.empty() && op_ == Tok::kCount && value_.size() > kFewSteps)
      return Kernels().add_count(row.values.data(), row.values.size(), value_.data());
    for (size_t i = 0; i < value_.size(); ++i) {
      if (!row.Has(i)) continue;
      value_[i] = op_ == Tok::kGroup || IsAbsent(value_[i]) ? 1 : value_[i] + 1;
    }
  }

  std::vector<double> Finish(const std::vector<double>& params) {
    if (value_.empty()) value_.assign(steps_, Absent());
    if (!open_) return FinishOne();
    if (op_ == Tok::kQuantile) QuantilesOfRows(kept_, params, plain_, value_);
    for (size_t i = 0; i < value_.size(); ++i) {
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
  bool HasFloat(size_t step) const { return !value_.empty() && !IsAbsent(value_[step]); }

 private:
  /// Whether a group's first row may be its column until another comes: many groups have but one.
  static bool TakesFirst(Tok op) {
    return op == Tok::kSum || op == Tok::kAvg || op == Tok::kMin || op == Tok::kMax;
  }

  /// Makes room for more than one row.
  void Open() {
    if (open_) return;
    open_ = true;
    const bool counts = op_ == Tok::kAvg || op_ == Tok::kStddev || op_ == Tok::kStdvar;
    if (counts || op_ == Tok::kSum) second_.assign(steps_, 0);
    if (counts) count_.assign(steps_, 0);
    if (op_ == Tok::kAvg) incremental_.assign(steps_, false);
    if (value_.empty()) {
      value_.assign(steps_, Absent());
    } else if (op_ == Tok::kAvg) {
      Kernels().add_count(value_.data(), steps_, count_.data());
    }
  }

  /// The column of one row, with the same bits as if it were a sum of one, or that by 1.
  std::vector<double> FinishOne() {
    if (op_ == Tok::kSum || op_ == Tok::kAvg) {
      for (double& value : value_) value = IsAbsent(value) ? value : value + 0.0;
    }
    return std::move(value_);
  }

  /// inputs_ into steps [begin, begin + width): all together where all is finite and there, which
  /// it mostly is; else row by row.
  void AddSums(size_t begin, size_t width) {
    const Range at{begin, width};
    if (Kernels().add_rows(inputs_.data(), inputs_.size(), at, value_.data(), second_.data())) {
      if (op_ != Tok::kAvg) return;
      for (size_t i = begin; i < begin + width; ++i)
        count_[i] += static_cast<double>(inputs_.size());
      return;
    }
    for (const double* input : inputs_) {
      const std::span<const double> in(input + begin, width);
      if (!AddByColumn(in, begin)) AddAvg(in, begin);
    }
  }

  /// Into the steps from `at` on. False where the operator, or something endless, wants it value by
  /// value.
  bool AddByColumn(std::span<const double> in, size_t at) {
    double* const value = value_.data() + at;
    switch (op_) {
      case Tok::kSum:
        Kernels().add_sum(in.data(), in.size(), value, second_.data() + at);
        return true;
      case Tok::kAvg:
        if (any_incremental_ || Kernels().sum_is_endless(in.data(), in.size(), value)) return false;
        Kernels().add_sum(in.data(), in.size(), value, second_.data() + at);
        Kernels().add_count(in.data(), in.size(), count_.data() + at);
        return true;
      case Tok::kMin: Kernels().add_min(in.data(), in.size(), value); return true;
      case Tok::kMax: Kernels().add_max(in.data(), in.size(), value); return true;
      default: return false;
    }
  }

  template <class F>
  void Fold(std::span<const double> in, const F& f) {
    for (size_t i = 0; i < in.size(); ++i) {
      if (IsAbsent(in[i])) continue;
      value_[i] = IsAbsent(value_[i]) ? in[i] : f(value_[i], in[i]);
    }
  }

  void AddSum(std::span<const double> in) {
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

  void AddAvg(std::span<const double> in, size_t at = 0) {
    for (size_t k = 0; k < in.size(); ++k) {
      if (IsAbsent(in[k])) continue;
      const size_t i = at + k;
      const double count = ++count_[i];
      if (count == 1) {
        value_[i] = in[k];
        continue;
      }
      if (!incremental_[i]) {
        double sum = value_[i];
        double lost = second_[i];
        KahanInc(in[k], sum, lost);
        if (!std::isinf(sum)) {
          value_[i] = sum;
          second_[i] = lost;
          continue;
        }
        incremental_[i] = any_incremental_ = true;
        value_[i] /= count - 1;
        second_[i] /= count - 1;
      }
      const double q = (count - 1) / count;
      value_[i] *= q;
      second_[i] *= q;
      KahanInc(in[k] / count, value_[i], second_[i]);
    }
  }

  // value_: sum of squared deviations, second_: mean.
  void AddVariance(std::span<const double> in) {
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
  const bool plain_;
  const size_t steps_;
  const bool takes_;   // the first row
  bool open_ = false;  // for more than one
  bool any_incremental_ = false;
  std::vector<double> value_;
  std::vector<double> second_;
  std::vector<double> count_;
  std::vector<bool> incremental_;
  std::vector<double> kept_;  // for quantile: rows, one behind the other
  std::vector<const double*> inputs_;
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

}  // namespace

struct GroupFold::State {
  State(const AggregateExpr& node, size_t steps, Remarks& remarks, bool plain)
      : column(node.op, steps, plain),
        aggregator(node.op == Tok::kAvg, node.expr->span(), remarks) {}
  GroupColumn column;
  HistogramAggregator aggregator;
  HistogramColumn histograms;
  bool drop_name = false;
};

GroupFold::GroupFold(const AggregateExpr& node, size_t steps, exec::QueryContext& context,
                     bool plain)
    : node_(node),
      steps_(steps),
      context_(context),
      plain_(plain),
      remarks_(context.annotations()) {}

GroupFold::~GroupFold() = default;

GroupFold::State& GroupFold::StateOf(size_t group) {
  if (group >= states_.size()) states_.resize(group + 1);
  if (states_[group] == nullptr) {
    states_[group] = std::make_unique<State>(node_, steps_, remarks_, plain_);
    order_.push_back(group);
  }
  return *states_[group];
}

base::Result<void> GroupFold::Add(std::span<const uint32_t> group_of,
                                  std::span<const Row* const> rows) {
  next_.assign(rows.size(), 0);
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint32_t group = group_of[i];
    if (group >= latest_.size()) latest_.resize(group + 1);
    if (latest_[group] != 0) next_[latest_[group] - 1] = i + 1;
    latest_[group] = i + 1;
  }
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint32_t group = group_of[i];
    if (latest_[group] == 0) continue;  // added with the first of its group
    latest_[group] = 0;
    of_one_.clear();
    for (uint32_t at = i + 1; at != 0; at = next_[at - 1]) of_one_.push_back(rows[at - 1]);
    PHAROS_TRY_VOID(AddToGroup(group));
  }
  return {};
}

base::Result<void> GroupFold::AddToGroup(size_t group) {
  State& state = StateOf(group);
  const auto floats_only = [](const Row* row) { return row->histograms.empty(); };
  const bool together = node_.op != Tok::kCount && node_.op != Tok::kGroup &&
                        node_.op != Tok::kQuantile && std::ranges::all_of(of_one_, floats_only);
  for (const Row* row : of_one_) {
    state.drop_name = state.drop_name || row->drop_name;
    if (!together) PHAROS_TRY_VOID(AddOne(state, *row));
  }
  if (together) state.column.AddAll(of_one_);
  return {};
}

base::Result<void> GroupFold::AddOne(State& state, const Row& row) {
  if (node_.op == Tok::kCount || node_.op == Tok::kGroup) {
    state.column.AddPresence(row);
    return {};
  }
  // A quantile's values are all kept.
  if (node_.op == Tok::kQuantile) {
    const int64_t count = row.Count();
    PHAROS_TRY_VOID(context_.Charge(count));
    constexpr int64_t kBytes = 2 * sizeof(double);  // lists that grow have room to spare
    PHAROS_TRY_VOID(context_.HoldBytes(context_.held_bytes() + kBytes * count));
  }
  state.column.Add(row.values);
  if (row.histograms.empty()) return {};
  if (node_.op == Tok::kSum || node_.op == Tok::kAvg)
    state.aggregator.Add(row, steps_, &state.histograms);
  else
    remarks_.IgnoredInAggregation(IgnoringName(node_.op), node_.expr->span());
  return {};
}

std::vector<GroupFold::Result> GroupFold::Finish(const std::vector<double>& params) {
  std::vector<Result> out;
  out.reserve(order_.size());
  for (const size_t group : order_) {
    State& state = *states_[group];
    Result& result = out.emplace_back();
    result.group = group;
    result.row.drop_name = state.drop_name;
    auto& cells = state.histograms.cells;
    std::vector<bool> has_float(cells.size());
    for (size_t step = 0; step < cells.size(); ++step)
      has_float[step] = state.column.HasFloat(step);
    result.row.values = state.column.Finish(params);
    for (size_t step = 0; step < cells.size(); ++step) {
      if (cells[step].sum == nullptr) continue;
      if (has_float[step]) {
        remarks_.MixedFloatsHistogramsAggregation(node_.expr->span());
        result.row.values[step] = Absent();
      } else if (!cells[step].incompatible) {
        result.row.SetHistogram(step, state.aggregator.Finish(cells[step]));
      }
    }
    states_[group] = nullptr;
  }
  return out;
}

}  // namespace pharos::query::promql
