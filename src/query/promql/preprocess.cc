#include "query/promql/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/go_math.h"

namespace pharos::query::promql {
namespace {

/// Walks the tree once; each method returns the sentence of a failure, "" if none.
class Preprocessor {
 public:
  Preprocessor(const Grid& grid, bool instant)
      : grid_(grid), step_seconds_(instant ? 0 : static_cast<double>(grid.step_ms) / 1000) {}

  void Fold(ExprPtr& expr);
  std::string Durations(Expr* expr);
  struct Invariance {
    bool invariant;
    bool wrap;
  };
  Invariance Mark(ExprPtr& expr);

 private:
  double RangeSeconds() const { return static_cast<double>(grid_.end_ms - grid_.start_ms) / 1000; }
  void ResolveAt(TimeShift* shift) const;
  std::string Evaluate(const Expr& expr, double* seconds) const;
  std::string EvaluateBinary(const DurationExpr& node, double lhs, double rhs, double* out) const;
  std::string Resolve(const DurationExpr* expr, bool may_be_negative, int64_t* ns) const;
  Invariance MarkBinary(BinaryExpr* node);
  Invariance MarkCall(Call* node);

  const Grid& grid_;
  const double step_seconds_;
};

void Unwrap(ExprPtr& expr) {
  while (expr != nullptr && expr->kind == NodeKind::kParen) {
    ExprPtr inner = std::move(static_cast<ParenExpr*>(expr.get())->expr);
    expr = std::move(inner);
  }
}

void Wrap(ExprPtr& expr) { expr = std::make_unique<StepInvariantExpr>(std::move(expr)); }

/// Marks selectors whose histograms are only asked for count and sum: there resets are told
/// from sample to sample as they are read.
struct CountsOnly {
  bool counted = false;  ///< below histogram_count, _sum or _avg
  bool blocked = false;  ///< below something that needs the buckets, or in a subquery

