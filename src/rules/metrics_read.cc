#include "rules/metrics_read.h"

#include "query/promql/parser.h"

namespace pharos::rules {
namespace {

using query::promql::As;
using query::promql::Expr;
using query::promql::NodeKind;
using Names = std::set<std::string, std::less<>>;

void Walk(const Expr* expr, Names& names) {
  namespace ql = query::promql;
  if (expr == nullptr) return;
  if (const auto* selector = As<ql::VectorSelector>(expr, NodeKind::kVector)) {
    for (const model::Matcher& matcher : selector->matchers) {
      if (matcher.name() == model::kMetricName && matcher.op() == model::MatchOp::kEqual)
        names.insert(matcher.value());
    }
  } else if (const auto* matrix = As<ql::MatrixSelector>(expr, NodeKind::kMatrix)) {
    Walk(matrix->vector.get(), names);
  } else if (const auto* subquery = As<ql::SubqueryExpr>(expr, NodeKind::kSubquery)) {
    Walk(subquery->expr.get(), names);
  } else if (const auto* call = As<ql::Call>(expr, NodeKind::kCall)) {
    for (const auto& argument : call->args) Walk(argument.get(), names);
  } else if (const auto* aggregate = As<ql::AggregateExpr>(expr, NodeKind::kAggregate)) {
    Walk(aggregate->expr.get(), names);
    Walk(aggregate->param.get(), names);
  } else if (const auto* binary = As<ql::BinaryExpr>(expr, NodeKind::kBinary)) {
    Walk(binary->lhs.get(), names);
    Walk(binary->rhs.get(), names);
  } else if (const auto* unary = As<ql::UnaryExpr>(expr, NodeKind::kUnary)) {
    Walk(unary->expr.get(), names);
  } else if (const auto* paren = As<ql::ParenExpr>(expr, NodeKind::kParen)) {
    Walk(paren->expr.get(), names);
  }
}

}  // namespace

Names MetricsRead(const RuleSet& rules) {
  Names names;
  for (const GroupSpec& spec : rules.groups) {
    for (const conf::Rule& rule : spec.group.rules) {
      if (const auto expr = query::promql::ParseExpr(rule.expr)) Walk(expr->get(), names);
    }
  }
  return names;
}

}  // namespace pharos::rules
