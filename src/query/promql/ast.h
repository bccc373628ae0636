// The syntax tree of PromQL: what the parser makes, the checker types, the printer prints
// and the engine evaluates.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/matcher.h"
#include "query/promql/token.h"

namespace pharos::query::promql {

struct Function;

enum class ValueType : uint8_t { kNone, kScalar, kVector, kMatrix, kString };
/// "none", "scalar", "vector", "matrix", "string".
std::string_view TypeName(ValueType type);
/// "instant vector", "range vector", …: as error texts say it.
std::string_view DocumentedType(ValueType type);

enum class NodeKind : uint8_t {
  kNumber,
  kString,
  kVector,
  kMatrix,
  kSubquery,
  kCall,
  kAggregate,
  kBinary,
  kUnary,
  kParen,
  kDuration,
  kStepInvariant,
};

struct Expr {
  explicit Expr(NodeKind kind_in) : kind(kind_in) {}
  virtual ~Expr() = default;
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;

  /// Where it stands in the expression.
  virtual Span span() const = 0;
  virtual ValueType type() const = 0;

  const NodeKind kind;
  int height = 1;  ///< of the tree below, this node included
};
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral final : Expr {
  NumberLiteral(double v, Span s) : Expr(NodeKind::kNumber), value(v), where(s) {}
  Span span() const override { return where; }
  ValueType type() const override { return ValueType::kScalar; }
  double value;
  bool duration = false;  ///< written as a duration, and printed as one
  Span where;
};

struct StringLiteral final : Expr {
  StringLiteral(std::string v, Span s) : Expr(NodeKind::kString), value(std::move(v)), where(s) {}
  Span span() const override { return where; }
  ValueType type() const override { return ValueType::kString; }
  std::string value;
  Span where;
};

/// Arithmetic of durations: `5m + step()`.
struct DurationExpr final : Expr {
  DurationExpr(Tok op_in, ExprPtr l, ExprPtr r)
      : Expr(NodeKind::kDuration), op(op_in), lhs(std::move(l)), rhs(std::move(r)) {}
  Span span() const override;
  ValueType type() const override { return ValueType::kScalar; }
  Tok op;       ///< + - * / % ^ step range max_of min_of
  ExprPtr lhs;  ///< null for unary
  ExprPtr rhs;
  bool wrapped = false;  ///< written in parentheses
  int start_pos = 0;
  int end_pos = 0;
};

/// `@ 12.5`, `@ start()`, `offset 5m`: shared by selectors and subqueries.
struct TimeShift {
  int64_t original_offset_ns = 0;
  std::unique_ptr<DurationExpr> offset_expr;
  std::optional<int64_t> at_ms;
  Tok at_preprocessor = Tok::kEof;  ///< kStart or kEnd
  int64_t offset_ms = 0;            ///< set by the engine: what is subtracted from a step's time
};

struct VectorSelector final : Expr {
  VectorSelector() : Expr(NodeKind::kVector) {}
  Span span() const override { return where; }
  ValueType type() const override { return ValueType::kVector; }
  std::string name;  ///< written in front of the braces; "" if not
  std::vector<model::Matcher> matchers;
  TimeShift shift;
  bool anchored = false;
  bool smoothed = false;
  bool allow_empty_matchers = false;  ///< second argument of info()
  bool counts_only = false;           ///< set by the engine: buckets of histograms are not needed
  Span where;
};

struct MatrixSelector final : Expr {
  MatrixSelector() : Expr(NodeKind::kMatrix) {}
  Span span() const override;
  ValueType type() const override { return ValueType::kMatrix; }
  VectorSelector* selector() const { return static_cast<VectorSelector*>(vector.get()); }
  ExprPtr vector;  ///< a VectorSelector unless the parser reported an error
  int64_t range_ns = 0;
  std::unique_ptr<DurationExpr> range_expr;
  int end_pos = 0;
};

struct SubqueryExpr final : Expr {
  SubqueryExpr() : Expr(NodeKind::kSubquery) {}
  Span span() const override { return {expr->span().start, end_pos}; }
  ValueType type() const override { return ValueType::kMatrix; }
  ExprPtr expr;
  int64_t range_ns = 0;
  std::unique_ptr<DurationExpr> range_expr;
  int64_t step_ns = 0;  ///< 0: the default step
  std::unique_ptr<DurationExpr> step_expr;
  TimeShift shift;
  int end_pos = 0;
};

struct Call final : Expr {
  Call() : Expr(NodeKind::kCall) {}
  Span span() const override { return where; }
  ValueType type() const override;
  const Function* function = nullptr;
  std::vector<ExprPtr> args;
  Span where;
};

struct AggregateExpr final : Expr {
  AggregateExpr() : Expr(NodeKind::kAggregate) {}
  Span span() const override { return where; }
  ValueType type() const override { return ValueType::kVector; }
  Tok op = Tok::kSum;
  ExprPtr expr;
  ExprPtr param;
  std::vector<std::string> grouping;
  bool without = false;
  Span where;
};

enum class Cardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany, kManyToMany };
std::string_view CardinalityName(Cardinality card);

struct VectorMatching {
  Cardinality card = Cardinality::kOneToOne;
  std::vector<std::string> labels;
  bool on = false;  ///< labels are those that must be equal; else those that are left out
  std::vector<std::string> include;
  std::optional<double> fill_lhs;
  std::optional<double> fill_rhs;
};

struct BinaryExpr final : Expr {
  BinaryExpr() : Expr(NodeKind::kBinary) {}
  Span span() const override { return {lhs->span().start, rhs->span().end}; }
  ValueType type() const override { return value_type; }
  Tok op = Tok::kAdd;
  ExprPtr lhs;
  ExprPtr rhs;
  std::optional<VectorMatching> matching;  ///< none where a side is a scalar (after checking)
  bool return_bool = false;
  ValueType value_type = ValueType::kVector;  ///< fixed when built: type() stays O(1)
};

struct UnaryExpr final : Expr {
  UnaryExpr() : Expr(NodeKind::kUnary) {}
  Span span() const override { return {start_pos, expr->span().end}; }
  ValueType type() const override { return expr->type(); }
  Tok op = Tok::kSub;
  ExprPtr expr;
  int start_pos = 0;
};

struct ParenExpr final : Expr {
  ParenExpr() : Expr(NodeKind::kParen) {}
  Span span() const override { return where; }
  ValueType type() const override { return expr->type(); }
  ExprPtr expr;
  Span where;
};

/// Made by the engine around what has the same value at every step.
struct StepInvariantExpr final : Expr {
  explicit StepInvariantExpr(ExprPtr inner)
      : Expr(NodeKind::kStepInvariant), expr(std::move(inner)) {}
  Span span() const override { return expr->span(); }
  ValueType type() const override { return expr->type(); }
  ExprPtr expr;
};

template <class T>
T* As(Expr* expr, NodeKind kind) {
  return expr != nullptr && expr->kind == kind ? static_cast<T*>(expr) : nullptr;
}
template <class T>
const T* As(const Expr* expr, NodeKind kind) {
  return expr != nullptr && expr->kind == kind ? static_cast<const T*>(expr) : nullptr;
}

}  // namespace pharos::query::promql