  void Mark(Expr* expr) const {
    if (expr == nullptr) return;
    CountsOnly below = *this;
    switch (expr->kind) {
      case NodeKind::kVector:
        static_cast<VectorSelector*>(expr)->counts_only = counted && !blocked;
        break;
      case NodeKind::kMatrix: Mark(static_cast<MatrixSelector*>(expr)->vector.get()); break;
      case NodeKind::kSubquery:
        below.blocked = true;
        below.Mark(static_cast<SubqueryExpr*>(expr)->expr.get());
        break;
      case NodeKind::kCall: {
        const auto* call = static_cast<Call*>(expr);
        const std::string_view name = call->function->name;
        if (name == "histogram_count" || name == "histogram_sum" || name == "histogram_avg")
          below.counted = true;
        if (name.starts_with("histogram_quantile") || name == "histogram_fraction")
          below.blocked = true;
        for (const ExprPtr& arg : call->args) below.Mark(arg.get());
        break;
      }
      case NodeKind::kBinary: {
        const auto* node = static_cast<BinaryExpr*>(expr);
        if (node->op == Tok::kTrimUpper || node->op == Tok::kTrimLower) below.blocked = true;
        below.Mark(node->lhs.get());
        below.Mark(node->rhs.get());
        break;
      }
      case NodeKind::kAggregate:
        Mark(static_cast<AggregateExpr*>(expr)->expr.get());
        Mark(static_cast<AggregateExpr*>(expr)->param.get());
        break;
      case NodeKind::kUnary: Mark(static_cast<UnaryExpr*>(expr)->expr.get()); break;
      case NodeKind::kParen: Mark(static_cast<ParenExpr*>(expr)->expr.get()); break;
      default: break;
    }
  }
};

std::string Where(const Expr& expr) {
  return std::to_string(expr.span().start) + ":" + std::to_string(expr.span().end) + ": ";
}

void Preprocessor::Fold(ExprPtr& expr) {
  if (expr == nullptr) return;
  if (auto* call = As<Call>(expr.get(), NodeKind::kCall)) {
    const std::string_view name = call->function->name;
    const double end = static_cast<double>(grid_.end_ms) / 1000;
    double value = 0;
    if (name == "start")
      value = static_cast<double>(grid_.start_ms) / 1000;
    else if (name == "end")
      value = end;
    else if (name == "range")
      value = RangeSeconds();
    else if (name == "step")
      value = grid_.start_ms == grid_.end_ms ? 0 : step_seconds_;
    else {
      for (ExprPtr& arg : call->args) Fold(arg);
      return;
    }
    expr = std::make_unique<NumberLiteral>(value, call->where);
    return;
  }
  switch (expr->kind) {
    case NodeKind::kBinary:
      Fold(static_cast<BinaryExpr*>(expr.get())->lhs);
      Fold(static_cast<BinaryExpr*>(expr.get())->rhs);
      break;
    case NodeKind::kAggregate:
      Fold(static_cast<AggregateExpr*>(expr.get())->expr);
      Fold(static_cast<AggregateExpr*>(expr.get())->param);
      break;
    case NodeKind::kUnary: Fold(static_cast<UnaryExpr*>(expr.get())->expr); break;
    case NodeKind::kParen: Fold(static_cast<ParenExpr*>(expr.get())->expr); break;
    case NodeKind::kSubquery: Fold(static_cast<SubqueryExpr*>(expr.get())->expr); break;
    default: break;
  }
}

std::string Preprocessor::EvaluateBinary(const DurationExpr& node, double lhs, double rhs,
                                         double* out) const {
  switch (node.op) {
    case Tok::kStep: *out = step_seconds_; return "";
    case Tok::kRange: *out = RangeSeconds(); return "";
    case Tok::kMinOf:
      *out = std::isnan(lhs) || std::isnan(rhs) ? NAN : std::min(lhs, rhs);
      return "";
    case Tok::kMaxOf:
      *out = std::isnan(lhs) || std::isnan(rhs) ? NAN : std::max(lhs, rhs);
      return "";
    case Tok::kAdd: *out = node.lhs == nullptr ? rhs : lhs + rhs; return "";
    case Tok::kSub: *out = node.lhs == nullptr ? -rhs : lhs - rhs; return "";
    case Tok::kMul: *out = lhs * rhs; return "";
    case Tok::kDiv:
      if (rhs == 0) return Where(node) + "division by zero";
      *out = lhs / rhs;
      return "";
    case Tok::kMod:
      if (rhs == 0) return Where(node) + "modulo by zero";
      *out = std::fmod(lhs, rhs);
      return "";
    case Tok::kPow: *out = GoPow(lhs, rhs); return "";
    default: return "unexpected duration expression operator";
  }
}

std::string Preprocessor::Evaluate(const Expr& expr, double* seconds) const {
  if (const auto* number = As<NumberLiteral>(&expr, NodeKind::kNumber)) {
    *seconds = number->value;
    return "";
  }
  const auto& node = static_cast<const DurationExpr&>(expr);
  double lhs = 0;
  double rhs = 0;
  if (node.lhs != nullptr) {
    if (std::string problem = Evaluate(*node.lhs, &lhs); !problem.empty()) return problem;
  }
  if (node.rhs != nullptr) {
    if (std::string problem = Evaluate(*node.rhs, &rhs); !problem.empty()) return problem;
  }
  return EvaluateBinary(node, lhs, rhs, seconds);
}

std::string Preprocessor::Resolve(const DurationExpr* expr, bool may_be_negative,
                                  int64_t* ns) const {
  if (expr == nullptr) return "";
  double seconds = 0;
  if (std::string problem = Evaluate(*expr, &seconds); !problem.empty()) return problem;
  if (!std::isfinite(seconds)) return Where(*expr) + "duration is NaN or infinite";
  if (seconds <= 0 && !may_be_negative) return Where(*expr) + "duration must be greater than 0";
  if (std::abs(seconds) > 9223372036.854775808) return Where(*expr) + "duration is out of range";
  *ns = static_cast<int64_t>(std::clamp(seconds * 1000, -9.2e12, 9.2e12)) * kNsPerMs;
  return "";
}

std::string Preprocessor::Durations(Expr* expr) {
  if (expr == nullptr) return "";
  switch (expr->kind) {
    case NodeKind::kVector: {
      TimeShift& shift = static_cast<VectorSelector*>(expr)->shift;
      return Resolve(shift.offset_expr.get(), true, &shift.original_offset_ns);
    }
    case NodeKind::kMatrix: {
      auto* node = static_cast<MatrixSelector*>(expr);
      std::string problem = Resolve(node->range_expr.get(), false, &node->range_ns);
      return problem.empty() ? Durations(node->vector.get()) : problem;
    }
    case NodeKind::kSubquery: {
      auto* node = static_cast<SubqueryExpr*>(expr);
      std::string problem =
          Resolve(node->shift.offset_expr.get(), true, &node->shift.original_offset_ns);
      if (problem.empty()) problem = Resolve(node->step_expr.get(), false, &node->step_ns);
      if (problem.empty()) problem = Resolve(node->range_expr.get(), false, &node->range_ns);
      return problem.empty() ? Durations(node->expr.get()) : problem;
    }
    case NodeKind::kCall: {
      for (const ExprPtr& arg : static_cast<Call*>(expr)->args) {
        if (std::string problem = Durations(arg.get()); !problem.empty()) return problem;
      }
      return "";
    }
    case NodeKind::kAggregate: {
      std::string problem = Durations(static_cast<AggregateExpr*>(expr)->expr.get());
      return problem.empty() ? Durations(static_cast<AggregateExpr*>(expr)->param.get()) : problem;
    }
    case NodeKind::kBinary: {
      std::string problem = Durations(static_cast<BinaryExpr*>(expr)->lhs.get());
      return problem.empty() ? Durations(static_cast<BinaryExpr*>(expr)->rhs.get()) : problem;
    }
    case NodeKind::kUnary: return Durations(static_cast<UnaryExpr*>(expr)->expr.get());
    case NodeKind::kParen: return Durations(static_cast<ParenExpr*>(expr)->expr.get());
    default: return "";
  }
}

void Preprocessor::ResolveAt(TimeShift* shift) const {
  if (shift->at_preprocessor == Tok::kStart) shift->at_ms = grid_.start_ms;
  if (shift->at_preprocessor == Tok::kEnd) shift->at_ms = grid_.end_ms;
}

Preprocessor::Invariance Preprocessor::MarkBinary(BinaryExpr* node) {
  const Invariance lhs = Mark(node->lhs);
  const Invariance rhs = Mark(node->rhs);
  if (lhs.invariant && rhs.invariant) return {true, true};
  if (lhs.wrap) Wrap(node->lhs);
  if (rhs.wrap) Wrap(node->rhs);
  return {false, false};
}

Preprocessor::Invariance Preprocessor::MarkCall(Call* node) {
  bool invariant = !DependsOnTime(node->function->name);
  bool timestamp_safe = node->function->name == "timestamp";
  std::vector<bool> wrap;
  for (ExprPtr& arg : node->args) {
    Unwrap(arg);
    const Invariance mark = Mark(arg);
    wrap.push_back(mark.wrap);
    invariant = invariant && mark.invariant;
    if (!mark.invariant || arg->kind != NodeKind::kVector) timestamp_safe = false;
  }
  if (invariant || timestamp_safe) return {true, true};
  for (size_t i = 0; i < wrap.size(); ++i) {
    if (wrap[i]) Wrap(node->args[i]);
  }
  return {false, false};
}

Preprocessor::Invariance Preprocessor::Mark(ExprPtr& expr) {
  switch (expr->kind) {
    case NodeKind::kVector: {
      TimeShift& shift = static_cast<VectorSelector*>(expr.get())->shift;
      ResolveAt(&shift);
      return {shift.at_ms.has_value(), shift.at_ms.has_value()};
    }
    case NodeKind::kMatrix: {
      const Invariance inner = Mark(static_cast<MatrixSelector*>(expr.get())->vector);
      return {inner.invariant, false};
    }
    case NodeKind::kSubquery: {
      auto* node = static_cast<SubqueryExpr*>(expr.get());
      if (Mark(node->expr).invariant) Wrap(node->expr);
      ResolveAt(&node->shift);
      return {node->shift.at_ms.has_value(), false};
    }
    case NodeKind::kAggregate: {
      auto* node = static_cast<AggregateExpr*>(expr.get());
      Unwrap(node->expr);
      Unwrap(node->param);
      const Invariance inner = Mark(node->expr);
      if (node->param == nullptr) return inner;
      // Beyond Prometheus, which looks at the vector alone: a parameter that changes from
      // step to step keeps the aggregation from being computed once.
      const Invariance param = Mark(node->param);
      if (inner.invariant && param.invariant) return inner;
      if (inner.wrap) Wrap(node->expr);
      if (param.wrap) Wrap(node->param);
      return {false, false};
    }
    case NodeKind::kBinary: return MarkBinary(static_cast<BinaryExpr*>(expr.get()));
    case NodeKind::kCall: return MarkCall(static_cast<Call*>(expr.get()));
    case NodeKind::kParen: return Mark(static_cast<ParenExpr*>(expr.get())->expr);
    case NodeKind::kUnary: return Mark(static_cast<UnaryExpr*>(expr.get())->expr);
    default: return {true, false};
  }
}

}  // namespace

bool DependsOnTime(std::string_view function) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "days_in_month", "day_of_month", "day_of_week", "day_of_year", "end",
      "hour",          "minute",       "month",       "year",        "predict_linear",
      "range",         "start",        "step",        "time",        "timestamp"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

base::Result<ExprPtr> Preprocess(ExprPtr expr, const Grid& grid, bool instant) {
  Preprocessor work(grid, instant);
  work.Fold(expr);
  CountsOnly().Mark(expr.get());
  if (std::string problem = work.Durations(expr.get()); !problem.empty()) {
    return base::Fail(base::ErrorKind::kBadInput, std::move(problem));
  }
  if (work.Mark(expr).wrap) Wrap(expr);
  return expr;
}

}  // namespace pharos::query::promql
