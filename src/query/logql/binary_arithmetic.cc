#include "query/logql/binary_arithmetic.h"

#include <cmath>

namespace pharos::query::logql {

bool Compare(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kEqual: return left == right;
    case BinaryOp::kNotEqual: return left != right;
    case BinaryOp::kGreater: return left > right;
    case BinaryOp::kGreaterEqual: return left >= right;
    case BinaryOp::kLess: return left < right;
    case BinaryOp::kLessEqual: return left <= right;
    default: return false;
  }
}

double CombineScalars(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd: return left + right;
    case BinaryOp::kSub: return left - right;
    case BinaryOp::kMul: return left * right;
    case BinaryOp::kDiv: return right == 0 ? std::nan("") : left / right;  // as Loki, not IEEE
    case BinaryOp::kMod: return right == 0 ? std::nan("") : std::fmod(left, right);
    case BinaryOp::kPow: return std::pow(left, right);
    default: return Compare(op, left, right) ? 1 : 0;
  }
}

}  // namespace pharos::query::logql
