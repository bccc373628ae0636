#include "query/logql/parser.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "match/line_matcher.h"
#include "query/logql/binary_arithmetic.h"
#include "query/logql/parser_base.h"

namespace pharos::query::logql {
namespace {

using base::Result;

constexpr std::string_view kNoMatcher =
    "queries require at least one regexp or equality matcher that does not have an "
    "empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but "
    "app=~\".+\" will";

bool OneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string SixDigits(double value) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%f", value);
  return buffer;
}

struct OpInfo {
  BinaryOp op;
  int strength;
};
std::optional<OpInfo> OpOf(Token token) {
  switch (token) {
    case Token::kOr: return OpInfo{BinaryOp::kOr, 1};
    case Token::kAnd: return OpInfo{BinaryOp::kAnd, 2};
    case Token::kUnless: return OpInfo{BinaryOp::kUnless, 2};
    case Token::kCompareEq: return OpInfo{BinaryOp::kEqual, 3};
    case Token::kNeq: return OpInfo{BinaryOp::kNotEqual, 3};
    case Token::kGt: return OpInfo{BinaryOp::kGreater, 3};
    case Token::kGte: return OpInfo{BinaryOp::kGreaterEqual, 3};
    case Token::kLt: return OpInfo{BinaryOp::kLess, 3};
    case Token::kLte: return OpInfo{BinaryOp::kLessEqual, 3};
    case Token::kAdd: return OpInfo{BinaryOp::kAdd, 4};
    case Token::kSub: return OpInfo{BinaryOp::kSub, 4};
    case Token::kMul: return OpInfo{BinaryOp::kMul, 5};
    case Token::kDiv: return OpInfo{BinaryOp::kDiv, 5};
    case Token::kMod: return OpInfo{BinaryOp::kMod, 5};
    case Token::kPow: return OpInfo{BinaryOp::kPow, 6};
    default: return std::nullopt;
  }
}

ExprPtr Make(auto node) {
  auto expr = std::make_unique<Expr>();
  expr->node = std::move(node);
  return expr;
}

class MetricParser : public LogParser {
 public:
  using LogParser::LogParser;

  Result<ExprPtr> Query() {
    PHAROS_TRY(ExprPtr expr, Expression(0));
    if (!Is(Token::kEnd)) return Unexpected();
    PHAROS_TRY_VOID(NothingLeft());
    PHAROS_TRY_VOID(Validate(*expr));
    return expr;
  }

  Result<std::vector<model::Matcher>> OnlySelector() {
    PHAROS_TRY(auto matchers, Selector());
    if (!Is(Token::kEnd)) return Unexpected();
    PHAROS_TRY_VOID(NothingLeft());
    return matchers;
  }

  /// The lexer may have stopped early; then the end is not the end.
  Result<void> NothingLeft() const {
    const auto error = Unexpected();
    if (error.error().message.find("unexpected $end") == std::string::npos) return error;
    return {};
  }

 private:
  Result<ExprPtr> Expression(int least) {
    const DepthGuard guard(depth_);
    PHAROS_TRY_VOID(CheckDepth());
    PHAROS_TRY(ExprPtr left, Primary());
    while (const auto info = OpOf(Now().token)) {
      if (info->strength < least) break;
      PHAROS_TRY_VOID(CountOperator());
      Take();
      Binary binary;
      binary.op = info->op;
      PHAROS_TRY_VOID(Modifiers(&binary));
      PHAROS_TRY(ExprPtr right,
                 Expression(info->op == BinaryOp::kPow ? info->strength : info->strength + 1));
      PHAROS_TRY(left, Join(std::move(binary), std::move(left), std::move(right)));
    }
    return left;
  }

