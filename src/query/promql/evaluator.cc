#include "query/promql/evaluator.h"

#include <unordered_map>

#include "query/promql/column_kernels.h"
#include "query/promql/function_table.h"
#include "query/promql/histogram_math.h"
#include "query/promql/limits.h"

namespace pharos::query::promql {
namespace {

/// Whether WithoutName would leave something out.
bool HasName(const model::Labels& labels) {
  for (const model::LabelView label : labels) {
    if (label.name.starts_with("__") && (label.name == model::kMetricName ||
                                         label.name == "__type__" || label.name == "__unit__")) {
      return true;
    }
  }
  return false;
}

}  // namespace

int64_t Row::Count() const {
  auto count = static_cast<int64_t>(Kernels().count_present(values.data(), values.size()));
  for (const HistogramPtr& h : histograms) count += h == nullptr ? 0 : HistogramSize(*h);
  return count;
}

int64_t Row::Bytes() const {
  constexpr size_t kLabels = 128;
  auto bytes = static_cast<int64_t>(sizeof(Row) + kLabels + values.size() * sizeof(double) +
                                    histograms.size() * sizeof(HistogramPtr));
  const model::Histogram* last = nullptr;
  for (const HistogramPtr& h : histograms) {
    if (h == nullptr || h.get() == last) continue;
    last = h.get();
    bytes += 16 * HistogramSize(*h);  // Prometheus counts them in samples of so many bytes
  }
  return bytes;
}

model::Labels WithoutName(const model::Labels& labels) {
  model::LabelsBuilder builder(labels);
  builder.Delete(model::kMetricName).Delete("__type__").Delete("__unit__");
  return builder.Build();
}

Row Evaluator::NewRow(model::Labels labels) const {
  Row row;
  row.labels = std::move(labels);
  row.values.assign(steps_, Absent());
  return row;
}

void Evaluator::DropName(Row* row) const {
  if (!delayed() && HasName(row->labels)) row->labels = WithoutName(row->labels);
  row->drop_name = true;
}

base::Result<void> Evaluator::CheckCells(size_t rows, int64_t bytes) const {
  const auto cells = static_cast<double>(rows) * static_cast<double>(steps_);
  if (cells <= static_cast<double>(run_.context->limits().max_samples) * kCellsPerSample + 1e5)
    return run_.context->CheckBytes(static_cast<int64_t>(cells) * bytes);
  return base::Fail(base::ErrorKind::kLimit,
                    "query processing would load too many samples into memory in query execution");
}

// Drops rows that turned out empty and charges what is left.
base::Result<void> Evaluator::Finish(Matrix* matrix, int64_t released) {
  int64_t total = 0;
  std::erase_if(matrix->rows, [&total](const Row& row) {
    const int64_t count = row.Count();
    total += count;
    return count == 0;
  });
  return run_.context->Charge(total - released);
}

Matrix Evaluator::Constant(double value) const {
  Matrix matrix;
  Row row;
  row.values.assign(steps_, value);
  matrix.rows.push_back(std::move(row));
  return matrix;
}

base::Result<Matrix> Evaluator::Eval(const Expr& expr) {
  PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
  if (steps_ == 0) return Matrix{};
  int64_t held = run_.context->held_bytes();
  PHAROS_TRY(Matrix matrix, EvalNode(expr));
  for (const Row& row : matrix.rows) held += row.Bytes();
  PHAROS_TRY_VOID(run_.context->HoldBytes(held));
  return matrix;
}

base::Result<Matrix> Evaluator::EvalNode(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kNumber: return Constant(static_cast<const NumberLiteral&>(expr).value);
    case NodeKind::kVector: return EvalSelector(static_cast<const VectorSelector&>(expr));
    case NodeKind::kCall: return EvalCall(static_cast<const Call&>(expr));
    case NodeKind::kAggregate: return EvalAggregate(static_cast<const AggregateExpr&>(expr));
    case NodeKind::kBinary: return EvalBinary(static_cast<const BinaryExpr&>(expr));
    case NodeKind::kUnary: return EvalUnary(static_cast<const UnaryExpr&>(expr));
    case NodeKind::kParen: return Eval(*static_cast<const ParenExpr&>(expr).expr);
    case NodeKind::kStepInvariant:
      return EvalInvariant(static_cast<const StepInvariantExpr&>(expr));
    default:
      return EvalError("expression of type " + std::string(TypeName(expr.type())) +
                       " cannot be evaluated here");
  }
}

base::Result<Matrix> Evaluator::EvalInvariant(const StepInvariantExpr& node) {
  if (steps_ == 1) return Eval(*node.expr);
  Evaluator once(run_, Grid{grid_.start_ms, grid_.start_ms, grid_.step_ms});
  const int64_t read_before = run_.context->stats().total_samples;
  PHAROS_TRY(Matrix matrix, once.Eval(*node.expr));
  // Statistics count what every step looks at.
  const int64_t read = run_.context->stats().total_samples - read_before;
  run_.context->CountRead(read * static_cast<int64_t>(steps_ - 1));
  PHAROS_TRY_VOID(CheckCells(matrix.rows.size()));
  for (Row& row : matrix.rows) {
    const double value = row.values[0];
    row.values.assign(steps_, value);
    if (row.histograms.empty()) continue;
    const HistogramPtr histogram = row.histograms[0];
    row.histograms.assign(steps_, histogram);
  }
  PHAROS_TRY_VOID(run_.context->Charge(static_cast<int64_t>(matrix.rows.size() * (steps_ - 1))));
  return matrix;
}

base::Result<Matrix> Evaluator::EvalUnary(const UnaryExpr& node) {
  PHAROS_TRY(Matrix matrix, Eval(*node.expr));
  if (node.op != Tok::kSub) return matrix;
  for (Row& row : matrix.rows) {
    if (node.type() == ValueType::kVector) DropName(&row);
    for (double& v : row.values) v = IsAbsent(v) ? v : -v;
    for (HistogramPtr& h : row.histograms) {
      if (h == nullptr) continue;
      auto negated = std::make_shared<model::Histogram>(*h);
      MultiplyHistogram(*negated, -1);
      h = std::move(negated);
    }
  }
  if (delayed() || node.type() != ValueType::kVector) return matrix;
  return MergeSameLabels(std::move(matrix));
}

base::Result<Matrix> Evaluator::MergeSameLabels(Matrix matrix) {
  if (matrix.rows.size() < 2) return matrix;
  std::unordered_map<std::string_view, size_t> first;
  first.reserve(matrix.rows.size());
  std::vector<Row> merged;
  merged.reserve(matrix.rows.size());  // rows must not move: the map views their labels
  for (Row& row : matrix.rows) {
    const auto found = first.find(row.labels.bytes());
    if (found == first.end()) {
      merged.push_back(std::move(row));
      first.emplace(merged.back().labels.bytes(), merged.size() - 1);
      continue;
    }
    Row& into = merged[found->second];
    for (size_t step = 0; step < steps_; ++step) {
      if (!row.Has(step)) continue;
      if (into.Has(step)) return EvalError(std::string(kSameLabels));
      into.values[step] = row.values[step];
      if (row.HistogramAt(step) != nullptr) into.SetHistogram(step, row.histograms[step]);
    }
  }
  return Matrix{std::move(merged)};
}

base::Result<Matrix> Evaluator::DropMarkedNames(Matrix matrix) {
  for (Row& row : matrix.rows) {
    if (row.drop_name) row.labels = WithoutName(row.labels);
  }
  return MergeSameLabels(std::move(matrix));
}

}  // namespace pharos::query::promql
