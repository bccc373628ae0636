// One application of a binary operator, and the loops over whole columns.
#pragma once

#include <cmath>
#include <cstdint>

#include "query/promql/go_math.h"
#include "query/promql/remarks.h"
#include "query/promql/token.h"
#include "query/promql/value.h"

namespace pharos::query::promql {

/// Arithmetic, or the comparison as 0 and 1.
double ScalarOp(Tok op, double lhs, double rhs);
/// Arithmetic: the result. Comparison: whether it holds is in `keep`, the result is `lhs`.
double FloatOp(Tok op, double lhs, double rhs, bool* keep);
/// + - * / % ^ atan2: what comes out is another metric.
bool ChangesSchema(Tok op);

/// A float, or a histogram where `histogram` is set.
struct Operand {
  double value = 0;
  const model::Histogram* histogram = nullptr;
};
struct OpResult {
  double value = 0;
  HistogramPtr histogram;
  bool keep = false;     ///< a comparison that does not hold keeps nothing
  bool refused = false;  ///< these types do not go together: no result at all
};

/// With histograms on either side; says what it refused.
OpResult MixedOp(Tok op, const Operand& lhs, const Operand& rhs, Span at, Remarks& remarks);

/// Calls `f` with a callable (double, double) → double for an arithmetic operator.
template <class F>
bool WithArithmetic(Tok op, const F& f) {
  switch (op) {
    case Tok::kAdd: f([](double a, double b) { return a + b; }); return true;
    case Tok::kSub: f([](double a, double b) { return a - b; }); return true;
    case Tok::kMul: f([](double a, double b) { return a * b; }); return true;
    case Tok::kDiv: f([](double a, double b) { return a / b; }); return true;
    case Tok::kPow: f([](double a, double b) { return GoPow(a, b); }); return true;
    case Tok::kMod: f([](double a, double b) { return std::fmod(a, b); }); return true;
    case Tok::kAtan2: f([](double a, double b) { return GoAtan2(a, b); }); return true;
    default: return false;
  }
}

/// Calls `f` with a callable (double, double) → bool for a comparison.
template <class F>
bool WithComparison(Tok op, const F& f) {
  switch (op) {
    case Tok::kEqlc: f([](double a, double b) { return a == b; }); return true;
    case Tok::kNeq: f([](double a, double b) { return a != b; }); return true;
    case Tok::kGtr: f([](double a, double b) { return a > b; }); return true;
    case Tok::kLss: f([](double a, double b) { return a < b; }); return true;
    case Tok::kGte: f([](double a, double b) { return a >= b; }); return true;
    case Tok::kLte: f([](double a, double b) { return a <= b; }); return true;
    default: return false;
  }
}

}  // namespace pharos::query::promql
