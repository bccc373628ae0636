#include "query/promql/ast.h"

#include "query/promql/function_table.h"

namespace pharos::query::promql {

std::string_view TypeName(ValueType type) {
  switch (type) {
    case ValueType::kNone: return "none";
    case ValueType::kScalar: return "scalar";
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    case ValueType::kString: return "string";
  }
  return "none";
}

std::string_view DocumentedType(ValueType type) {
  switch (type) {
    case ValueType::kVector: return "instant vector";
    case ValueType::kMatrix: return "range vector";
    default: return TypeName(type);
  }
}

std::string_view CardinalityName(Cardinality card) {
  switch (card) {
    case Cardinality::kOneToOne: return "one-to-one";
    case Cardinality::kManyToOne: return "many-to-one";
    case Cardinality::kOneToMany: return "one-to-many";
    case Cardinality::kManyToMany: return "many-to-many";
  }
  return "one-to-one";
}

Span DurationExpr::span() const {
  if (lhs == nullptr && rhs == nullptr) return {start_pos, end_pos};
  if (rhs == nullptr) return {start_pos, lhs->span().end};
  if (lhs == nullptr) return {start_pos, rhs->span().end};
  return {lhs->span().start, rhs->span().end};
}

Span MatrixSelector::span() const { return {vector->span().start, end_pos}; }

ValueType Call::type() const { return function == nullptr ? ValueType::kNone : function->result; }

}  // namespace pharos::query::promql
