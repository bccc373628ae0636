#include "query/promql/go_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "query/promql/exponential_bounds.h"
#include "query/promql/sparse_histogram.h"

namespace pharos::query::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Neither library is more than two units in the last place off.
void ExpectNear(double ours, double theirs, double x) {
  if (std::isnan(theirs)) {
    EXPECT_TRUE(std::isnan(ours)) << x;
  } else if (!std::isinf(theirs)) {
    EXPECT_LE(std::abs(ours - theirs), std::abs(theirs) * 1e-15 + 1e-300) << x;
  }
}

TEST(GoMath, CloseToTheCLibrary) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-12, 2), large(0, 300), unit(-1, 1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::copysign(std::pow(10, exponent(random)), unit(random));
    ExpectNear(GoExp(x), std::exp(x), x);
    ExpectNear(GoLog(std::abs(x)), std::log(std::abs(x)), x);
    ExpectNear(GoLog2(std::abs(x) + 2), std::log2(std::abs(x) + 2), x);
    ExpectNear(GoLog10(std::abs(x) + 2), std::log10(std::abs(x) + 2), x);
    ExpectNear(GoAtan(x), std::atan(x), x);
    EXPECT_NEAR(GoSinh(x) / std::sinh(x), 1, 1e-14) << x;
    ExpectNear(GoCosh(x), std::cosh(x), x);
    ExpectNear(GoAsinh(x), std::asinh(x), x);
    ExpectNear(GoAcosh(1 + std::abs(x)), std::acosh(1 + std::abs(x)), x);
    ExpectNear(GoExp2(x), std::exp2(x), x);
    EXPECT_NEAR(GoTanh(x) / std::tanh(x), 1, 1e-14) << x;
    const double u = unit(random);
    EXPECT_NEAR(GoAsin(u), std::asin(u), 1e-14) << u;
    EXPECT_NEAR(GoAcos(u), std::acos(u), 1e-14) << u;
    ExpectNear(GoAtanh(u), std::atanh(u), u);
    // Far out the nearest float to π/2 decides; only the absolute error is small.
    const double angle = x * std::pow(10, large(random));
    EXPECT_NEAR(GoSin(angle), std::sin(angle), 1e-15) << angle;
    EXPECT_NEAR(GoCos(angle), std::cos(angle), 1e-15) << angle;
    EXPECT_NEAR(GoAtan2(x, u), std::atan2(x, u), 1e-15) << x;
    const double t = std::fmod(x, 1.5);
    EXPECT_NEAR(GoTan(t) / std::tan(t), 1, 1e-14) << t;
    EXPECT_NEAR(GoPow(std::abs(x), u * 10) / std::pow(std::abs(x), u * 10), 1, 1e-13) << x;
  }
}

/// Digits that Prometheus prints and the C library does not.
TEST(GoMath, LastDigits) {
  EXPECT_EQ(GoLog10(1000), 3);
  EXPECT_EQ(GoPow(10, 3), 1000);
  EXPECT_EQ(GoPow(2, 0.5), std::sqrt(2));
  EXPECT_EQ(GoExp(1), 2.718281828459045);
  EXPECT_EQ(GoLog2(8), 3);
  EXPECT_EQ(GoAcosh(2), 1.3169578969248166);
  EXPECT_EQ(GoAcosh(1.0001), 0.014142017775251547);
  EXPECT_EQ(GoAcosh(1e10), 23.7189981105004);
  EXPECT_EQ(GoAsinh(0.3), 0.29567304756342244);
  EXPECT_EQ(GoAsinh(7), 2.644120761058629);
  EXPECT_EQ(GoAsinh(1e-5), 0.000009999999999833334);
  EXPECT_EQ(GoAtanh(0.3), 0.30951960420311175);
  EXPECT_EQ(GoAtanh(0.7), 0.8673005276940531);
  EXPECT_EQ(GoExp2(-3), 0.125);
}

TEST(GoMath, SpecialValues) {
  const double values[] = {0.0,   -0.0,   1,      -1,   2,     -2,   3,      0.5,       -0.5,
                           1e300, -1e300, 5e-324, kInf, -kInf, kNan, 0x1p63, 0x1p52 + 1};
  for (const double x : values) {
    for (const double y : values) {
      const double pow = GoPow(x, y), expected = std::pow(x, y);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(pow)) << x << "^" << y;
      } else if (std::isinf(expected) || expected == 0) {
        EXPECT_EQ(pow, expected) << x << "^" << y;
        EXPECT_EQ(std::signbit(pow), std::signbit(expected)) << x << "^" << y;
      }
      const double angle = GoAtan2(x, y), other = std::atan2(x, y);
      if (std::isnan(other)) {
        EXPECT_TRUE(std::isnan(angle)) << x << " atan2 " << y;
      } else {
        EXPECT_NEAR(angle, other, 1e-15) << x << " atan2 " << y;
        EXPECT_EQ(std::signbit(angle), std::signbit(other)) << x << " atan2 " << y;
      }
    }
  }
  EXPECT_EQ(GoExp(-kInf), 0);
  EXPECT_EQ(GoExp(710), kInf);
  EXPECT_EQ(GoExp(-1e300), 0);
  EXPECT_EQ(GoExp(-746), 0);
  EXPECT_EQ(GoExp(-720), std::exp(-720)) << "subnormal";
  EXPECT_TRUE(std::isnan(GoLog(-1)));
  EXPECT_EQ(GoLog(0), -kInf);
  EXPECT_EQ(GoLog2(kInf), kInf);
  EXPECT_TRUE(std::isnan(GoLog2(-1)));
  EXPECT_TRUE(std::isnan(GoSin(kInf)));
  EXPECT_TRUE(std::isnan(GoCos(kInf)));
  EXPECT_TRUE(std::isnan(GoTan(-kInf)));
  EXPECT_TRUE(std::isnan(GoAsin(1.5)));
  EXPECT_TRUE(std::signbit(GoSin(-0.0)));
  EXPECT_TRUE(std::signbit(GoAsinh(-0.0)));
  EXPECT_EQ(GoAtanh(-1), -kInf);
  EXPECT_TRUE(std::isnan(GoAtanh(1.5)));
  EXPECT_TRUE(std::isnan(GoAcosh(0.5)));
  EXPECT_EQ(GoAsinh(-kInf), -kInf);
  EXPECT_EQ(GoExp2(2000), kInf);
  EXPECT_EQ(GoExp2(-kInf), 0);
}

TEST(ExponentialBounds, AreThoseOfPrometheus) {
  EXPECT_EQ(ExponentialBound(1, 1), 1.414213562373095);
  EXPECT_EQ(ExponentialBound(2, 1), 2);
  EXPECT_EQ(ExponentialBound(-1, 2), 0.8408964152537144);
  EXPECT_EQ(ExponentialBound(1, 8), kExponentialBounds[1] * 2);
  for (size_t i = 0; i < kExponentialBounds.size(); ++i) {
    EXPECT_NEAR(kExponentialBounds[i], std::exp2(static_cast<double>(i) / 256 - 1), 1e-15) << i;
  }
}

}  // namespace
}  // namespace pharos::query::promql
