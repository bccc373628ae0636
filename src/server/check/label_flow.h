// Which labels the result of a PromQL expression can carry: what the selectors may bring, less
// what aggregations and matchings take away. Static: it looks at no data.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "query/promql/ast.h"

namespace pharos::server::check {

/// Either "any label but these" (a selector may bring what it likes) or "only these".
struct LabelFlow {
  bool open = false;
  std::set<std::string, std::less<>> names;  ///< open: never there; else: may be there

  bool May(std::string_view label) const { return open != names.contains(label); }
  void Drop(const std::string& label);
  void Add(const std::string& label);
  void KeepOnly(const std::set<std::string, std::less<>>& labels);
  void Union(const LabelFlow& other);
};

/// Cost: linear in the tree.
LabelFlow LabelsOf(const query::promql::Expr& expr);

/// Calls `visit` for every vector selector of the tree.
template <class Visit>
void EachSelector(const query::promql::Expr& expr, Visit&& visit);
/// Every node, parents first.
template <class Visit>
void EachNode(const query::promql::Expr& expr, Visit&& visit);

/// Parentheses taken off.
const query::promql::Expr& Bare(const query::promql::Expr& expr);
/// The name that a selector asks for: in front of the braces or `__name__="…"`; or "".
std::string MetricOf(const query::promql::VectorSelector& selector);

// ---- how the walks go ---------------------------------------------------------------------

template <class Visit>
void EachNode(const query::promql::Expr& expr, Visit&& visit) {
  namespace p = query::promql;
  visit(expr);
  const auto below = [&](const p::ExprPtr& child) {
    if (child != nullptr) EachNode(*child, visit);
  };
  switch (expr.kind) {
    case p::NodeKind::kMatrix: below(p::As<p::MatrixSelector>(&expr, expr.kind)->vector); break;
    case p::NodeKind::kSubquery: below(p::As<p::SubqueryExpr>(&expr, expr.kind)->expr); break;
    case p::NodeKind::kCall:
      for (const auto& arg : p::As<p::Call>(&expr, expr.kind)->args) below(arg);
      break;
    case p::NodeKind::kAggregate:
      below(p::As<p::AggregateExpr>(&expr, expr.kind)->param);
      below(p::As<p::AggregateExpr>(&expr, expr.kind)->expr);
      break;
    case p::NodeKind::kBinary:
      below(p::As<p::BinaryExpr>(&expr, expr.kind)->lhs);
      below(p::As<p::BinaryExpr>(&expr, expr.kind)->rhs);
      break;
    case p::NodeKind::kUnary: below(p::As<p::UnaryExpr>(&expr, expr.kind)->expr); break;
    case p::NodeKind::kParen: below(p::As<p::ParenExpr>(&expr, expr.kind)->expr); break;
    case p::NodeKind::kStepInvariant:
      below(p::As<p::StepInvariantExpr>(&expr, expr.kind)->expr);
      break;
    default: break;
  }
}

template <class Visit>
void EachSelector(const query::promql::Expr& expr, Visit&& visit) {
  EachNode(expr, [&](const query::promql::Expr& node) {
    if (const auto* selector = query::promql::As<query::promql::VectorSelector>(
            &node, query::promql::NodeKind::kVector))
      visit(*selector);
  });
}

}  // namespace pharos::server::check
