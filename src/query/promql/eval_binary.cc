// Binary operators: scalars, vector with scalar, set operators. Vector with vector is in
// vector_match.cc.
#include <unordered_map>

#include "query/promql/binary_op.h"
#include "query/promql/evaluator.h"
#include "query/promql/signature.h"

namespace pharos::query::promql {

base::Result<Matrix> Evaluator::EvalBinary(const BinaryExpr& node) {
  const ValueType lt = node.lhs->type();
  const ValueType rt = node.rhs->type();
  PHAROS_TRY(Matrix lhs, Eval(*node.lhs));
  PHAROS_TRY(Matrix rhs, Eval(*node.rhs));
  if (lt == ValueType::kScalar && rt == ValueType::kScalar) {
    for (size_t step = 0; step < steps_; ++step) {
      double& v = lhs.rows[0].values[step];
      v = ScalarOp(node.op, v, rhs.rows[0].values[step]);
    }
    return lhs;
  }
  if (rt == ValueType::kScalar) return EvalVectorScalar(node, std::move(lhs), rhs, false);
  if (lt == ValueType::kScalar) return EvalVectorScalar(node, std::move(rhs), lhs, true);
  if (IsSetOperator(node.op)) return EvalSetOperator(node, std::move(lhs), std::move(rhs));
  return EvalVectorVector(node, std::move(lhs), std::move(rhs));
}

base::Result<Matrix> Evaluator::EvalVectorScalar(const BinaryExpr& node, Matrix vector,
                                                 const Matrix& scalar, bool swapped) {
  const std::vector<double>& other = scalar.rows[0].values;
  const bool drops_name = ChangesSchema(node.op) || node.return_bool;
  int64_t before = 0;
  for (Row& row : vector.rows) {
    before += row.Count();
    if (drops_name) DropName(&row);
    std::vector<HistogramPtr> histograms = std::move(row.histograms);
    row.histograms.clear();
    double* const v = row.values.data();
    const auto arithmetic = [&](auto f) {
      for (size_t i = 0; i < steps_; ++i) {
        if (!IsAbsent(v[i])) v[i] = swapped ? f(other[i], v[i]) : f(v[i], other[i]);
      }
    };
    const auto comparison = [&](auto f) {
      for (size_t i = 0; i < steps_; ++i) {
        if (IsAbsent(v[i])) continue;
        const bool keep = swapped ? f(other[i], v[i]) : f(v[i], other[i]);
        if (node.return_bool)
          v[i] = keep ? 1 : 0;
        else if (!keep)
          v[i] = Absent();
      }
    };
    if (!WithArithmetic(node.op, arithmetic) && !WithComparison(node.op, comparison)) {
      for (size_t i = 0; i < steps_; ++i) {
        if (IsAbsent(v[i])) continue;
        MixedOp(node.op, {v[i]}, {other[i]}, node.span(), run_.remarks);
        v[i] = Absent();
      }
    }
    for (size_t i = 0; i < histograms.size(); ++i) {
      if (histograms[i] == nullptr) continue;
      const Operand mine{0, histograms[i].get()};
      const Operand theirs{other[i]};
      OpResult result = swapped ? MixedOp(node.op, theirs, mine, node.span(), run_.remarks)
                                : MixedOp(node.op, mine, theirs, node.span(), run_.remarks);
      if (!result.refused && result.keep && result.histogram != nullptr)
        row.SetHistogram(i, std::move(result.histogram));
    }
  }
  PHAROS_TRY_VOID(Finish(&vector, before));
  return drops_name && !delayed() ? MergeSameLabels(std::move(vector))
                                  : base::Result<Matrix>(std::move(vector));
}

base::Result<Matrix> Evaluator::EvalSetOperator(const BinaryExpr& node, Matrix lhs, Matrix rhs) {
  const Signature signature(*node.matching);
  // and, unless: where the right side has the signature. or: where the left side has it.
  const bool is_or = node.op == Tok::kOr;
  const std::vector<Row>& witnesses = is_or ? lhs.rows : rhs.rows;
  std::vector<Row>& filtered = is_or ? rhs.rows : lhs.rows;
  std::unordered_map<std::string, std::vector<bool>> present;
  for (const Row& row : witnesses) {
    std::vector<bool>& steps = present[signature.KeyOf(row.labels)];
    steps.resize(steps_);
    for (size_t step = 0; step < steps_; ++step) {
      if (row.Has(step)) steps[step] = true;
    }
  }
  int64_t before = 0;
  for (const Row& row : lhs.rows) before += row.Count();
  for (const Row& row : rhs.rows) before += row.Count();
  const bool keep_where_present = node.op == Tok::kAnd;
  for (Row& row : filtered) {
    const auto found = present.find(signature.KeyOf(row.labels));
    for (size_t step = 0; step < steps_; ++step) {
      const bool there = found != present.end() && found->second[step];
      if (there == keep_where_present) continue;
      row.values[step] = Absent();
      if (!row.histograms.empty()) row.histograms[step] = nullptr;
    }
  }
  Matrix out = std::move(lhs);
  if (is_or) {
    for (Row& row : rhs.rows) out.rows.push_back(std::move(row));
  }
  PHAROS_TRY_VOID(Finish(&out, before));
  return is_or ? MergeSameLabels(std::move(out)) : base::Result<Matrix>(std::move(out));
}

}  // namespace pharos::query::promql
