#include "query/promql/go_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numbers>

namespace pharos::query::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kPi = std::numbers::pi;
constexpr double kLn2 = std::numbers::ln2;

/// c[0]·x^(n-1) + … + c[n-1], by Horner's scheme, each step rounded.
template <size_t N>
double Polynomial(double x, const double (&c)[N]) {
  double sum = c[0];
  for (size_t i = 1; i < N; ++i) sum = sum * x + c[i];
  return sum;
}

/// An angle as the number of its octant (even) and what is left, -π/4 … π/4.
struct Octant {
  uint64_t number = 0;
  double rest = 0;
};

/// From here on three pieces of π/4 are too few.
constexpr double kLargeAngle = 1 << 29;

/// The bits of 4/π, the first word before the point.
constexpr uint64_t kFourOverPi[] = {
    0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
    0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
    0xd1046bea5d768909, 0xd338e04d68befc82, 0x7323ac7306a673e9, 0x3908bf177bf25076,
    0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e, 0x9e8c7ecd3cbfd45a,
    0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757};

uint64_t Window(size_t word, unsigned shift) {
  const uint64_t high = kFourOverPi[word] << shift;
  return shift == 0 ? high : high | kFourOverPi[word + 1] >> (64 - shift);
}

/// Payne and Hanek: only the bits of x·4/π around the point are computed.
Octant LargeOctant(double x) {
  const auto bits = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF) - 1023 - 52;
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  const size_t word = static_cast<size_t>(exponent + 61) / 64;
  const unsigned shift = static_cast<unsigned>(exponent + 61) % 64;
  using Wide = unsigned __int128;
  const Wide middle = Wide{Window(word + 1, shift)} * mantissa;
  const Wide low = Wide{Window(word + 2, shift)} * mantissa;
  const Wide sum =
      (Wide{Window(word, shift) * mantissa} << 64) + middle + static_cast<uint64_t>(low >> 64);
  const auto high = static_cast<uint64_t>(sum >> 64);
  const auto rest_low = static_cast<uint64_t>(sum);
  Octant out{high >> 61, 0};
  const uint64_t fraction = high << 3 | rest_low >> 61;
  const unsigned zeros = static_cast<unsigned>(std::countl_zero(fraction));
  const uint64_t normal = (fraction << (zeros + 1)) | (rest_low >> (64 - (zeros + 1)));
  out.rest = std::bit_cast<double>(normal >> 12 | uint64_t{1023 - (zeros + 1)} << 52);
  if (out.number & 1) {
    out.number = (out.number + 1) & 7;
    out.rest -= 1;
  }
  out.rest *= kPi / 4;
  return out;
}

/// `x` ≥ 0.
Octant OctantOf(double x) {
  if (x >= kLargeAngle) return LargeOctant(x);
  Octant out{static_cast<uint64_t>(x * (4 / kPi)), 0};
  out.number += out.number & 1;
  const auto n = static_cast<double>(out.number);
  out.rest = ((x - n * 7.85398125648498535156e-1) - n * 3.77489470793079817668e-8) -
             n * 2.69515142907905952645e-15;
  out.number &= 7;
  return out;
}

double SinSeries(double z) {
  const double zz = z * z;
  return z + z * zz *
                 Polynomial(zz, {1.58962301576546568060e-10, -2.50507477628578072866e-8,
                                 2.75573136213857245213e-6, -1.98412698295895385996e-4,
                                 8.33333333332211858878e-3, -1.66666666666666307295e-1});
}

double CosSeries(double z) {
  const double zz = z * z;
  return 1.0 - 0.5 * zz +
         zz * zz *
             Polynomial(zz, {-1.13585365213876817300e-11, 2.08757008419747316778e-9,
                             -2.75573141792967388112e-7, 2.48015872888517045348e-5,
                             -1.38888888888730564116e-3, 4.16666666666665929218e-2});
}

double AtanSeries(double x) {
  const double z = x * x;
  const double p = Polynomial(
      z, {-8.750608600031904122785e-01, -1.615753718733365076637e+01, -7.500855792314704667340e+01,
          -1.228866684490136173410e+02, -6.485021904942025371773e+01});
  const double q = Polynomial(
      z, {1.0, 2.485846490142306297962e+01, 1.650270098316988542046e+02,
          4.328810604912902668951e+02, 4.853903996359136964868e+02, 1.945506571482613964425e+02});
  return x * (z * p / q) + x;
}

