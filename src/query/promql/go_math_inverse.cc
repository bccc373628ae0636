// The inverses of the hyperbolic functions, and powers of two, with Go's last bits: the formulae
// of FreeBSD's msun, which Go's math package follows.
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numbers>

#include "query/promql/go_math.h"

namespace pharos::query::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kLarge = 0x1p28;   ///< above it x² + 1 is x²
constexpr double kSmall = 0x1p-28;  ///< below it x is its own sine
constexpr uint64_t kMantissa = (uint64_t{1} << 52) - 1;
constexpr uint64_t kSqrt2Mantissa = 0x0006a09e667f3bcd;

/// 1 + x as 2^k · (1 + f), √½ < 1 + f < √2.
struct Reduced {
  int k = 0;
  double f = 0;
  double correction = 0;    ///< what rounding 1 + x lost, relative to it
  bool near_power = false;  ///< |f| < 2^-20
};

Reduced Reduce(double x) {
  double sum = x;
  Reduced out;
  if (std::abs(x) < 0x1p53) sum = 1.0 + x;
  auto bits = std::bit_cast<uint64_t>(sum);
  out.k = static_cast<int>(bits >> 52) - 1023;
  if (std::abs(x) < 0x1p53) out.correction = (out.k > 0 ? 1.0 - (sum - x) : x - (sum - 1.0)) / sum;
  bits &= kMantissa;
  if (bits < kSqrt2Mantissa) {
    out.f = std::bit_cast<double>(bits | uint64_t{1023} << 52) - 1.0;
  } else {
    ++out.k;
    out.f = std::bit_cast<double>(bits | uint64_t{1022} << 52) - 1.0;
    bits = ((uint64_t{1} << 52) - bits) >> 2;
  }
  out.near_power = bits == 0;
  return out;
}

/// ln(1 + x) of a finite x > -1.
double Log1p(double x) {
  Reduced r;
  r.f = x;
  const double a = std::abs(x);
  if (a < 0x1p-29) return a < 0x1p-54 ? x : x - x * x * 0.5;
  if (!(a < 4.142135623730950488017e-01 && x > -2.928932188134524755992e-01)) r = Reduce(x);
  const double f = r.f, k = r.k, half_square = 0.5 * f * f;
  if (r.near_power) {
    if (f == 0) return r.k == 0 ? 0 : k * kLn2High + (r.correction + k * kLn2Low);
    const double rest = half_square * (1.0 - 0.66666666666666666 * f);
    if (r.k == 0) return f - rest;
    return k * kLn2High - ((rest - (k * kLn2Low + r.correction)) - f);
  }
  const double s = f / (2.0 + f), z = s * s;
  double series = 1.479819860511658591e-01;
  for (const double c :
       {1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
        2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01})
    series = series * z + c;
  series *= z;
  if (r.k == 0) return f - (half_square - s * (half_square + series));
  return k * kLn2High -
         ((half_square - (s * (half_square + series) + (k * kLn2Low + r.correction))) - f);
}

}  // namespace

double GoAsinh(double x) {
  if (!std::isfinite(x)) return x;
  const double a = std::abs(x);
  double y = a;
  if (a > kLarge)
    y = GoLog(a) + std::numbers::ln2;
  else if (a > 2)
    y = GoLog(2 * a + 1 / (std::sqrt(a * a + 1) + a));
  else if (a >= kSmall)
    y = Log1p(a + a * a / (1 + std::sqrt(1 + a * a)));
  return std::copysign(y, x);
}

double GoAcosh(double x) {
  if (!(x >= 1)) return kNan;
  if (x == 1) return 0;
  if (x >= kLarge) return GoLog(x) + std::numbers::ln2;
  if (x > 2) return GoLog(2 * x - 1 / (x + std::sqrt(x * x - 1)));
  const double t = x - 1;
  return Log1p(t + std::sqrt(2 * t + t * t));
}

double GoAtanh(double x) {
  const double a = std::abs(x);
  if (!(a <= 1)) return kNan;
  double y = a;
  if (a == 1)
    y = kInf;
  else if (a >= 0.5)
    y = 0.5 * Log1p((a + a) / (1 - a));
  else if (a >= kSmall)
    y = 0.5 * Log1p((a + a) + (a + a) * a / (1 - a));
  return std::copysign(y, x);
}

double GoExp2(double x) {
  if (std::isnan(x) || x == kInf) return x;
  if (x > 1.0239999999999999e+03) return kInf;
  if (x < -1.0740e+03) return 0;
  const double n = std::trunc(x > 0 ? x + 0.5 : x - 0.5);
  const double t = x - n;
  const double high = t * kLn2High, low = -t * kLn2Low;
  const double r = high - low, square = r * r;
  double series = 4.13813679705723846039e-08;
  for (const double c : {-1.65339022054652515390e-06, 6.61375632143793436117e-05,
                         -2.77777777770155933842e-03, 1.66666666666666657415e-01})
    series = series * square + c;
  const double c = r - square * series;
  return std::ldexp(1 - ((low - (r * c) / (2 - c)) - high), static_cast<int>(n));
}

}  // namespace pharos::query::promql
