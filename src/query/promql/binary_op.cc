#include "query/promql/binary_op.h"

#include "query/promql/histogram_math.h"

namespace pharos::query::promql {
namespace {

std::string_view TypeOf(const Operand& operand) {
  return operand.histogram == nullptr ? "float" : "histogram";
}

OpResult Kept(model::Histogram histogram, bool compact = true) {
  if (compact) CompactHistogram(histogram);
  OpResult result;
  result.keep = true;
  result.histogram = std::make_shared<model::Histogram>(std::move(histogram));
  return result;
}

OpResult Combine(Tok op, const model::Histogram& lhs, const model::Histogram& rhs, Span at,
                 Remarks& remarks) {
  model::Histogram sum = lhs;
  CombineNotes notes;
  const bool add = op == Tok::kAdd;
  if (!(add ? AddHistogram(sum, rhs, &notes) : SubtractHistogram(sum, rhs, &notes))) {
    remarks.IncompatibleLayout(TokText(op), at);
    OpResult none;
    none.refused = true;
    return none;
  }
  const std::string_view operation = add ? "addition" : "subtraction";
  if (!add) sum.reset = model::Histogram::Reset::kGauge;
  if (notes.bounds_reconciled) remarks.MismatchedBounds(operation, at);
  if (notes.reset_collision) remarks.ResetCollision(operation, at);
  OpResult result = Kept(std::move(sum));
  result.refused = notes.reset_collision;
  return result;
}

OpResult Scaled(Tok op, const model::Histogram& h, double by) {
  model::Histogram copy = h;
  if (op == Tok::kMul)
    MultiplyHistogram(copy, by);
  else
    DivideHistogram(copy, by);
  return Kept(std::move(copy));
}

}  // namespace

bool ChangesSchema(Tok op) {
  return op == Tok::kAdd || op == Tok::kSub || op == Tok::kDiv || op == Tok::kMul ||
         op == Tok::kPow || op == Tok::kMod || op == Tok::kAtan2;
}

double FloatOp(Tok op, double lhs, double rhs, bool* keep) {
  double value = lhs;
  *keep = true;
  if (WithArithmetic(op, [&](auto f) { value = f(lhs, rhs); })) return value;
  WithComparison(op, [&](auto f) { *keep = f(lhs, rhs); });
  return lhs;
}

double ScalarOp(Tok op, double lhs, double rhs) {
  bool keep = false;
  const double value = FloatOp(op, lhs, rhs, &keep);
  return IsComparison(op) ? (keep ? 1 : 0) : value;
}

OpResult MixedOp(Tok op, const Operand& lhs, const Operand& rhs, Span at, Remarks& remarks) {
  const model::Histogram* left = lhs.histogram;
  const model::Histogram* right = rhs.histogram;
  OpResult result;
  const bool trims = op == Tok::kTrimUpper || op == Tok::kTrimLower;
  if (left == nullptr && right == nullptr && !trims) {
    result.value = FloatOp(op, lhs.value, rhs.value, &result.keep);
    return result;
  }
  if (left != nullptr && right != nullptr) {
    if (op == Tok::kAdd || op == Tok::kSub) return Combine(op, *left, *right, at, remarks);
    if (op == Tok::kEqlc || op == Tok::kNeq) {
      result.keep = SameHistogram(*left, *right) == (op == Tok::kEqlc);
      result.histogram = std::make_shared<model::Histogram>(*left);
      return result;
    }
  } else if (left == nullptr && right != nullptr) {
    if (op == Tok::kMul) return Scaled(op, *right, lhs.value);
  } else if (left != nullptr) {
    if (op == Tok::kMul || op == Tok::kDiv) return Scaled(op, *left, rhs.value);
    if (trims) {
      model::Histogram copy = *left;
      TrimHistogram(copy, rhs.value, op == Tok::kTrimUpper);
      return Kept(std::move(copy), false);
    }
  }
  remarks.IncompatibleTypes(TypeOf(lhs), TokText(op), TypeOf(rhs), at);
  result.refused = true;
  return result;
}

}  // namespace pharos::query::promql
