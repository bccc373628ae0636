// Duration expressions: what stands in brackets and behind `offset`.
#include <cmath>

#include "query/promql/parser_impl.h"

namespace pharos::query::promql {
namespace {

constexpr double kMaxSeconds = 9223372036.854775808;  // int64 nanoseconds
constexpr int kUnaryPrecedence = 2;

bool OutOfRange(double seconds) { return seconds > kMaxSeconds || seconds < -kMaxSeconds; }

int Precedence(Tok t) {
  switch (t) {
    case Tok::kAdd:
    case Tok::kSub: return 1;
    case Tok::kMul:
    case Tok::kDiv:
    case Tok::kMod: return 2;
    case Tok::kPow: return 3;
    default: return 0;
  }
}

bool IsSign(Tok t) { return t == Tok::kAdd || t == Tok::kSub; }

}  // namespace

ExprPtr Parser::ParsePositiveDuration() {
  ExprPtr expr = ParseDuration(1);
  auto* number = As<NumberLiteral>(expr.get(), NodeKind::kNumber);
  if (number == nullptr || number->value > 0) return expr;
  AddError(number->where, "duration must be greater than 0");
  return std::make_unique<NumberLiteral>(0, number->where);
}

// Without parentheses `foo offset -2^2` is `(foo offset -2)^2`: a literal ends the offset.
ExprPtr Parser::ParseOffsetDuration() {
  if (stopped_) return nullptr;
  if (Is(Tok::kNumber) || Is(Tok::kDuration)) return DurationNumber(nullptr);
  if (!IsSign(token_.type)) {
    if (!Is(Tok::kLeftParen)) return ParseDurationFunction();
    return ParseDuration(1);
  }
  const Token sign = token_;
  Advance();
  if (Is(Tok::kNumber) || Is(Tok::kDuration)) return DurationNumber(&sign);
  if (Is(Tok::kLeftParen)) {
    Advance();
    ExprPtr inner = ParseDuration(1);
    if (inner == nullptr || !Expect(Tok::kRightParen)) return nullptr;
    const Span where = inner->span();
    return ApplySign(sign, WrapDuration(std::move(inner), where.start, where.end));
  }
  ExprPtr inner = ParseDurationFunction();
  if (inner == nullptr) return nullptr;
  auto node = std::make_unique<DurationExpr>(sign.type, nullptr, std::move(inner));
  node->start_pos = sign.pos;
  return node;
}

ExprPtr Parser::DurationNumber(const Token* sign) {
  ExprPtr expr = ParseNumber();
  auto* number = static_cast<NumberLiteral*>(expr.get());
  if (sign != nullptr && sign->type == Tok::kSub) number->value *= -1;
  if (OutOfRange(number->value)) {
    AddError(sign != nullptr ? sign->span() : number->where, "duration out of range");
    return std::make_unique<NumberLiteral>(0, Span{});
  }
  if (sign != nullptr) number->where.start = sign->pos;
  return expr;
}

ExprPtr Parser::ParseDuration(int min_precedence) {
  const DepthScope depth(this);
  if (!depth.ok) return nullptr;
  ExprPtr lhs = ParseDurationOperand();
  while (lhs != nullptr && !stopped_) {
    const Token op = token_;
    const int precedence = Precedence(op.type);
    if (precedence == 0 || precedence < min_precedence) return lhs;
    Advance();
    ExprPtr rhs = ParseDuration(op.type == Tok::kPow ? precedence : precedence + 1);
    if (rhs == nullptr) return nullptr;
    lhs = MakeDurationBinary(op, std::move(lhs), std::move(rhs));
  }
  return stopped_ ? nullptr : std::move(lhs);
}

ExprPtr Parser::MakeDurationBinary(const Token& op, ExprPtr lhs, ExprPtr rhs) {
  const auto* divisor = As<NumberLiteral>(rhs.get(), NodeKind::kNumber);
  if ((op.type == Tok::kDiv || op.type == Tok::kMod) && divisor != nullptr && divisor->value == 0) {
    AddError(op.span(), op.type == Tok::kDiv ? "division by zero" : "modulo by zero");
    return std::make_unique<NumberLiteral>(0, Span{});
  }
  auto node = std::make_unique<DurationExpr>(op.type, nullptr, nullptr);
  if (!SetHeight(node.get(), lhs, rhs)) return nullptr;
  node->lhs = std::move(lhs);
  node->rhs = std::move(rhs);
  return node;
}

ExprPtr Parser::ParseDurationOperand() {
  if (stopped_) return nullptr;
  if (Is(Tok::kNumber) || Is(Tok::kDuration)) return DurationNumber(nullptr);
  if (IsSign(token_.type)) {
    const Token sign = token_;
    Advance();
    ExprPtr inner = ParseDuration(kUnaryPrecedence + 1);
    return inner == nullptr ? nullptr : ApplySign(sign, std::move(inner));
  }
  if (!Is(Tok::kLeftParen)) return ParseDurationFunction();
  const int start = token_.pos;
  Advance();
  ExprPtr inner = ParseDuration(1);
  if (inner == nullptr || !Expect(Tok::kRightParen)) return nullptr;
  return WrapDuration(std::move(inner), start, last_closing_);
}

ExprPtr Parser::ParseDurationFunction() {
  if (stopped_) return nullptr;
  const Token word = token_;
  const bool two = Is(Tok::kMaxOf) || Is(Tok::kMinOf);
  if (!two && !Is(Tok::kStep) && !Is(Tok::kRange)) return SyntaxError();
  Advance();
  if (!Expect(Tok::kLeftParen)) return nullptr;
  auto node = std::make_unique<DurationExpr>(word.type, nullptr, nullptr);
  if (two) {
    node->lhs = ParseDuration(1);
    if (node->lhs == nullptr || !Expect(Tok::kComma)) return nullptr;
    node->rhs = ParseDuration(1);
    if (node->rhs == nullptr || !SetHeight(node.get(), node->lhs, node->rhs)) return nullptr;
  }
  if (!Expect(Tok::kRightParen)) return nullptr;
  node->start_pos = word.pos;
  node->end_pos = last_closing_;
  return node;
}

// A bare number has no flag for its parentheses, so it becomes a unary plus.
ExprPtr Parser::WrapDuration(ExprPtr expr, int start, int end) {
  if (auto* duration = As<DurationExpr>(expr.get(), NodeKind::kDuration)) {
    duration->wrapped = true;
    return expr;
  }
  auto node = std::make_unique<DurationExpr>(Tok::kAdd, nullptr, std::move(expr));
  node->wrapped = true;
  node->start_pos = start;
  node->end_pos = end;
  return node;
}

ExprPtr Parser::ApplySign(const Token& sign, ExprPtr expr) {
  if (expr->kind == NodeKind::kDuration) {
    if (sign.type != Tok::kSub) return expr;
    auto node = std::make_unique<DurationExpr>(Tok::kSub, nullptr, std::move(expr));
    node->start_pos = sign.pos;
    return node;
  }
  auto* number = static_cast<NumberLiteral*>(expr.get());
  if (sign.type == Tok::kSub) number->value *= -1;
  if (OutOfRange(number->value)) {
    AddError(sign.span(), "duration out of range");
    return std::make_unique<NumberLiteral>(0, Span{});
  }
  number->where.start = sign.pos;
  return expr;
}

}  // namespace pharos::query::promql
