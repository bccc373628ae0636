// Operators, calls, aggregations, literals.
#include <algorithm>
#include <cmath>

#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/limits.h"
#include "query/promql/parser_impl.h"

namespace pharos::query::promql {
namespace {

constexpr int kUnaryPrecedence = 5;

/// 0: not a binary operator.
int Precedence(Tok t) {
  switch (t) {
    case Tok::kOr: return 1;
    case Tok::kAnd:
    case Tok::kUnless: return 2;
    case Tok::kEqlc:
    case Tok::kGte:
    case Tok::kGtr:
    case Tok::kLss:
    case Tok::kLte:
    case Tok::kNeq:
    case Tok::kTrimUpper:
    case Tok::kTrimLower: return 3;
    case Tok::kAdd:
    case Tok::kSub: return 4;
    case Tok::kMul:
    case Tok::kDiv:
    case Tok::kMod:
    case Tok::kAtan2: return 5;
    case Tok::kPow: return 6;
    default: return 0;
  }
}

/// Words that may name a metric although they mean something elsewhere.
bool MayBeMetric(Tok t) {
  if (IsAggregator(t)) return true;
  switch (t) {
    case Tok::kIdentifier:
    case Tok::kMetricIdentifier:
    case Tok::kBy:
    case Tok::kFill:
    case Tok::kFillLeft:
    case Tok::kFillRight:
    case Tok::kAnd:
    case Tok::kOr:
    case Tok::kUnless:
    case Tok::kOffset:
    case Tok::kWithout:
    case Tok::kStart:
    case Tok::kEnd:
    case Tok::kStep:
    case Tok::kRange:
    case Tok::kAnchored:
    case Tok::kSmoothed:
    case Tok::kMaxOf:
    case Tok::kMinOf: return true;
    default: return false;
  }
}

bool MayBeGroupingLabel(Tok t) {
  if (t == Tok::kWithout) return false;
  return MayBeMetric(t) || t == Tok::kBool || t == Tok::kGroupLeft || t == Tok::kGroupRight ||
         t == Tok::kIgnoring || t == Tok::kOn || t == Tok::kAtan2;
}

}  // namespace

bool Parser::SetHeight(Expr* node, const ExprPtr& first, const ExprPtr& second) {
  for (const ExprPtr* child : {&first, &second}) {
    if (*child != nullptr) node->height = std::max(node->height, (*child)->height + 1);
  }
  if (node->height <= kMaxDepth) return true;
  if (!stopped_) {
    AddError(token_.span(),
             "expression is nested too deeply (limit " + std::to_string(kMaxDepth) + " levels)");
  }
  stopped_ = true;
  return false;
}

ExprPtr Parser::ParseExpression() {
  if (stopped_) return nullptr;
  if (Is(Tok::kEof)) {
    AddError({}, "no expression found in input");
    return nullptr;
  }
  ExprPtr expr = ParseBinary(1);
  if (expr == nullptr || stopped_) return nullptr;
  if (!Is(Tok::kEof)) return SyntaxError();
  return expr;
}

ExprPtr Parser::ParseBinary(int min_precedence) {
  ExprPtr lhs = ParseOperand();
  while (lhs != nullptr && !stopped_) {
    const Tok op = token_.type;
    const int precedence = Precedence(op);
    if (precedence == 0 || precedence < min_precedence) return lhs;
    Advance();
    auto node = std::make_unique<BinaryExpr>();
    if (!ParseBinaryModifiers(node.get())) return nullptr;
    const DepthScope depth(this);  // `a ^ a ^ a …` recurses here
    if (!depth.ok) return nullptr;
    ExprPtr rhs = ParseBinary(op == Tok::kPow ? precedence : precedence + 1);
    if (rhs == nullptr) return nullptr;
    lhs = MakeBinary(std::move(node), std::move(lhs), op, std::move(rhs));
  }
  return stopped_ ? nullptr : std::move(lhs);
}

ExprPtr Parser::MakeBinary(std::unique_ptr<BinaryExpr> node, ExprPtr lhs, Tok op, ExprPtr rhs) {
  if (!SetHeight(node.get(), lhs, rhs)) return nullptr;
  const bool scalar = lhs->type() == ValueType::kScalar && rhs->type() == ValueType::kScalar;
  node->value_type = scalar ? ValueType::kScalar : ValueType::kVector;
  node->op = op;
  node->lhs = std::move(lhs);
  node->rhs = std::move(rhs);
  return node;
}

ExprPtr Parser::ParseOperand() {
  const DepthScope depth(this);
  if (!depth.ok) return nullptr;
  if (Is(Tok::kAdd) || Is(Tok::kSub)) return ParseUnary();
  ExprPtr primary = ParsePrimary();
  return primary == nullptr ? nullptr : ParsePostfix(std::move(primary));
}

ExprPtr Parser::ParseUnary() {
  const Token sign = token_;
  Advance();
  ExprPtr operand = ParseBinary(kUnaryPrecedence + 1);
  if (operand == nullptr) return nullptr;
  if (auto* number = As<NumberLiteral>(operand.get(), NodeKind::kNumber)) {
    if (sign.type == Tok::kSub) number->value *= -1;
    number->where.start = sign.pos;
    return operand;
  }
  auto node = std::make_unique<UnaryExpr>();
  if (!SetHeight(node.get(), operand)) return nullptr;
  node->op = sign.type;
  node->start_pos = sign.pos;
  node->expr = std::move(operand);
  return node;
}

ExprPtr Parser::ParsePostfix(ExprPtr expr) {
  while (expr != nullptr && !stopped_) {
    switch (token_.type) {
      case Tok::kOffset:
        if (!ParseOffset(expr.get())) return nullptr;
        break;
      case Tok::kAt:
        if (!ParseAt(expr.get())) return nullptr;
        break;
      case Tok::kLeftBracket: expr = ParseBracket(std::move(expr)); break;
      case Tok::kAnchored:
      case Tok::kSmoothed: {
        const bool anchored = Is(Tok::kAnchored);
        Advance();
        SetExtended(expr.get(), anchored);
        break;
      }
      default: return expr;
    }
  }
  return stopped_ ? nullptr : std::move(expr);
}

ExprPtr Parser::ParsePrimary() {
  if (stopped_) return nullptr;
  switch (token_.type) {
    case Tok::kNumber:
    case Tok::kDuration: return ParseNumber();
    case Tok::kString: {
      const Token token = token_;
      auto node = std::make_unique<StringLiteral>(Unquote(token), token.span());
      Advance();
      return node;
    }
    case Tok::kLeftParen: return ParseParen();
    case Tok::kLeftBrace: return ParseVectorSelector(std::nullopt);
    default: break;
  }
  return MayBeMetric(token_.type) ? ParseWord() : SyntaxError();
}

ExprPtr Parser::ParseNumber() {
  const Token token = token_;
  Advance();
  double value = 0;
  if (token.type == Tok::kNumber) {
    value = NumberOf(token);
  } else if (const auto duration = ParseGoDuration(token.text)) {
    value = static_cast<double>(*duration / kNsPerSecond) +
            static_cast<double>(*duration % kNsPerSecond) / 1e9;
  } else {
    AddError(token.span(), duration.error().message);
  }
  auto node = std::make_unique<NumberLiteral>(value, token.span());
  node->duration = token.type == Tok::kDuration;
  return node;
}

double Parser::NumberOf(const Token& token) {
  double value = 0;
  if (ParseNumberLiteral(token.text, &value)) return value;
  const char* why = std::isinf(value) ? "value out of range" : "invalid syntax";
  AddError(token.span(),
           "error parsing number: strconv.ParseFloat: parsing " + GoQuote(token.text) + ": " + why);
  return value;
}

ExprPtr Parser::ParseParen() {
  const Token open = token_;
  Advance();
  ExprPtr inner = ParseBinary(1);
  if (inner == nullptr) return nullptr;
  const Token close = token_;
  if (!Is(Tok::kRightParen)) return SyntaxError();
  auto node = std::make_unique<ParenExpr>();
  if (!SetHeight(node.get(), inner)) return nullptr;
  node->expr = std::move(inner);
  node->where = {open.pos, close.span().end};
  Advance();
  return node;
}

ExprPtr Parser::ParseWord() {
  const Token word = token_;
  Advance();
  if (stopped_ && token_.type != Tok::kError) return nullptr;
  if (IsAggregator(word.type) && (Is(Tok::kLeftParen) || Is(Tok::kBy) || Is(Tok::kWithout))) {
    return ParseAggregate(word);
  }
  const bool callable =
      word.type == Tok::kIdentifier || (word.type >= Tok::kStart && word.type <= Tok::kMinOf);
  if (callable && Is(Tok::kLeftParen)) return ParseCall(word);
  return ParseVectorSelector(word);
}

ExprPtr Parser::ParseCall(const Token& name) {
  auto node = std::make_unique<Call>();
  if (!ParseCallBody(&node->args)) return nullptr;
  node->function = FindFunction(name.text);
  if (node->function == nullptr) {
    AddError(name.span(), "unknown function with name " + GoQuote(name.text));
  }
  node->where = {name.pos, last_closing_};
  for (const ExprPtr& arg : node->args) {
    if (!SetHeight(node.get(), arg)) return nullptr;
  }
  return node;
}

bool Parser::ParseCallBody(std::vector<ExprPtr>* args) {
  if (!Expect(Tok::kLeftParen)) return false;
  if (Is(Tok::kRightParen)) {
    Advance();
    return true;
  }
  while (true) {
    ExprPtr arg = ParseBinary(1);
    if (arg == nullptr) return false;
    args->push_back(std::move(arg));
    bool more = false;
    while (Is(Tok::kComma) && !more) {
      const Token comma = token_;
      Advance();
      if (stopped_) return false;
      more = !Is(Tok::kRightParen) && !Is(Tok::kComma);
      if (!more) AddError(comma.span(), "trailing commas not allowed in function call args");
    }
    if (more) continue;
    if (!Is(Tok::kRightParen)) {
      SyntaxError();
      return false;
    }
    Advance();
    return true;
  }
}

ExprPtr Parser::ParseAggregate(const Token& word) {
  auto node = std::make_unique<AggregateExpr>();
  node->op = word.type;
  std::vector<ExprPtr> args;
  {
    const ContextScope context(this, {"aggregation", ""});
    const bool modified = Is(Tok::kBy) || Is(Tok::kWithout);
    bool fine = ParseAggregateModifier(node.get()) && ParseCallBody(&args);
    if (fine && !modified) fine = ParseAggregateModifier(node.get());
    if (!fine) {
      AddError({word.pos, last_closing_}, "no arguments for aggregate expression provided");
      return nullptr;
    }
  }
  node->where = {word.pos, last_closing_};
  return FinishAggregate(std::move(node), std::move(args));
}

ExprPtr Parser::FinishAggregate(std::unique_ptr<AggregateExpr> node, std::vector<ExprPtr> args) {
  if (args.empty()) {
    AddError(node->where, "no arguments for aggregate expression provided");
    return node;
  }
  const size_t wanted = TakesParameter(node->op) ? 2 : 1;
  const size_t got = args.size();
  if (got != wanted) {
    AddError(node->where, "wrong number of arguments for aggregate expression provided, expected " +
                              std::to_string(wanted) + ", got " + std::to_string(got));
  }
  if (wanted == 2) node->param = std::move(args[0]);
  if (got >= wanted) node->expr = std::move(args[wanted - 1]);
  if (!SetHeight(node.get(), node->param, node->expr)) return nullptr;
  return node;
}

// Reads `by (…)` or `without (…)` if it is there.
bool Parser::ParseAggregateModifier(AggregateExpr* node) {
  if (!Is(Tok::kBy) && !Is(Tok::kWithout)) return true;
  node->without = Is(Tok::kWithout);
  Advance();
  return ParseGroupingLabels(&node->grouping);
}

bool Parser::ParseGroupingLabels(std::vector<std::string>* labels) {
  if (!Is(Tok::kLeftParen)) {
    Unexpected("grouping opts", "\"(\"");
    return false;
  }
  Advance();
  while (!Is(Tok::kRightParen)) {
    if (!ParseGroupingLabel(labels)) return false;
    if (Is(Tok::kRightParen)) break;
    if (!Is(Tok::kComma)) {
      Unexpected("grouping opts", "\",\" or \")\"");
      return false;
    }
    Advance();
  }
  Advance();
  return true;
}

bool Parser::ParseGroupingLabel(std::vector<std::string>* labels) {
  if (stopped_ || (!Is(Tok::kString) && !MayBeGroupingLabel(token_.type))) {
    Unexpected("grouping opts", "label");
    return false;
  }
  const std::string label = Is(Tok::kString) ? Unquote(token_) : token_.text;
  if (label.empty() || !ValidUtf8(label)) {
    AddError(token_.span(), "invalid label name for grouping: " + GoQuote(label));
  }
  labels->push_back(label);
  Advance();
  return true;
}

bool Parser::ParseBinaryModifiers(BinaryExpr* node) {
  VectorMatching matching;
  if (Is(Tok::kBool)) {
    node->return_bool = true;
    Advance();
  }
  if (Is(Tok::kOn) || Is(Tok::kIgnoring)) {
    matching.on = Is(Tok::kOn);
    Advance();
    if (!ParseGroupingLabels(&matching.labels)) return false;
    if (Is(Tok::kGroupLeft) || Is(Tok::kGroupRight)) {
      matching.card = Is(Tok::kGroupLeft) ? Cardinality::kManyToOne : Cardinality::kOneToMany;
      Advance();
      if (Is(Tok::kLeftParen) && !ParseGroupingLabels(&matching.include)) return false;
    }
  }
  node->matching = std::move(matching);
  return ParseFill(&*node->matching);
}

bool Parser::ParseFill(VectorMatching* matching) {
  if (Is(Tok::kFill)) {
    double value = 0;
    if (!ParseFillValue(&value)) return false;
    matching->fill_lhs = matching->fill_rhs = value;
    return true;
  }
  const Tok first = token_.type;
  if (first != Tok::kFillLeft && first != Tok::kFillRight) return true;
  double value = 0;
  if (!ParseFillValue(&value)) return false;
  (first == Tok::kFillLeft ? matching->fill_lhs : matching->fill_rhs) = value;
  const Tok other = first == Tok::kFillLeft ? Tok::kFillRight : Tok::kFillLeft;
  if (!Is(other)) return true;
  if (!ParseFillValue(&value)) return false;
  (first == Tok::kFillLeft ? matching->fill_rhs : matching->fill_lhs) = value;
  return true;
}

bool Parser::ParseFillValue(double* value) {
  Advance();
  if (!Expect(Tok::kLeftParen)) return false;
  const bool negative = Is(Tok::kSub);
  if (negative || Is(Tok::kAdd)) Advance();
  if (!Is(Tok::kNumber) && !Is(Tok::kDuration)) {
    SyntaxError();
    return false;
  }
  const ExprPtr number = ParseNumber();
  *value = static_cast<NumberLiteral*>(number.get())->value * (negative ? -1 : 1);
  return Expect(Tok::kRightParen);
}

}  // namespace pharos::query::promql
