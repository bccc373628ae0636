// Vector op vector: series are put into match groups once; groups of one with one run as a
// loop over columns, the others are matched step by step.
#include <algorithm>
#include <unordered_map>

#include "query/promql/binary_op.h"
#include "query/promql/evaluator.h"
#include "query/promql/signature.h"

namespace pharos::query::promql {
namespace {

struct Group {
  std::vector<Row*> many;  ///< the left side, or the right one of group_right
  std::vector<Row*> one;
};

Operand OperandAt(const Row& row, size_t step) { return {row.values[step], row.HistogramAt(step)}; }

}  // namespace

/// Matches two matrices by their labels.
///
/// Owns: the result in the making. Threads: one. Errors: the sentences of Prometheus about
/// duplicates. Cost: a hash look-up a series, then linear in the cells.
class VectorMatcher {
 public:
  VectorMatcher(Evaluator& evaluator, const BinaryExpr& node, Matrix& lhs, Matrix& rhs)
      : ev_(evaluator),
        node_(node),
        matching_(*node.matching),
        signature_(matching_),
        swapped_(matching_.card == Cardinality::kOneToMany),
        drop_name_(ChangesSchema(node.op) || (node.return_bool && !ev_.delayed())),
        many_(swapped_ ? rhs.rows : lhs.rows),
        one_(swapped_ ? lhs.rows : rhs.rows),
        fill_one_(matching_.fill_rhs),
        fill_many_(matching_.fill_lhs) {
    if (swapped_) std::swap(fill_one_, fill_many_);
    // Prometheus fills the sides as they are written, after the swap.
    if (swapped_) std::swap(fill_one_, fill_many_);
  }

  base::Result<Matrix> Run() {
    BuildGroups();
    for (const auto& [key, group] : groups_) all_looked_at_ |= group.one.size() > 1;
    for (const std::string& key : order_) {
      PHAROS_TRY_VOID(ev_.run_.context->Check("expression evaluation"));
      Group& group = groups_[key];
      if (IsSimple(group)) {
        PHAROS_TRY_VOID(RunPair(*group.many[0], *group.one[0]));
      } else {
        PHAROS_TRY_VOID(RunGroup(group));
      }
    }
    return std::move(out_);
  }

 private:
  bool IsSimple(const Group& group) const {
    return group.many.size() == 1 && group.one.size() == 1 && !fill_one_ && !fill_many_ &&
           group.many[0]->histograms.empty() && group.one[0]->histograms.empty() &&
           node_.op != Tok::kTrimUpper && node_.op != Tok::kTrimLower;
  }

  void BuildGroups() {
    for (Row& row : many_) GroupOf(row.labels).many.push_back(&row);
    for (Row& row : one_) {
      const std::string key = signature_.KeyOf(row.labels);
      const auto found = groups_.find(key);
      if (found != groups_.end()) {
        found->second.one.push_back(&row);
      } else {
        GroupOf(row.labels).one.push_back(&row);
      }
    }
  }

  Group& GroupOf(const model::Labels& labels) {
    std::string key = signature_.KeyOf(labels);
    const auto [found, fresh] = groups_.try_emplace(key);
    if (fresh) order_.push_back(std::move(key));
    return found->second;
  }

  /// The result's row of these labels, made when it is new.
  size_t RowOf(const model::Labels& many, const model::Labels& one) {
    model::Labels labels = ResultLabels(many, one, matching_, drop_name_);
    const auto [found, fresh] = rows_.try_emplace(labels.bytes(), out_.rows.size());
    if (fresh) AddRow(ev_.NewRow(std::move(labels)));
    return found->second;
  }
  void AddRow(Row row) {
    row.drop_name = node_.return_bool;
    out_.rows.push_back(std::move(row));
  }

  /// Arithmetic of a pair whose result is the first of its labels: in the memory of the left side,
  /// which nothing looks at again unless all rows are.
  bool RunInPlace(Row& many, Row& one) {
    if (all_looked_at_ || IsComparison(node_.op)) return false;
    model::Labels labels = ResultLabels(many.labels, one.labels, matching_, drop_name_);
    if (!rows_.try_emplace(labels.bytes(), out_.rows.size()).second) return false;
    Row out;
    out.labels = std::move(labels);
    out.values = std::move((swapped_ ? one : many).values);
    double* const a = out.values.data();
    const double* const b = (swapped_ ? many : one).values.data();
    WithArithmetic(node_.op, [&](auto f) {
      for (size_t i = 0; i < ev_.steps_; ++i)
        a[i] = IsAbsent(a[i]) || IsAbsent(b[i]) ? Absent() : f(a[i], b[i]);
    });
    AddRow(std::move(out));
    return true;
  }

