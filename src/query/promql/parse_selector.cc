// Selectors and what may follow them: ranges, subqueries, offset, @, anchored, smoothed.
#include <cmath>
#include <limits>

#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser_impl.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kDurationWords = "number, duration, step(), or range()";

int64_t LiteralNs(const Expr* expr) {
  const auto* number = As<NumberLiteral>(expr, NodeKind::kNumber);
  if (number == nullptr) return 0;
  const double ns = std::round(number->value * 1e9);
  // What does not fit is, as where Prometheus runs, the lowest.
  const bool fits = ns >= -0x1p63 && ns < 0x1p63;
  return fits ? static_cast<int64_t>(ns) : std::numeric_limits<int64_t>::min();
}

std::unique_ptr<DurationExpr> TakeDurationExpr(ExprPtr expr) {
  if (As<DurationExpr>(expr.get(), NodeKind::kDuration) == nullptr) return nullptr;
  return std::unique_ptr<DurationExpr>(static_cast<DurationExpr*>(expr.release()));
}

model::MatchOp MatchOpOf(Tok t) {
  switch (t) {
    case Tok::kNeq: return model::MatchOp::kNotEqual;
    case Tok::kEqlRegex: return model::MatchOp::kRegex;
    case Tok::kNeqRegex: return model::MatchOp::kNotRegex;
    default: return model::MatchOp::kEqual;
  }
}

std::string FixedSix(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%f", value);
  return buffer;
}

}  // namespace

std::string Parser::Unquote(const Token& token) {
  auto value = GoUnquote(token.text);
  if (value.has_value()) return *std::move(value);
  AddError(token.span(), "error unquoting string " + GoQuote(token.text) + ": invalid syntax");
  return {};
}

ExprPtr Parser::ParseSelectorOnly() {
  if (stopped_) return nullptr;
  ExprPtr node;
  if (Is(Tok::kLeftBrace)) {
    node = ParseVectorSelector(std::nullopt);
  } else if (Is(Tok::kIdentifier) || Is(Tok::kMetricIdentifier) || IsAggregator(token_.type) ||
             IsKeyword(token_.type) || (token_.type >= Tok::kStart && token_.type <= Tok::kMinOf)) {
    const Token name = token_;
    Advance();
    node = ParseVectorSelector(name);
  } else {
    return SyntaxError();
  }
  if (node != nullptr && !Is(Tok::kEof)) return SyntaxError();
  return stopped_ ? nullptr : std::move(node);
}

ExprPtr Parser::ParseVectorSelector(std::optional<Token> name) {
  if (stopped_ && !name.has_value()) return nullptr;
  auto node = std::make_unique<VectorSelector>();
  node->where = name.has_value() ? name->span() : token_.span();
  if (Is(Tok::kLeftBrace)) {
    Advance();
    if (!ParseMatchers(node.get())) return nullptr;
    node->where.end = last_closing_;
  }
  if (name.has_value()) {
    node->name = name->text;
    node->matchers.push_back(model::Matcher::Equal(std::string(model::kMetricName), node->name));
  }
  return node;
}

bool Parser::ParseMatchers(VectorSelector* node) {
  while (!Is(Tok::kRightBrace)) {
    if (!ParseMatcher(node)) return false;
    if (Is(Tok::kRightBrace)) break;
    if (!Is(Tok::kComma)) {
      Unexpected("label matching", "\",\" or \"}\"");
      return false;
    }
    Advance();
  }
  Advance();
  return !stopped_ || token_.type == Tok::kError;
}