  Result<void> Modifiers(Binary* binary) {
    if (TakeIf(Token::kBool)) binary->return_bool = true;
    if (!Is(Token::kOn) && !Is(Token::kIgnoring)) return {};
    binary->matching.given = true;
    binary->matching.on = Take().token == Token::kOn;
    PHAROS_TRY(binary->matching.labels, NameList());
    if (!Is(Token::kGroupLeft) && !Is(Token::kGroupRight)) return {};
    binary->matching.cardinality =
        Take().token == Token::kGroupLeft ? Cardinality::kManyToOne : Cardinality::kOneToMany;
    // `group_left (a, b)`, but `group_left (sum(…))` is the right side in parentheses.
    const Token inside = Ahead(1).token;
    const Token behind = Ahead(2).token;
    const bool names = inside == Token::kCloseParenthesis ||
                       (inside == Token::kIdentifier &&
                        (behind == Token::kComma || behind == Token::kCloseParenthesis));
    if (Is(Token::kOpenParenthesis) && names) {
      PHAROS_TRY(binary->matching.include, NameList());
    }
    return {};
  }

  static Result<ExprPtr> Join(Binary binary, ExprPtr left, ExprPtr right) {
    const auto leg = [&](const Expr& expr, std::string_view side) -> Result<void> {
      const std::string op(BinaryOpText(binary.op));
      if (const auto* log = expr.As<LogExpr>()) {
        return Meaning("unexpected type for " + std::string(side) + " leg of binary operation (" +
                       op + "): *syntax." +
                       (log->stages.empty() ? "MatchersExpr" : "PipelineExpr"));
      }
      if (const auto* literal = expr.As<Literal>(); literal != nullptr && IsSetOp(binary.op)) {
        return Meaning("unexpected literal for " + std::string(side) +
                       " leg of logical/set binary operation (" + op +
                       "): " + SixDigits(literal->value));
      }
      return {};
    };
    PHAROS_TRY_VOID(leg(*left, "left"));
    PHAROS_TRY_VOID(leg(*right, "right"));
    const auto* a = left->As<Literal>();
    const auto* b = right->As<Literal>();
    if (a != nullptr && b != nullptr) {
      return Make(Literal{CombineScalars(binary.op, a->value, b->value)});
    }
    binary.left = std::move(left);
    binary.right = std::move(right);
    return Make(std::move(binary));
  }

  Result<ExprPtr> Primary() {
    PHAROS_TRY_VOID(Count());
    switch (Now().token) {
      case Token::kOpenBrace: return Log();
      case Token::kOpenParenthesis: {
        Take();
        PHAROS_TRY(ExprPtr inner, Expression(0));
        if (!TakeIf(Token::kCloseParenthesis)) return Unexpected();
        if (inner->IsLog()) {
          PHAROS_TRY_VOID(Pipeline(&std::get<LogExpr>(inner->node).stages, nullptr));
        }
        return inner;
      }
      case Token::kNumber:
      case Token::kAdd:
      case Token::kSub: {
        PHAROS_TRY(const double value, SignedNumber());
        return Make(Literal{value});
      }
      case Token::kRangeFunction: return RangeCall();
      case Token::kVectorFunction: return VectorCall();
      case Token::kLabelReplace: return LabelReplaceCall();
      case Token::kVector: {
        Take();
        PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
        if (!Is(Token::kNumber)) return Unexpected("NUMBER");
        PHAROS_TRY(const double value, SignedNumber());
        PHAROS_TRY(const Lexeme close, Expect(Token::kCloseParenthesis, ")"));
        return Make(VectorExpr{value});
      }
      default: return Unexpected();
    }
  }

  Result<ExprPtr> Log() {
    LogExpr log;
    PHAROS_TRY(log.matchers, Selector());
    PHAROS_TRY_VOID(Pipeline(&log.stages, nullptr));
    return Make(std::move(log));
  }

  // ---- range aggregations ----