  base::Result<void> RunPair(Row& many, Row& one) {
    if (RunInPlace(many, one)) return {};
    const Row& left = swapped_ ? one : many;
    const Row& right = swapped_ ? many : one;
    Row& out = out_.rows[RowOf(many.labels, one.labels)];
    const double* const a = left.values.data();
    const double* const b = right.values.data();
    double* const v = out.values.data();
    bool clash = false;
    const auto put = [&](size_t i, double value) {
      clash = clash || !IsAbsent(v[i]);
      v[i] = value;
    };
    const auto arithmetic = [&](auto f) {
      for (size_t i = 0; i < ev_.steps_; ++i) {
        if (!IsAbsent(a[i]) && !IsAbsent(b[i])) put(i, f(a[i], b[i]));
      }
    };
    const auto comparison = [&](auto f) {
      for (size_t i = 0; i < ev_.steps_; ++i) {
        if (IsAbsent(a[i]) || IsAbsent(b[i])) continue;
        const bool keep = f(a[i], b[i]);
        if (node_.return_bool)
          put(i, keep ? 1 : 0);
        else if (keep)
          put(i, a[i]);
      }
    };
    if (!WithArithmetic(node_.op, arithmetic)) WithComparison(node_.op, comparison);
    return clash ? base::Result<void>(EvalError(std::string(kSameLabels))) : base::Result<void>();
  }

  base::Result<void> RunGroup(Group& group) {
    std::vector<size_t> used;  // rows of the result that this step has filled
    for (size_t step = 0; step < ev_.steps_; ++step) {
      used.clear();
      PHAROS_TRY(const Row* const one, OneAt(group, step));
      bool matched = false;
      for (const Row* many : group.many) {
        if (!many->Has(step)) continue;
        if (one != nullptr) {
          matched = true;
          PHAROS_TRY_VOID(Apply(many->labels, OperandAt(*many, step), one->labels,
                                OperandAt(*one, step), step, &used));
        } else if (fill_one_) {
          matched = true;
          PHAROS_TRY_VOID(Apply(many->labels, OperandAt(*many, step),
                                signature_.MatchLabels(many->labels), {*fill_one_}, step, &used));
        }
      }
      if (fill_many_ && one != nullptr && !matched) {
        PHAROS_TRY_VOID(Apply(signature_.MatchLabels(one->labels), {*fill_many_}, one->labels,
                              OperandAt(*one, step), step, &used));
      }
    }
    return {};
  }

  /// The only series of the one-side at a step; null for none; an error for two.
  base::Result<const Row*> OneAt(const Group& group, size_t step) {
    const Row* found = nullptr;
    for (const Row* row : group.one) {
      if (!row->Has(step)) continue;
      if (found != nullptr && (fill_one_ || fill_many_ || AnyMany(step)))
        return Duplicate(*row, *found);
      found = row;
    }
    return found;
  }

  bool AnyMany(size_t step) const {
    return std::any_of(many_.begin(), many_.end(),
                       [step](const Row& row) { return row.Has(step); });
  }

  base::Result<const Row*> Duplicate(const Row& row, const Row& other) const {
    std::string first = LabelsText(row.labels);
    std::string second = LabelsText(other.labels);
    if (first > second) std::swap(first, second);
    return EvalError(
        "found duplicate series for the match group " +
        LabelsText(signature_.MatchLabels(row.labels)) + " on the " +
        (swapped_ ? "left" : "right") + " hand-side of the operation: [" + first + ", " + second +
        "];many-to-many matching not allowed: matching labels must be unique on one side");
  }

  base::Result<void> Apply(const model::Labels& many_labels, const Operand& many,
                           const model::Labels& one_labels, const Operand& one, size_t step,
                           std::vector<size_t>* used) {
    const Operand& left = swapped_ ? one : many;
    const Operand& right = swapped_ ? many : one;
    OpResult result = MixedOp(node_.op, left, right, node_.span(), ev_.run_.remarks);
    if (result.refused) return {};
    if (node_.return_bool) {
      result.histogram = nullptr;
      result.value = result.keep ? 1 : 0;
    }
    const size_t index = RowOf(many_labels, one_labels);
    if (matching_.card == Cardinality::kOneToOne
            ? !used->empty()
            : std::find(used->begin(), used->end(), index) != used->end()) {
      return EvalError(
          matching_.card == Cardinality::kOneToOne
              ? "multiple matches for labels: many-to-one matching must be explicit "
                "(group_left/group_right)"
              : "multiple matches for labels: grouping labels must ensure unique matches");
    }
    used->push_back(index);
    if (!result.keep && !node_.return_bool) return {};
    Row& out = out_.rows[index];
    if (out.Has(step)) return EvalError(std::string(kSameLabels));
    if (result.histogram != nullptr)
      out.SetHistogram(step, std::move(result.histogram));
    else
      out.values[step] = result.value;
    return {};
  }

  Evaluator& ev_;
  const BinaryExpr& node_;
  const VectorMatching& matching_;
  const Signature signature_;
  const bool swapped_;
  const bool drop_name_;
  std::vector<Row>& many_;
  std::vector<Row>& one_;
  std::optional<double> fill_one_;
  std::optional<double> fill_many_;
  std::unordered_map<std::string, Group> groups_;
  std::vector<std::string> order_;
  std::unordered_map<std::string, size_t> rows_;
  bool all_looked_at_ = false;  // by AnyMany
  Matrix out_;
};

base::Result<Matrix> Evaluator::EvalVectorVector(const BinaryExpr& node, Matrix lhs, Matrix rhs) {
  int64_t before = 0;
  for (const Row& row : lhs.rows) before += row.Count();
  for (const Row& row : rhs.rows) before += row.Count();
  VectorMatcher matcher(*this, node, lhs, rhs);
  PHAROS_TRY(Matrix out, matcher.Run());
  PHAROS_TRY_VOID(CheckCells(out.rows.size()));
  PHAROS_TRY_VOID(Finish(&out, before));
  return out;
}

}  // namespace pharos::query::promql
