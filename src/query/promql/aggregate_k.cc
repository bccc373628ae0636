// topk, bottomk, limitk, limit_ratio: they keep series instead of making new ones.
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/promql/evaluator.h"
#include "query/promql/grouping.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

/// A length as Prometheus's label sets have it in memory.
void AppendLength(std::string* out, size_t length) {
  if (length < 255) {
    *out += static_cast<char>(length);
    return;
  }
  *out += static_cast<char>(255);
  for (const int shift : {0, 8, 16}) *out += static_cast<char>(length >> shift);
}

/// A series' point in [0, 1], by Prometheus's hash: limit_ratio takes the same series as there. r
/// and r − 1 choose complementary halves.
double RatioOffset(const model::Labels& labels) {
  std::string bytes;
  for (const model::LabelView label : labels) {
    for (const std::string_view text : {label.name, label.value}) {
      AppendLength(&bytes, text.size());
      bytes += text;
    }
  }
  return static_cast<double>(XXH64(bytes.data(), bytes.size(), 0)) /
         static_cast<double>(std::numeric_limits<uint64_t>::max());
}

/// Which rows of a group stay at one step.
class Chooser {
 public:
  Chooser(const std::vector<Row>& rows, Tok op) : rows_(rows), op_(op) {
    if (op != Tok::kLimitRatio) return;
    for (const Row& row : rows) offsets_.push_back(RatioOffset(row.labels));
  }

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
    std::vector<uint32_t> candidates;
    candidates.swap(*out);
    for (const uint32_t i : candidates) Offer(i, step, k, out);
    BestFirst(step, out);
  }

 private:
  /// Does `a` belong below `b`? Nothing is as low as NaN, not even another.
  bool Worse(uint32_t a, uint32_t b, size_t step) const {
    const double x = rows_[a].values[step], y = rows_[b].values[step];
    if (std::isnan(x)) return true;
    return op_ == Tok::kTopk ? x < y : x > y;
  }

  /// `heap` keeps the k best, the worst ahead. Which of several equal ones stay follows from how
  /// Go's heap moves them.
  void Offer(uint32_t row, size_t step, size_t k, std::vector<uint32_t>* heap) const {
    if (heap->size() < k) {
      heap->push_back(row);
      for (size_t at = heap->size() - 1; at > 0;) {
        const size_t parent = (at - 1) / 2;
        if (!Worse((*heap)[at], (*heap)[parent], step)) break;
        std::swap((*heap)[at], (*heap)[parent]);
        at = parent;
      }
      return;
    }
    const double worst = rows_[heap->front()].values[step], value = rows_[row].values[step];
    const bool better = op_ == Tok::kTopk ? worst < value : worst > value;
    if (!better && (!std::isnan(worst) || std::isnan(value))) return;
    heap->front() = row;
    for (size_t at = 0; 2 * at + 1 < heap->size();) {
      size_t child = 2 * at + 1;
      if (child + 1 < heap->size() && Worse((*heap)[child + 1], (*heap)[child], step)) ++child;
      if (!Worse((*heap)[child], (*heap)[at], step)) break;
      std::swap((*heap)[at], (*heap)[child]);
      at = child;
    }
  }

  /// Go sorts up to twelve by insertion.
  void BestFirst(size_t step, std::vector<uint32_t>* rows) const {
    if (rows->size() <= 12) {
      for (size_t i = 1; i < rows->size(); ++i) {
        for (size_t at = i; at > 0 && Worse((*rows)[at - 1], (*rows)[at], step); --at)
          std::swap((*rows)[at - 1], (*rows)[at]);
      }
      return;
    }
    std::stable_sort(rows->begin(), rows->end(), [&](uint32_t a, uint32_t b) {
      if (std::isnan(rows_[a].values[step])) return false;
      return std::isnan(rows_[b].values[step]) || Worse(b, a, step);
    });
  }

  void ChooseRatio(const std::vector<uint32_t>& members, size_t step, double ratio,
                   std::vector<uint32_t>* out) const {
    const double r = std::clamp(ratio, -1.0, 1.0);
    for (const uint32_t i : members) {
      if (!rows_[i].Has(step)) continue;
      const double offset = offsets_[i];
      if ((r >= 0 && offset < r) || (r < 0 && offset >= 1.0 + r)) out->push_back(i);
    }
  }

  const std::vector<Row>& rows_;
  const Tok op_;
  std::vector<double> offsets_;  ///< for limit_ratio, a row
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
