// topk, bottomk, limitk, limit_ratio: they keep series instead of making new ones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "query/promql/evaluator.h"
#include "query/promql/grouping.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

/// Which rows of a group stay at one step.
class Chooser {
 public:
  Chooser(const std::vector<Row>& rows, Tok op) : rows_(rows), op_(op) {}

  bool saw_histogram() const { return saw_histogram_; }

  /// Chosen rows in `out`, best first.
  void Choose(const std::vector<uint32_t>& members, size_t step, double param,
              std::vector<uint32_t>* out) {
    out->clear();
    if (op_ == Tok::kLimitRatio) return ChooseRatio(members, step, param, out);
    const auto k = static_cast<size_t>(std::min(param, 1e9));
    if (op_ == Tok::kLimitk) {
      for (const uint32_t i : members) {
        if (out->size() >= k) return;
        if (rows_[i].Has(step)) out->push_back(i);
      }
      return;
    }
    for (const uint32_t i : members) {
      if (!IsAbsent(rows_[i].values[step]))
        out->push_back(i);
      else if (rows_[i].HistogramAt(step) != nullptr)
        saw_histogram_ = true;
    }
    const auto better = [&](uint32_t a, uint32_t b) {
      const double x = rows_[a].values[step];
      const double y = rows_[b].values[step];
      if (std::isnan(x) || std::isnan(y)) {
        if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
      } else if (x != y) {
        return op_ == Tok::kTopk ? x > y : x < y;
      }
      return a < b;
    };
    const size_t keep = std::min(k, out->size());
    std::partial_sort(out->begin(), out->begin() + static_cast<std::ptrdiff_t>(keep), out->end(),
                      better);
    out->resize(keep);
  }

 private:
  void ChooseRatio(const std::vector<uint32_t>& members, size_t step, double ratio,
                   std::vector<uint32_t>* out) const {
    const double r = std::clamp(ratio, -1.0, 1.0);
    for (const uint32_t i : members) {
      if (!rows_[i].Has(step)) continue;
      // A stable point in [0, 1] a series: r and r − 1 choose complementary halves.
      const double offset = static_cast<double>(base::HashBytes64(rows_[i].labels.bytes())) /
                            static_cast<double>(std::numeric_limits<uint64_t>::max());
      if ((r >= 0 && offset < r) || (r < 0 && offset >= 1.0 + r)) out->push_back(i);
    }
  }

  const std::vector<Row>& rows_;
  const Tok op_;
  bool saw_histogram_ = false;
};

std::string ParameterProblem(Tok op, const std::vector<double>& params) {
  const bool ratio = op == Tok::kLimitRatio;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  bool nan = false;
  for (const double p : params) {
    nan = nan || std::isnan(p);
    low = std::min(low, p);
    high = std::max(high, p);
  }
  if (ratio) return nan && !(high == 0 && low == 0) ? "Ratio value is NaN" : "";
  if (!nan && high < 1) return "";
  if (nan) return "Parameter value is NaN";
  if (low <= -9223372036854775808.0)
    return "Scalar value " + text::GoFloat(low, 'g') + " underflows int64";
  if (high >= 9223372036854775807.0)
    return "Scalar value " + text::GoFloat(high, 'g') + " overflows int64";
  return "";
}

}  // namespace

base::Result<Matrix> Evaluator::EvalTopK(const AggregateExpr& node, Matrix input,
                                         const std::vector<double>& params) {
  if (std::string problem = ParameterProblem(node.op, params); !problem.empty())
    return EvalError(std::move(problem));
  if (node.op == Tok::kLimitRatio) {
    const auto [low, high] = std::minmax_element(params.begin(), params.end());
    if (*high > 1) run_.remarks.InvalidRatio(*high, 1, node.param->span());
    if (*low < -1) run_.remarks.InvalidRatio(*low, -1, node.param->span());
  }
  const Groups groups = GroupRows(input.rows, node);
  Chooser chooser(input.rows, node.op);
  std::vector<std::vector<bool>> kept(input.rows.size());
  std::vector<uint32_t> order;  // rows of the answer
  std::vector<uint32_t> chosen;
  for (const auto& members : groups.members) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    for (size_t step = 0; step < steps_; ++step) {
      const bool none = node.op == Tok::kLimitRatio ? params[step] == 0 : !(params[step] >= 1);
      if (none) continue;
      chooser.Choose(members, step, params[step], &chosen);
      for (const uint32_t i : chosen) {
        if (kept[i].empty()) {
          kept[i].assign(steps_, false);
          order.push_back(i);
        }
        kept[i][step] = true;
      }
    }
  }
  if (chooser.saw_histogram()) run_.remarks.IgnoredInAggregation(TokText(node.op), node.where);
  Matrix out;
  int64_t before = 0;
  for (const Row& row : input.rows) before += row.Count();
  for (const uint32_t i : order) {
    Row& row = input.rows[i];
    for (size_t step = 0; step < steps_; ++step) {
      if (kept[i][step]) continue;
      row.values[step] = Absent();
      if (!row.histograms.empty()) row.histograms[step] = nullptr;
    }
    out.rows.push_back(std::move(row));
  }
  PHAROS_TRY_VOID(Finish(&out, before));
  return out;
}

}  // namespace pharos::query::promql
