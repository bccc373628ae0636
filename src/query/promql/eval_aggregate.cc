// Aggregations: groups are found once from the labels, then each group runs over its
// series, column by column.
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/go_quote.h"
#include "query/promql/group_fold.h"
#include "query/promql/grouping.h"
#include "query/promql/histogram_math.h"
#include "query/promql/quantile.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

/// What a group keeps a step: value, compensation, count.
constexpr int64_t kGroupCellBytes = 3 * sizeof(double);
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kFoldRows = 64;  // between two looks at the clock

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

// Rows of a stream into their groups. A group's labels come from the selection.
class Evaluator::StreamFold final : public RowSink {
 public:
  StreamFold(Evaluator& evaluator, const RowStream& stream, const AggregateExpr& node,
             GroupFold& fold)
      : ev_(evaluator), fold_(fold) {
    std::vector<std::string> names = node.grouping;
    const bool gone = stream.drops_name && !ev_.delayed();
    for (const char* name : {"__name__", "__type__", "__unit__"}) {
      if (gone && node.without) names.emplace_back(name);
      if (gone && !node.without) std::erase(names, name);
    }
    groups_ = stream.selection->GroupBy(names, node.without);
    if (!gone || stream.same_name) return;
    unnamed_ = stream.selection->GroupBy({"__type__", "__unit__"}, true).group_of;
    seen_.resize(stream.selection->size());
  }

  bool wants_labels() const override { return false; }
  base::Result<void> Take(std::span<const MadeRow> rows) override {
    rows_.clear();
    group_of_.clear();
    for (const MadeRow& made : rows) {
      if (!seen_.empty()) {
        // Two series that only differ in their name may not become one.
        if (seen_[unnamed_[made.series]]) return EvalError(std::string(kSameLabels));
        seen_[unnamed_[made.series]] = true;
      }
      rows_.push_back(made.row);
      group_of_.push_back(groups_.group_of[made.series]);
    }
    const size_t before = fold_.groups();
    PHAROS_TRY_VOID(fold_.Add(group_of_, rows_));
    return fold_.groups() == before ? base::Result<void>()
                                    : ev_.CheckCells(fold_.groups(), kGroupCellBytes);
  }
  model::Labels& labels(size_t group) { return groups_.labels[group]; }

 private:
  Evaluator& ev_;
  GroupFold& fold_;
  store::SeriesGroups groups_;
  std::vector<uint32_t> unnamed_;
  std::vector<bool> seen_;
  std::vector<const Row*> rows_;
  std::vector<uint32_t> group_of_;
};

base::Result<Matrix> Evaluator::EvalAggregate(const AggregateExpr& node) {
  if (node.op == Tok::kCountValues) return EvalCountValues(node);
  PHAROS_TRY(const std::vector<double> params, EvalParameter(node.param.get()));
  if (node.op == Tok::kTopk || node.op == Tok::kBottomk || node.op == Tok::kLimitk ||
      node.op == Tok::kLimitRatio) {
    PHAROS_TRY(Matrix input, Eval(*node.expr));
    return EvalTopK(node, std::move(input), params);
  }
  if (node.op == Tok::kQuantile) WarnQuantile(params, node.param->span(), run_.remarks);
  GroupFold fold(node, steps_, *run_.context, run_.options->plain);
  const int64_t held = run_.context->held_samples();
  RowStream stream;
  const bool presence_only = node.op == Tok::kCount || node.op == Tok::kGroup;
  PHAROS_TRY(const bool streams, OpenRows(*node.expr, presence_only, &stream));
  Matrix out;
  const auto finish = [&](auto labels_of) {
    for (GroupFold::Result& result : fold.Finish(params)) {
      result.row.labels = std::move(labels_of(result.group));
      out.rows.push_back(std::move(result.row));
    }
  };
  if (streams) {
    StreamFold sink(*this, stream, node, fold);
    PHAROS_TRY_VOID(RunRows(stream, *run_.context, sink));
    finish([&](size_t group) -> model::Labels& { return sink.labels(group); });
  } else {
    PHAROS_TRY(Matrix input, Eval(*node.expr));
    Groups groups = GroupRows(input.rows, node);
    PHAROS_TRY_VOID(CheckCells(groups.labels.size(), kGroupCellBytes));
    std::vector<const Row*> rows;
    for (const Row& row : input.rows) rows.push_back(&row);
    for (size_t i = 0; i < rows.size(); i += kFoldRows) {
      PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
      const size_t count = std::min(kFoldRows, rows.size() - i);
      PHAROS_TRY_VOID(fold.Add(std::span(groups.group_of).subspan(i, count),
                               std::span(rows).subspan(i, count)));
    }
    finish([&](size_t group) -> model::Labels& { return groups.labels[group]; });
  }
  PHAROS_TRY_VOID(Finish(&out, run_.context->held_samples() - held));
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