bool Parser::ParseMatcher(VectorSelector* node) {
  if (!Is(Tok::kIdentifier) && !Is(Tok::kString)) {
    Unexpected("label matching", "identifier or \"}\"");
    return false;
  }
  const Token label = token_;
  const std::string name = Is(Tok::kString) ? Unquote(label) : label.text;
  Advance();
  const Tok op = token_.type;
  if (op != Tok::kEql && op != Tok::kNeq && op != Tok::kEqlRegex && op != Tok::kNeqRegex) {
    if (label.type == Tok::kString && !stopped_) {
      node->matchers.push_back(model::Matcher::Equal(std::string(model::kMetricName), name));
      return true;
    }
    Unexpected("label matching", "label matching operator");
    return false;
  }
  Advance();
  if (!Is(Tok::kString)) {
    Unexpected("label matching", "string");
    return false;
  }
  const Token value = token_;
  auto matcher = model::Matcher::Make(MatchOpOf(op), name, Unquote(value));
  if (matcher) {
    node->matchers.push_back(*std::move(matcher));
  } else {
    AddError({label.pos, value.span().end}, matcher.error().message);
  }
  Advance();
  return true;
}

ExprPtr Parser::ParseBracket(ExprPtr expr) {
  const Token open = token_;
  Advance();
  ExprPtr range;
  {
    const ContextScope context(this, {"subquery or range selector", kDurationWords});
    range = ParsePositiveDuration();
    if (range == nullptr) return nullptr;
  }
  if (Is(Tok::kRightBracket)) {
    const Token close = token_;
    Advance();
    return FinishMatrix(std::move(expr), std::move(range), open, close);
  }
  if (!Is(Tok::kColon)) {
    Unexpected("subquery or range", "\":\" or \"]\"");
    return nullptr;
  }
  Advance();
  ExprPtr step;
  if (!Is(Tok::kRightBracket)) {
    const ContextScope context(
        this, {"subquery selector", "number, duration, step(), range(), or \"]\""});
    step = ParsePositiveDuration();
    if (step == nullptr) return nullptr;
  }
  if (!Is(Tok::kRightBracket)) {
    Unexpected("subquery selector", "\"]\"");
    return nullptr;
  }
  const Token close = token_;
  Advance();
  return FinishSubquery(std::move(expr), std::move(range), std::move(step), close);
}

ExprPtr Parser::FinishMatrix(ExprPtr expr, ExprPtr range, const Token& open, const Token& close) {
  const auto* selector = As<VectorSelector>(expr.get(), NodeKind::kVector);
  std::string_view problem;
  if (selector == nullptr) {
    problem = "ranges only allowed for vector selectors";
  } else if (selector->shift.original_offset_ns != 0 || selector->shift.offset_expr != nullptr) {
    problem = "no offset modifiers allowed before range";
  } else if (selector->shift.at_ms.has_value() || selector->shift.at_preprocessor != Tok::kEof) {
    problem = "no @ modifiers allowed before range";
  }
  if (!problem.empty()) AddError({open.pos, close.span().end}, std::string(problem));
  auto node = std::make_unique<MatrixSelector>();
  if (!SetHeight(node.get(), expr)) return nullptr;
  node->vector = std::move(expr);
  node->range_ns = LiteralNs(range.get());
  node->range_expr = TakeDurationExpr(std::move(range));
  node->end_pos = close.span().end;
  return node;
}

ExprPtr Parser::FinishSubquery(ExprPtr expr, ExprPtr range, ExprPtr step, const Token& close) {
  auto node = std::make_unique<SubqueryExpr>();
  if (!SetHeight(node.get(), expr)) return nullptr;
  node->expr = std::move(expr);
  node->range_ns = LiteralNs(range.get());
  node->range_expr = TakeDurationExpr(std::move(range));
  node->step_ns = LiteralNs(step.get());
  if (step != nullptr) node->step_expr = TakeDurationExpr(std::move(step));
  node->end_pos = close.pos + 1;
  return node;
}

TimeShift* Parser::ShiftOf(Expr* expr, std::string_view modifier, int** end) {
  if (auto* selector = As<VectorSelector>(expr, NodeKind::kVector)) {
    *end = &selector->where.end;
    return &selector->shift;
  }
  if (auto* matrix = As<MatrixSelector>(expr, NodeKind::kMatrix)) {
    auto* selector = As<VectorSelector>(matrix->vector.get(), NodeKind::kVector);
    *end = &matrix->end_pos;
    if (selector != nullptr) return &selector->shift;
    AddError(expr->span(), "ranges only allowed for vector selectors");
    return nullptr;
  }
  if (auto* subquery = As<SubqueryExpr>(expr, NodeKind::kSubquery)) {
    *end = &subquery->end_pos;
    return &subquery->shift;
  }
  AddError(expr->span(),
           std::string(modifier) +
               " modifier must be preceded by an instant vector selector or range vector "
               "selector or a subquery");
  return nullptr;
}