  Result<ExprPtr> RangeCall() {
    RangeAggregation call;
    call.function = Take().text;
    PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
    std::string parameter;
    if (Is(Token::kNumber)) {
      parameter = Now().text;
      PHAROS_TRY(call.parameter, SignedNumber());
      PHAROS_TRY(const Lexeme comma, Expect(Token::kComma, ","));
    }
    if (!Is(Token::kOpenBrace) && !Is(Token::kOpenParenthesis)) {
      return Unexpected(call.parameter ? "{ or (" : "NUMBER or { or (");
    }
    PHAROS_TRY_VOID(RangeBody(&call));
    if (call.range_ns == 0 || !Is(Token::kCloseParenthesis)) return Unexpected();
    Take();
    if (Is(Token::kBy) || Is(Token::kWithout)) {
      PHAROS_TRY(call.grouping, GroupingOf());
    }
    PHAROS_TRY_VOID(CheckRange(call, parameter));
    return Make(std::move(call));
  }

  /// selector, pipeline, range, offset, pipeline; the whole or the selector in parentheses.
  Result<void> RangeBody(RangeAggregation* call) {
    const DepthGuard guard(depth_);
    PHAROS_TRY_VOID(CheckDepth());
    if (TakeIf(Token::kOpenParenthesis)) {
      PHAROS_TRY_VOID(RangeBody(call));
      if (!TakeIf(Token::kCloseParenthesis)) return Unexpected();
    } else {
      PHAROS_TRY(call->log.matchers, Selector());
    }
    PHAROS_TRY_VOID(RangePipeline(call));
    if (call->range_ns == 0 && Is(Token::kRange)) {
      call->range_ns = Take().duration_ns;
      if (call->range_ns <= 0) return Meaning("the range of a range aggregation must be positive");
      if (TakeIf(Token::kOffset)) {
        PHAROS_TRY(const Lexeme by, Expect(Token::kDuration, "DURATION"));
        call->offset_ns = by.duration_ns;
      }
      const int64_t offset = call->offset_ns;
      if (std::max(call->range_ns, offset) > kMaxDurationNs || offset < -kMaxDurationNs) {
        return Meaning("a range or an offset is longer than 36 years");
      }
      PHAROS_TRY_VOID(RangePipeline(call));
    }
    return {};
  }

  Result<void> RangePipeline(RangeAggregation* call) {
    if (call->unwrap) return {};
    return Pipeline(&call->log.stages, &call->unwrap);
  }

  static Result<void> CheckRange(const RangeAggregation& call, const std::string& parameter) {
    const std::string& f = call.function;
    if (call.parameter && f != "quantile_over_time") {
      return Meaning("parameter " + parameter + " not supported for operation " + f);
    }
    if (!call.parameter && f == "quantile_over_time") {
      return Meaning("parameter required for operation " + f);
    }
    const bool groups =
        OneOf(f, {"avg_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time",
                  "max_over_time", "min_over_time", "first_over_time", "last_over_time"});
    if (call.grouping && !groups) return Meaning("grouping not allowed for " + f + " aggregation");
    const bool needs_unwrap = groups || OneOf(f, {"sum_over_time", "rate_counter"});
    const bool may_unwrap = needs_unwrap || OneOf(f, {"rate", "absent_over_time"});
    if (needs_unwrap && !call.unwrap)
      return Meaning("invalid aggregation " + f + " without unwrap");
    if (!may_unwrap && call.unwrap) return Meaning("invalid aggregation " + f + " with unwrap");
    return {};
  }

  // ---- vector aggregations ----

  Result<Grouping> GroupingOf() {
    Grouping grouping;
    grouping.without = Take().token == Token::kWithout;
    PHAROS_TRY(grouping.labels, NameList());
    return grouping;
  }

