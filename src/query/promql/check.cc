// Types and rules that the grammar does not show.
#include <algorithm>

#include "query/promql/function_table.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser_impl.h"

namespace pharos::query::promql {
namespace {

std::string Typed(std::string_view before, ValueType want, const std::string& context,
                  ValueType got) {
  std::string text(before);
  text.append(DocumentedType(want)).append(" in ").append(context).append(", got ");
  text.append(DocumentedType(got));
  return text;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Where the operator stands, without the blanks around it.
Span OperatorSpan(const BinaryExpr& node, std::string_view input) {
  Span where{node.lhs->span().end, node.rhs->span().start - 1};
  const auto size = static_cast<int>(input.size());
  while (where.start < size && IsBlank(input[static_cast<size_t>(where.start)])) ++where.start;
  while (where.end > 0 && where.end < size && IsBlank(input[static_cast<size_t>(where.end)]))
    --where.end;
  return where;
}

}  // namespace

void Parser::Check(Expr* expr) { CheckNode(expr); }

void Parser::ExpectType(Expr* expr, ValueType want, const std::string& context) {
  const ValueType got = CheckNode(expr);
  if (got != want) AddError(expr->span(), Typed("expected type ", want, context, got));
}

ValueType Parser::CheckNode(Expr* expr) {
  switch (expr->kind) {
    case NodeKind::kAggregate: CheckAggregate(static_cast<AggregateExpr*>(expr)); break;
    case NodeKind::kBinary: CheckBinary(static_cast<BinaryExpr*>(expr)); break;
    case NodeKind::kCall: CheckCall(static_cast<Call*>(expr)); break;
    case NodeKind::kParen: CheckNode(static_cast<ParenExpr*>(expr)->expr.get()); break;
    case NodeKind::kMatrix: CheckNode(static_cast<MatrixSelector*>(expr)->vector.get()); break;
    case NodeKind::kVector: CheckSelector(static_cast<VectorSelector*>(expr)); break;
    case NodeKind::kUnary: {
      const ValueType type = CheckNode(static_cast<UnaryExpr*>(expr)->expr.get());
      if (type != ValueType::kScalar && type != ValueType::kVector) {
        AddError(
            expr->span(),
            "unary expression only allowed on expressions of type scalar or instant vector, got " +
                GoQuote(DocumentedType(type)));
      }
      break;
    }
    case NodeKind::kSubquery: {
      const ValueType type = CheckNode(static_cast<SubqueryExpr*>(expr)->expr.get());
      if (type != ValueType::kVector) {
        AddError(expr->span(), "subquery is only allowed on instant vector, got " +
                                   std::string(TypeName(type)) + " instead");
      }
      break;
    }
    default: break;
  }
  return expr->type();
}

void Parser::CheckAggregate(AggregateExpr* node) {
  ExpectType(node->expr.get(), ValueType::kVector, "aggregation expression");
  if (!TakesParameter(node->op)) return;
  const ValueType want = node->op == Tok::kCountValues ? ValueType::kString : ValueType::kScalar;
  ExpectType(node->param.get(), want, "aggregation parameter");
}

void Parser::CheckBinary(BinaryExpr* node) {
  const ValueType lhs = CheckNode(node->lhs.get());
  const ValueType rhs = CheckNode(node->rhs.get());
  const auto report = [&](std::string message) {
    AddError(OperatorSpan(*node, input_), std::move(message));
  };
  if (node->return_bool && !IsComparison(node->op))
    report("bool modifier can only be used on comparison operators");
  if (IsComparison(node->op) && !node->return_bool && lhs == ValueType::kScalar &&
      rhs == ValueType::kScalar) {
    report("comparisons between scalars must use BOOL modifier");
  }
  VectorMatching& matching = *node->matching;
  if (IsSetOperator(node->op) && matching.card == Cardinality::kOneToOne)
    matching.card = Cardinality::kManyToMany;
  for (const std::string& label : matching.labels) {
    if (matching.on && std::find(matching.include.begin(), matching.include.end(), label) !=
                           matching.include.end()) {
      report("label " + GoQuote(label) + " must not occur in ON and GROUP clause at once");
    }
  }
  for (const auto& [type, side] :
       {std::pair{lhs, node->lhs.get()}, std::pair{rhs, node->rhs.get()}}) {
    if (type != ValueType::kScalar && type != ValueType::kVector) {
      AddError(side->span(), "binary expression must contain only scalar and instant vector types");
    }
  }
  CheckMatching(node, lhs, rhs);
}

void Parser::CheckMatching(BinaryExpr* node, ValueType lhs, ValueType rhs) {
  const VectorMatching& matching = *node->matching;
  const bool fills = matching.fill_lhs.has_value() || matching.fill_rhs.has_value();
  const std::string op = GoQuote(TokText(node->op));
  if (lhs != ValueType::kVector || rhs != ValueType::kVector) {
    if (!matching.labels.empty())
      AddError(node->span(), "vector matching only allowed between instant vectors");
    if (fills)
      AddError(node->span(), "filling in missing series only allowed between instant vectors");
    node->matching.reset();
  } else if (IsSetOperator(node->op)) {
    if (matching.card == Cardinality::kOneToMany || matching.card == Cardinality::kManyToOne) {
      AddError(node->span(), "no grouping allowed for " + op + " operation");
    }
    if (matching.card != Cardinality::kManyToMany)
      AddError(node->span(), "set operations must always be many-to-many");
    if (fills) AddError(node->span(), "filling in missing series not allowed for set operators");
  }
  if ((lhs == ValueType::kScalar || rhs == ValueType::kScalar) && IsSetOperator(node->op)) {
    AddError(node->span(), "set operator " + op + " not allowed in binary scalar expression");
  }
}

void Parser::CheckCall(Call* node) {
  const Function& function = *node->function;
  const auto count = static_cast<int>(function.ArgumentCount());
  const auto got = static_cast<int>(node->args.size());
  const std::string tail =
      " argument(s) in call to " + GoQuote(function.name) + ", got " + std::to_string(got);
  if (function.variadic == 0) {
    if (count != got) AddError(node->where, "expected " + std::to_string(count) + tail);
  } else if (count - 1 > got) {
    AddError(node->where, "expected at least " + std::to_string(count - 1) + tail);
  } else if (function.variadic > 0 && count - 1 + function.variadic < got) {
    AddError(node->where,
             "expected at most " + std::to_string(count - 1 + function.variadic) + tail);
  }
  if (function.name == "info" && got > 1) CheckInfoArguments(node);
  for (int i = 0; i < got; ++i) {
    if (i >= count && function.variadic == 0) break;
    Expr* arg = node->args[static_cast<size_t>(i)].get();
    const ValueType want = function.ArgumentType(static_cast<size_t>(i));
    const ValueType type = CheckNode(arg);
    if (type != want) {
      AddError(arg->span(),
               Typed("expected type ", want, "call to function " + GoQuote(function.name), type));
    }
  }
}

void Parser::CheckInfoArguments(Call* node) {
  Expr* arg = node->args[1].get();
  if (arg->type() != ValueType::kVector) {
    AddError(node->where,
             Typed("expected type ", ValueType::kVector, "call to function \"info\"", arg->type()));
  }
  auto* selector = As<VectorSelector>(arg, NodeKind::kVector);
  if (selector == nullptr) {
    AddError(arg->span(), "expected label selectors only");
  } else if (!selector->name.empty()) {
    AddError(arg->span(), "expected label selectors only, got vector selector instead");
  } else {
    selector->allow_empty_matchers = true;
  }
}

void Parser::CheckSelector(VectorSelector* node) {
  const auto& matchers = node->matchers;
  if (!node->name.empty()) {
    for (size_t i = 0; i + 1 < matchers.size(); ++i) {
      if (matchers[i].name() != model::kMetricName) continue;
      AddError(node->where, "metric name must not be set twice: " + GoQuote(node->name) + " or " +
                                GoQuote(matchers[i].value()));
    }
    return;
  }
  if (node->allow_empty_matchers) return;
  if (std::none_of(matchers.begin(), matchers.end(),
                   [](const model::Matcher& m) { return !m.MatchesEmpty(); })) {
    AddError(node->where, "vector selector must contain at least one non-empty matcher");
  }
}

}  // namespace pharos::query::promql
