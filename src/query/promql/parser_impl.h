// The parser's state, shared by the files that hold its parts (parse_expr.cc,
// parse_selector.cc, parse_duration.cc, check.cc). Included by those only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/lexer.h"
#include "query/promql/parser.h"

namespace pharos::query::promql {

/// Recursive descent over the grammar, one token of lookahead.
///
/// Owns: tokens and errors. Threads: one. Errors: collected; a syntax error stops the
/// parse (functions return null then). Cost: linear; recursion bounded by kMaxDepth.
class Parser {
 public:
  explicit Parser(std::string_view input) : input_(input), lexer_(input) { Advance(); }

  ExprPtr ParseExpression();
  ExprPtr ParseSelectorOnly();
  void Check(Expr* expr);
  std::vector<ParseError>& errors() { return errors_; }

 private:
  /// Which of the grammar's own error rules applies when nothing more precise does.
  struct Context {
    std::string_view where;
    std::string_view expected;
  };
  class ContextScope;
  class DepthScope;

  void Advance();
  void AddError(Span where, std::string message) { errors_.push_back({where, std::move(message)}); }
  void Unexpected(std::string_view context, std::string_view expected);
  std::nullptr_t SyntaxError();
  bool Expect(Tok type);
  bool Is(Tok type) const { return token_.type == type; }
  bool stopped() const { return stopped_; }
  /// Derives the height from the children; false, with an error, beyond kMaxDepth.
  bool SetHeight(Expr* node, const ExprPtr& first, const ExprPtr& second = nullptr);

  // parse_expr.cc
  ExprPtr ParseBinary(int min_precedence);
  ExprPtr ParseOperand();
  ExprPtr ParsePostfix(ExprPtr expr);
  ExprPtr ParsePrimary();
  ExprPtr ParseUnary();
  ExprPtr ParseParen();
  ExprPtr ParseWord();
  ExprPtr ParseNumber();
  ExprPtr ParseCall(const Token& name);
  ExprPtr ParseAggregate(const Token& word);
  ExprPtr FinishAggregate(std::unique_ptr<AggregateExpr> node, std::vector<ExprPtr> args);
  bool ParseAggregateModifier(AggregateExpr* node);
  bool ParseCallBody(std::vector<ExprPtr>* args);
  bool ParseGroupingLabels(std::vector<std::string>* labels);
  bool ParseGroupingLabel(std::vector<std::string>* labels);
  bool ParseBinaryModifiers(BinaryExpr* node);
  bool ParseFill(VectorMatching* matching);
  bool ParseFillValue(double* value);
  ExprPtr MakeBinary(std::unique_ptr<BinaryExpr> node, ExprPtr lhs, Tok op, ExprPtr rhs);
  double NumberOf(const Token& token);

  // parse_selector.cc
  ExprPtr ParseVectorSelector(std::optional<Token> name);
  bool ParseMatchers(VectorSelector* node);
  bool ParseMatcher(VectorSelector* node);
  std::string Unquote(const Token& token);
  ExprPtr ParseBracket(ExprPtr expr);
  ExprPtr FinishMatrix(ExprPtr expr, ExprPtr range, const Token& open, const Token& close);
  ExprPtr FinishSubquery(ExprPtr expr, ExprPtr range, ExprPtr step, const Token& close);
  bool ParseOffset(Expr* expr);
  bool ParseAt(Expr* expr);
  void SetTimestamp(Expr* expr, double seconds);
  void SetExtended(Expr* expr, bool anchored);
  /// Shift and end position of a selector or subquery; null with an error otherwise.
  TimeShift* ShiftOf(Expr* expr, std::string_view modifier, int** end);

  // parse_duration.cc
  ExprPtr ParseOffsetDuration();
  ExprPtr ParseDuration(int min_precedence);
  ExprPtr ParseDurationOperand();
  ExprPtr ParsePositiveDuration();
  ExprPtr ParseDurationFunction();
  ExprPtr DurationNumber(const Token* sign);
  ExprPtr ApplySign(const Token& sign, ExprPtr expr);
  ExprPtr WrapDuration(ExprPtr expr, int start, int end);
  ExprPtr MakeDurationBinary(const Token& op, ExprPtr lhs, ExprPtr rhs);

  // check.cc
  void ExpectType(Expr* expr, ValueType want, const std::string& context);
  ValueType CheckNode(Expr* expr);
  void CheckAggregate(AggregateExpr* node);
  void CheckBinary(BinaryExpr* node);
  void CheckMatching(BinaryExpr* node, ValueType lhs, ValueType rhs);
  void CheckCall(Call* node);
  void CheckInfoArguments(Call* node);
  void CheckSelector(VectorSelector* node);

  std::string_view input_;
  Lexer lexer_;
  Token token_;           ///< the lookahead
  int last_closing_ = 0;  ///< end of the last consumed token that may close an expression
  int depth_ = 0;
  bool stopped_ = false;
  std::vector<Context> contexts_;
  std::vector<ParseError> errors_;
};

class Parser::ContextScope {
 public:
  ContextScope(Parser* parser, Context context) : parser_(parser) {
    parser_->contexts_.push_back(context);
  }
  ~ContextScope() { parser_->contexts_.pop_back(); }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  Parser* parser_;
};

/// Counts recursion; `ok` is false beyond the limit, with the error reported.
class Parser::DepthScope {
 public:
  explicit DepthScope(Parser* parser);
  ~DepthScope() { --parser_->depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;
  bool ok = true;

 private:
  Parser* parser_;
};

}  // namespace pharos::query::promql