/// `x` > 0.
double PositiveAtan(double x) {
  constexpr double kMoreBits = 6.123233995736765886130e-17;  // of π/2
  if (x <= 0.66) return AtanSeries(x);
  if (x > 2.41421356237309504880) return kPi / 2 - AtanSeries(1 / x) + kMoreBits;
  return kPi / 4 + AtanSeries((x - 1) / (x + 1)) + 0.5 * kMoreBits;
}

bool IsOddInteger(double y) {
  // From 2^53 on all are even.
  return std::abs(y) < 0x1p53 && std::trunc(y) == y && (static_cast<int64_t>(y) & 1) != 0;
}

/// x^y where one of them is 0 or infinite.
double SpecialPow(double x, double y) {
  if (x == 0) {
    const bool odd = IsOddInteger(y);
    if (y < 0) return odd ? std::copysign(kInf, x) : kInf;
    return odd ? x : 0;
  }
  if (std::isinf(y)) {
    if (x == -1) return 1;
    return (std::abs(x) < 1) == (y > 0) ? 0 : kInf;
  }
  if (x < 0) return SpecialPow(1 / x, -y);
  return y < 0 ? 0 : kInf;
}

/// x^whole · factor as mantissa and exponent, by squaring.
void MultiplyByPower(double x, int64_t whole, double* factor, int* exponent) {
  int x_exponent = 0;
  double square = std::frexp(x, &x_exponent);
  for (; whole != 0; whole >>= 1) {
    if (x_exponent < -(1 << 12) || x_exponent > 1 << 12) {
      *exponent += x_exponent;  // over- or underflows already
      return;
    }
    if (whole & 1) {
      *factor *= square;
      *exponent += x_exponent;
    }
    square *= square;
    x_exponent *= 2;
    if (square < .5) {
      square += square;
      --x_exponent;
    }
  }
}

}  // namespace

double GoExp(double x) {
  if (std::isnan(x) || x == kInf) return x;
  if (x == -kInf) return 0;
  if (x > 7.09782712893384e+02) return kInf;
  if (x < -1e4) return 0;
  const double n = std::nearbyint(x * 1.4426950408889634073599246810018920);
  double r = std::fma(-n, 0.69314718055966295651160180568695068359375, x);
  r = std::fma(-n, 0.28235290563031577122588448175013436025525412068e-12, r) * 0.0625;
  double sum = 2.4801587301587301587e-5;
  for (const double c :
       {1.9841269841269841270e-4, 1.3888888888888888889e-3, 8.3333333333333333333e-3,
        4.1666666666666666667e-2, 1.6666666666666666667e-1, 0.5, 1.0}) {
    sum = std::fma(sum, r, c);
  }
  // (1 + r)^16 - 1 by four doublings, the last one rounded together with the 1.
  r *= sum;
  for (int i = 0; i < 3; ++i) r *= r + 2;
  r = std::fma(r, r + 2, 1.0);
  const int biased = static_cast<int>(n) + 0x3FF;
  if (biased <= 0) return std::ldexp(r, static_cast<int>(n));
  if (biased >= 0x7FF) return kInf;
  return r * std::bit_cast<double>(static_cast<uint64_t>(biased) << 52);
}

double GoLog(double x) {
  if (std::isnan(x) || x == kInf) return x;
  if (x < 0) return kNan;
  if (x == 0) return -kInf;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  const double f = mantissa - 1, k = exponent;
  const double s = f / (2 + f);
  const double s2 = s * s, s4 = s2 * s2;
  const double odd = s2 * Polynomial(s4, {1.479819860511658591e-01, 1.818357216161805012e-01,
                                          2.857142874366239149e-01, 6.666666666666735130e-01});
  const double even = s4 * Polynomial(s4, {1.531383769920937332e-01, 2.222219843214978396e-01,
                                           3.999999999940941908e-01});
  const double r = odd + even, half_square = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 -
         ((half_square - (s * (half_square + r) + k * 1.90821492927058770002e-10)) - f);
}

double GoLog2(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);
  if (mantissa == 0.5) return exponent - 1;
  if (!std::isfinite(x) || x == 0) return GoLog(x);
  return GoLog(mantissa) * (1 / kLn2) + exponent;
}

double GoLog10(double x) {
  return GoLog(x) * 0.43429448190325182765112891891660508229;
}  // 1 / ln 10

