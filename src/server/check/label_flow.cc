#include "server/check/label_flow.h"

#include <algorithm>

#include "query/promql/function_table.h"

namespace pharos::server::check {
namespace {

using namespace query::promql;  // NOLINT: the tree's own words

using Names = std::set<std::string, std::less<>>;

LabelFlow Any() { return {.open = true, .names = {}}; }

LabelFlow OfSelector(const VectorSelector& selector) {
  LabelFlow flow = Any();
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.op() == model::MatchOp::kEqual && matcher.value().empty())
      flow.Drop(matcher.name());
  }
  return flow;
}

LabelFlow OfAggregate(const AggregateExpr& expr) {
  LabelFlow flow = LabelsOf(*expr.expr);
  switch (expr.op) {
    case Tok::kTopk:
    case Tok::kBottomk:
    case Tok::kLimitk:
    case Tok::kLimitRatio: return flow;  // they choose series and leave them as they are
    default: break;
  }
  const Names grouping(expr.grouping.begin(), expr.grouping.end());
  if (expr.without) {
    for (const std::string& label : grouping) flow.Drop(label);
    flow.Drop("__name__");
  } else {
    flow.KeepOnly(grouping);
  }
  if (expr.op == Tok::kCountValues) {
    if (const auto* name = As<StringLiteral>(&Bare(*expr.param), NodeKind::kString))
      flow.Add(name->value);
  }
  return flow;
}

LabelFlow OfBinary(const BinaryExpr& expr) {
  const bool left = expr.lhs->type() == ValueType::kVector;
  const bool right = expr.rhs->type() == ValueType::kVector;
  if (!left && !right) return {};
  if (!left || !right) return LabelsOf(left ? *expr.lhs : *expr.rhs);
  LabelFlow flow = LabelsOf(*expr.lhs);
  if (expr.op == Tok::kAnd || expr.op == Tok::kUnless) return flow;
  if (expr.op == Tok::kOr) {
    flow.Union(LabelsOf(*expr.rhs));
    return flow;
  }
  if (!expr.matching) return flow;
  const VectorMatching& matching = *expr.matching;
  if (matching.card == Cardinality::kOneToOne) {
    const Names labels(matching.labels.begin(), matching.labels.end());
    if (matching.fill_lhs || matching.fill_rhs) flow.Union(LabelsOf(*expr.rhs));
    if (matching.on) {
      flow.KeepOnly(labels);
    } else {
      for (const std::string& label : labels) flow.Drop(label);
    }
    return flow;
  }
  // The many side's labels, and what group_left or group_right names from the other.
  if (matching.card == Cardinality::kOneToMany) flow = LabelsOf(*expr.rhs);
  for (const std::string& label : matching.include) flow.Add(label);
  return flow;
}

/// absent() knows the labels that the selector fixed.
LabelFlow OfAbsent(const Expr& argument) {
  LabelFlow flow;
  const Expr* at = &Bare(argument);
  if (const auto* matrix = As<MatrixSelector>(at, NodeKind::kMatrix)) at = matrix->selector();
  const auto* selector = As<VectorSelector>(at, NodeKind::kVector);
  if (selector == nullptr) return flow;
  for (const model::Matcher& matcher : selector->matchers) {
    if (matcher.op() == model::MatchOp::kEqual && matcher.name() != "__name__")
      flow.Add(matcher.name());
  }
  return flow;
}

LabelFlow OfCall(const Call& call) {
  const std::string_view name = call.function->name;
  if (name == "absent" || name == "absent_over_time") return OfAbsent(*call.args[0]);
  if (name == "info") return Any();
  LabelFlow flow;  // vector(), time(): none
  for (const ExprPtr& arg : call.args) {
    if (arg->type() == ValueType::kVector || arg->type() == ValueType::kMatrix) {
      flow = LabelsOf(*arg);
      break;
    }
  }
  if (name == "scalar") return {};
  if (name == "histogram_quantile" || name == "histogram_fraction") flow.Drop("le");
  if (name == "histogram_quantiles") return Any();
  if ((name == "label_replace" || name == "label_join") && call.args.size() > 1) {
    if (const auto* label = As<StringLiteral>(&Bare(*call.args[1]), NodeKind::kString))
      flow.Add(label->value);
  }
  return flow;
}

}  // namespace

void LabelFlow::Drop(const std::string& label) {
  if (open) {
    names.insert(label);
  } else {
    names.erase(label);
  }
}

void LabelFlow::Add(const std::string& label) {
  if (open) {
    names.erase(label);
  } else {
    names.insert(label);
  }
}

void LabelFlow::KeepOnly(const Names& labels) {
  Names kept;
  for (const std::string& label : labels) {
    if (May(label)) kept.insert(label);
  }
  *this = {.open = false, .names = std::move(kept)};
}

void LabelFlow::Union(const LabelFlow& other) {
  if (!open && !other.open) {
    names.insert(other.names.begin(), other.names.end());
    return;
  }
  Names never;
  for (const LabelFlow* side : {static_cast<const LabelFlow*>(this), &other}) {
    if (!side->open) continue;
    for (const std::string& label : side->names) {
      if (!May(label) && !other.May(label)) never.insert(label);
    }
  }
  *this = {.open = true, .names = std::move(never)};
}

LabelFlow LabelsOf(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kVector: return OfSelector(static_cast<const VectorSelector&>(expr));
    case NodeKind::kMatrix: return LabelsOf(*static_cast<const MatrixSelector&>(expr).vector);
    case NodeKind::kSubquery: return LabelsOf(*static_cast<const SubqueryExpr&>(expr).expr);
    case NodeKind::kCall: return OfCall(static_cast<const Call&>(expr));
    case NodeKind::kAggregate: return OfAggregate(static_cast<const AggregateExpr&>(expr));
    case NodeKind::kBinary: return OfBinary(static_cast<const BinaryExpr&>(expr));
    case NodeKind::kUnary: return LabelsOf(*static_cast<const UnaryExpr&>(expr).expr);
    case NodeKind::kParen: return LabelsOf(*static_cast<const ParenExpr&>(expr).expr);
    case NodeKind::kStepInvariant:
      return LabelsOf(*static_cast<const StepInvariantExpr&>(expr).expr);
    case NodeKind::kNumber:
    case NodeKind::kString:
    case NodeKind::kDuration: return {};
  }
  return Any();
}

const Expr& Bare(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* paren = As<ParenExpr>(at, NodeKind::kParen)) at = paren->expr.get();
  return *at;
}

std::string MetricOf(const VectorSelector& selector) {
  if (!selector.name.empty()) return selector.name;
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.name() == "__name__" && matcher.op() == model::MatchOp::kEqual)
      return matcher.value();
  }
  return "";
}

}  // namespace pharos::server::check