  Result<ExprPtr> VectorCall() {
    VectorAggregation call;
    call.function = Take().text;
    if (Is(Token::kBy) || Is(Token::kWithout)) {
      PHAROS_TRY(call.grouping, GroupingOf());
    }
    PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
    std::optional<std::string> parameter;
    if (Is(Token::kNumber) && Ahead(1).token == Token::kComma) {
      parameter = Take().text;
      Take();
    }
    PHAROS_TRY(call.inner, Expression(0));
    if (call.inner->IsLog() || !Is(Token::kCloseParenthesis)) return Unexpected();
    Take();
    if (!call.grouping && (Is(Token::kBy) || Is(Token::kWithout))) {
      PHAROS_TRY(call.grouping, GroupingOf());
    }
    const std::string& f = call.function;
    if (OneOf(f, {"topk", "bottomk", "approx_topk"})) {
      if (!parameter) return Meaning("parameter required for operation " + f);
      const bool whole = !parameter->empty() && parameter->size() < 10 &&
                         parameter->find_first_not_of("0123456789") == std::string::npos;
      if (!whole) return Meaning("invalid parameter " + f + "(" + *parameter + ",");
      call.parameter = std::stoll(*parameter);
      if (f == "approx_topk" && call.parameter == 0) {
        return Meaning("invalid parameter (must be greater than 0) " + f + "(" + *parameter + ",");
      }
    } else if (parameter) {
      return Meaning("unsupported parameter for operation " + f + "(" + *parameter + ",");
    }
    if (call.grouping && f == "approx_topk") {
      return Meaning("grouping not allowed for " + f + " aggregation");
    }
    return Make(std::move(call));
  }

  Result<ExprPtr> LabelReplaceCall() {
    Take();
    LabelReplace call;
    PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
    PHAROS_TRY(call.inner, Expression(0));
    if (call.inner->IsLog()) return Unexpected();
    for (std::string* text : {&call.destination, &call.replacement, &call.source, &call.regex}) {
      PHAROS_TRY(const Lexeme comma, Expect(Token::kComma, ","));
      PHAROS_TRY(Lexeme value, Expect(Token::kString, "STRING"));
      *text = std::move(value.text);
    }
    PHAROS_TRY(const Lexeme close, Expect(Token::kCloseParenthesis, ")"));
    if (auto regex = match::CheckRegex(call.regex); !regex) {
      return Meaning("invalid regex in label_replace: " + regex.error().message);
    }
    return Make(std::move(call));
  }

  // ---- after parsing ----

  static Result<void> CheckMatchers(const std::vector<model::Matcher>& matchers) {
    const bool found = std::any_of(matchers.begin(), matchers.end(),
                                   [](const model::Matcher& m) { return !m.MatchesEmpty(); });
    if (!found) return Meaning(kNoMatcher);
    return {};
  }

  static Result<void> Validate(const Expr& expr) {
    if (const auto* log = expr.As<LogExpr>()) return CheckMatchers(log->matchers);
    if (const auto* range = expr.As<RangeAggregation>()) return CheckMatchers(range->log.matchers);
    if (const auto* vector = expr.As<VectorAggregation>()) return Validate(*vector->inner);
    if (const auto* replace = expr.As<LabelReplace>()) return Validate(*replace->inner);
    if (const auto* binary = expr.As<Binary>()) {
      PHAROS_TRY_VOID(Validate(*binary->left));
      return Validate(*binary->right);
    }
    return {};
  }
};

Result<void> CheckSize(std::string_view text) {
  if (text.size() <= kMaxQueryBytes) return {};
  return std::unexpected(ParseError(0, 0,
                                    "input size too long (" + std::to_string(text.size()) + " > " +
                                        std::to_string(kMaxQueryBytes) + ")"));
}

}  // namespace

Result<ExprPtr> Parse(std::string_view text) {
  PHAROS_TRY_VOID(CheckSize(text));
  return MetricParser(Lex(text)).Query();
}

Result<std::vector<model::Matcher>> ParseSelector(std::string_view text) {
  PHAROS_TRY_VOID(CheckSize(text));
  return MetricParser(Lex(text)).OnlySelector();
}

}  // namespace pharos::query::logql