double GoPow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (y == 1) return x;
  if (std::isnan(x) || std::isnan(y)) return kNan;
  if (x == 0 || std::isinf(x) || std::isinf(y)) return SpecialPow(x, y);
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);
  double whole = 0;
  double part = std::modf(std::abs(y), &whole);
  if (part != 0 && x < 0) return kNan;
  if (whole >= 0x1p63) {
    if (x == -1) return 1;
    return (std::abs(x) < 1) == (y > 0) ? 0 : kInf;
  }
  double factor = 1;
  int exponent = 0;
  if (part != 0) {
    if (part > 0.5) {
      --part;
      ++whole;
    }
    factor = GoExp(part * GoLog(x));
  }
  MultiplyByPower(x, static_cast<int64_t>(whole), &factor, &exponent);
  return y < 0 ? std::ldexp(1 / factor, -exponent) : std::ldexp(factor, exponent);
}

double GoSin(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNan;
  const Octant octant = OctantOf(std::abs(x));
  const double y = (octant.number & 3) == 2 ? CosSeries(octant.rest) : SinSeries(octant.rest);
  return (octant.number > 3) != (x < 0) ? -y : y;
}

double GoCos(double x) {
  if (!std::isfinite(x)) return kNan;
  const Octant octant = OctantOf(std::abs(x));
  const bool sine = (octant.number & 3) == 2;
  const double y = sine ? SinSeries(octant.rest) : CosSeries(octant.rest);
  return (octant.number > 3) != sine ? -y : y;
}

double GoTan(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNan;
  const Octant octant = OctantOf(std::abs(x));
  const double z = octant.rest, zz = z * z;
  double y = z;
  if (zz > 1e-14) {
    const double p = Polynomial(
        zz, {-1.30936939181383777646e4, 1.15351664838587416140e6, -1.79565251976484877988e7});
    const double q = Polynomial(zz, {1.0, 1.36812963470692954678e4, -1.32089234440210967447e6,
                                     2.50083801823357915839e7, -5.38695755929454629881e7});
    y = z + z * (zz * p / q);
  }
  if (octant.number & 2) y = -1 / y;
  return x < 0 ? -y : y;
}

double GoAsin(double x) {
  if (x == 0) return x;
  const double a = std::abs(x);
  if (!(a <= 1)) return kNan;
  const double other = std::sqrt(1 - a * a);
  const double y = a > 0.7 ? kPi / 2 - GoAtan(other / a) : GoAtan(a / other);
  return x < 0 ? -y : y;
}

double GoAcos(double x) { return kPi / 2 - GoAsin(x); }

double GoAtan(double x) {
  if (x == 0 || std::isnan(x)) return x;
  return x > 0 ? PositiveAtan(x) : -PositiveAtan(-x);
}

double GoAtan2(double y, double x) {
  if (std::isnan(x) || std::isnan(y)) return kNan;
  if (y == 0) return std::signbit(x) ? std::copysign(kPi, y) : std::copysign(0.0, y);
  if (x == 0) return std::copysign(kPi / 2, y);
  if (std::isinf(x)) {
    const double quarter = std::isinf(y) ? kPi / 4 : 0;
    return std::copysign(x > 0 ? quarter : std::isinf(y) ? 3 * kPi / 4 : kPi, y);
  }
  if (std::isinf(y)) return std::copysign(kPi / 2, y);
  const double q = GoAtan(y / x);
  if (x > 0) return q;
  return q <= 0 ? q + kPi : q - kPi;
}

double GoSinh(double x) {
  const double a = std::abs(x);
  double y = 0;
  if (a > 21) {
    y = GoExp(a) * 0.5;
  } else if (a > 0.5) {
    const double e = GoExp(a);
    y = (e - 1 / e) * 0.5;
  } else {
    const double sq = a * a;
    y = Polynomial(sq, {-0.2630563213397497062819489e+2, -0.2894211355989563807284660366e+4,
                        -0.8991272022039509355398013511e+5, -0.6307673640497716991184787251e+6}) *
        a;
    y /= Polynomial(sq, {1.0, -0.173678953558233699533450911e+3, 0.1521517378790019070696485176e+5,
                         -0.6307673640497716991212077277e+6});
  }
  return x < 0 ? -y : y;
}

double GoCosh(double x) {
  const double e = GoExp(std::abs(x));
  return std::abs(x) > 21 ? e * 0.5 : (e + 1 / e) * 0.5;
}

double GoTanh(double x) {
  const double a = std::abs(x);
  if (a > 0.5 * 8.8029691931113054295988e+01) return x < 0 ? -1 : 1;
  if (a >= 0.625) {
    const double y = 1 - 2 / (GoExp(2 * a) + 1);
    return x < 0 ? -y : y;
  }
  if (x == 0) return x;
  const double s = x * x;
  const double p = Polynomial(
      s, {-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3});
  const double q = Polynomial(
      s, {1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3});
  return x + x * s * p / q;
}

}  // namespace pharos::query::promql