bool Parser::ParseOffset(Expr* expr) {
  const ContextScope context(this, {"offset", kDurationWords});
  Advance();
  ExprPtr duration = ParseOffsetDuration();
  if (duration == nullptr) return false;
  int* end = nullptr;
  TimeShift* shift = ShiftOf(expr, "offset", &end);
  if (shift == nullptr) return true;
  if (shift->original_offset_ns != 0 || shift->offset_expr != nullptr) {
    AddError(expr->span(), "offset may not be set multiple times");
  } else {
    shift->original_offset_ns = LiteralNs(duration.get());
    shift->offset_expr = TakeDurationExpr(std::move(duration));
  }
  *end = last_closing_;
  return true;
}

bool Parser::ParseAt(Expr* expr) {
  const ContextScope context(this, {"@", "timestamp"});
  Advance();
  if (Is(Tok::kStart) || Is(Tok::kEnd)) {
    const Tok which = token_.type;
    Advance();
    if (!Expect(Tok::kLeftParen) || !Expect(Tok::kRightParen)) return false;
    int* end = nullptr;
    TimeShift* shift = ShiftOf(expr, "@", &end);
    if (shift == nullptr) return true;
    if (shift->at_ms.has_value() || shift->at_preprocessor != Tok::kEof) {
      AddError(expr->span(), "@ <timestamp> may not be set multiple times");
      return true;
    }
    shift->at_preprocessor = which;
    *end = last_closing_;
    return true;
  }
  const bool negative = Is(Tok::kSub);
  if (negative || Is(Tok::kAdd)) Advance();
  if (!Is(Tok::kNumber) && !Is(Tok::kDuration)) {
    SyntaxError();
    return false;
  }
  const ExprPtr number = ParseNumber();
  const double seconds = static_cast<NumberLiteral*>(number.get())->value;
  SetTimestamp(expr, negative ? -seconds : seconds);
  return true;
}

void Parser::SetTimestamp(Expr* expr, double seconds) {
  const bool fits =
      std::isfinite(seconds) && seconds < 9223372036854775808.0 && seconds > -9223372036854775808.0;
  if (!fits) AddError(expr->span(), "timestamp out of bounds for @ modifier: " + FixedSix(seconds));
  int* end = nullptr;
  TimeShift* shift = ShiftOf(expr, "@", &end);
  if (shift == nullptr) return;
  if (shift->at_ms.has_value() || shift->at_preprocessor != Tok::kEof) {
    AddError(expr->span(), "@ <timestamp> may not be set multiple times");
    return;
  }
  const double ms = std::round(seconds * 1000);
  shift->at_ms = std::isfinite(ms) && std::abs(ms) < 9.2e18 ? static_cast<int64_t>(ms) : 0;
  *end = last_closing_;
}

void Parser::SetExtended(Expr* expr, bool anchored) {
  const std::string word = anchored ? "anchored" : "smoothed";
  auto* selector = As<VectorSelector>(expr, NodeKind::kVector);
  if (auto* matrix = As<MatrixSelector>(expr, NodeKind::kMatrix)) {
    selector = As<VectorSelector>(matrix->vector.get(), NodeKind::kVector);
    if (selector == nullptr) return;
  } else if (expr->kind == NodeKind::kSubquery) {
    AddError(expr->span(), word + " modifier is not supported for subqueries");
    return;
  }
  if (selector == nullptr) {
    AddError(expr->span(), word + " modifier not implemented");
    return;
  }
  (anchored ? selector->anchored : selector->smoothed) = true;
  if (selector->anchored && selector->smoothed) {
    AddError(expr->span(), "anchored and smoothed modifiers cannot be used together");
  }
}

}  // namespace pharos::query::promql
